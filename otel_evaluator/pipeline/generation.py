"""What one configuration decides with: replaced as a whole by a reload.

A trace keeps the generation under which it was opened, so what was accepted is finished as it
was promised; a generation ends when nothing of it is left.
"""

import hashlib
from collections.abc import Mapping

import msgspec

from otel_evaluator.evaluate.pool import WorkerPool
from otel_evaluator.pipeline.count import OutcomeCounter
from otel_evaluator.pipeline.judging import Judging
from otel_evaluator.pipeline.monitoring import Monitoring
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.pipeline.state import PipelineState
from otel_evaluator.sample.decide import EvaluatorRule
from otel_evaluator.sample.sampler import Sampler
from otel_evaluator.select.selector import Selector

_DECIDING = {"select", "sampling", "judges", "evaluators", "workers", "monitoring"}
"""Sections of which a generation is built."""


class Generation(msgspec.Struct):
    """One configuration, built; made by ``build.generation``."""

    fingerprint: str
    rules: list[EvaluatorRule]
    sampler: Sampler
    selector: Selector
    pool: WorkerPool
    judging: Judging
    counter: OutcomeCounter
    monitoring: Monitoring
    running: int = 0
    """Subjects being evaluated."""

    @property
    def state(self) -> PipelineState:
        """What a later generation goes on with; without the agents, which are not decided on."""
        budget = self.sampler.budget_state
        return PipelineState(
            budget.offered, judging=self.judging.state, monitoring=self.monitoring.state
        )

    def restore(self, state: PipelineState) -> None:
        """Go on where an earlier generation was."""
        self.sampler.restore(state.budget)
        self.judging.restore(state.judging)
        self.monitoring.restore(state.monitoring)

    async def start(self) -> None:
        """Start the workers and what judges do by themselves."""
        await self.pool.start()
        self.judging.start()

    async def aclose(self) -> None:
        """End the workers and the connections to judges."""
        await self.pool.aclose()
        await self.judging.aclose()

    def highest_pace(self, paces: Mapping[str, float]) -> float:
        """The pace of the least restricted evaluator of traces at the tier's rate."""
        at_tier = [r.name for r in self.rules if r.on == "trace" and r.rate is None]
        return max((paces.get(name, 1.0) for name in at_tier), default=1.0)

    @property
    def by_conversation(self) -> bool:
        """Whether some evaluator works on conversations."""
        return any(rule.on == "conversation" for rule in self.rules)

    @property
    def trace_evaluators(self) -> list[str]:
        """Names of evaluators that work on traces."""
        return [rule.name for rule in self.rules if rule.on == "trace"]


def fingerprint(config: RootConfig) -> str:
    """16 hexadecimal characters for what a configuration decides; secrets are not in it."""
    deciding = config.model_dump_json(include=_DECIDING)
    samples = config.storage.samples.model_dump_json()
    return hashlib.blake2b((deciding + samples).encode(), digest_size=8).hexdigest()
