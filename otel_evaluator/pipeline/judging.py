"""Has judges answer the questions of evaluators, and puts their verdicts where they belong."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import msgspec
import structlog

from otel_evaluator.evaluate.runner import failure
from otel_evaluator.judges.budget import WindowState
from otel_evaluator.judges.calibration import Calibration
from otel_evaluator.judges.canary import Canaries
from otel_evaluator.judges.client import Asking, JudgeClient
from otel_evaluator.judges.panel import Panel
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.outcome import Outcome, Verdict
from otel_evaluator.pipeline import stories
from otel_evaluator.pipeline.work import Pending, Processed

PACED_EVERY_S = 1.0
_log = structlog.get_logger(__name__)


class JudgingState(msgspec.Struct):
    """What must survive a restart."""

    budgets: dict[str, dict[str, WindowState]] = {}
    """Windows by name, by ``judge:NAME`` or ``evaluator:NAME``."""
    canaries: dict[str, list[float | None]] = {}
    """Scores of the first round, by the key of the canaries."""


class Judging:
    """The judges of one configuration, and which evaluator measures by which rubric."""

    def __init__(
        self,
        clients: Mapping[str, JudgeClient],
        panels: Mapping[str, Panel],
        canaries: Sequence[Canaries],
    ) -> None:
        self._clients = clients
        self.panels = panels
        """By evaluator."""
        self._canaries = canaries
        self._tasks: list[asyncio.Task[None]] = []
        self._paces: dict[str, float] = {}
        self._paced_at = -PACED_EVERY_S

    def start(self) -> None:
        """Try every judge, and begin the rounds of canaries."""
        loops = [self._report(), *(_rounds(each) for each in self._canaries)]
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    def calibrate(self, known: Mapping[str, Calibration], metrics: Metrics) -> None:
        """Show what calibrations say of the evaluators as they are configured now."""
        outdated = {each.evaluator for each in known.values()}
        for name, panel in self.panels.items():
            calibration = known.get(panel.revision)
            if calibration is None:
                if name in outdated:
                    _log.warning("calibration_outdated", evaluator=name, revision=panel.revision)
                continue
            agreement = calibration.agreement
            metrics.child("judge_sensitivity", name).set(agreement.sensitivity.value)
            metrics.child("judge_specificity", name).set(agreement.specificity.value)
            metrics.child("judge_labels", name, "pass").set(agreement.passes)
            metrics.child("judge_labels", name, "fail").set(agreement.fails)

    async def probe(self) -> dict[str, str]:
        """Ask every judge one question; what is wrong with it, or empty, by judge."""
        found: dict[str, str] = {}
        for panel in self.panels.values():
            if panel.judges - found.keys():
                found |= await panel.probe()
        return found

    async def _report(self) -> None:
        for judge, problem in (await self.probe()).items():
            if problem:
                _log.warning("judge_not_ready", judge=judge, problem=problem)
            else:
                _log.info("judge_ready", judge=judge, shape=self._clients[judge].shape)

    def paces(self, now: float) -> dict[str, float]:
        """Factors on the sampling rates of evaluators that their budgets ask for, below 1."""
        if now - self._paced_at >= PACED_EVERY_S:
            found = {name: panel.pace() for name, panel in self.panels.items()}
            self._paces = {name: pace for name, pace in found.items() if pace < 1.0}
            self._paced_at = now
        return self._paces

    async def answer(self, processed: Processed, paces: Mapping[str, float]) -> None:
        """Replace every outcome that waits for a judge."""
        if not processed.pending:
            return
        answered = await asyncio.gather(
            *(self._one(processed, pending, paces) for pending in processed.pending)
        )
        for pending, outcome in zip(processed.pending, answered, strict=True):
            story = processed.stories[pending.story]
            outcomes = [*story.outcomes]
            outcomes[pending.outcome] = outcome
            story.outcomes = tuple(outcomes)
        processed.told = stories.pack(processed.stories)

    @property
    def state(self) -> JudgingState:
        """A copy for the journal."""
        budgets = {f"judge:{name}": client.budget for name, client in self._clients.items()}
        budgets |= {f"evaluator:{name}": panel.budget for name, panel in self.panels.items()}
        return JudgingState(
            {name: budget.state for name, budget in budgets.items()},
            {each.key: each.baseline for each in self._canaries},
        )

    def restore(self, state: JudgingState) -> None:
        """Go on with the budgets and the canaries of an earlier run."""
        for name, client in self._clients.items():
            client.budget.restore(state.budgets.get(f"judge:{name}", {}))
        for name, panel in self.panels.items():
            panel.budget.restore(state.budgets.get(f"evaluator:{name}", {}))
        for canaries in self._canaries:
            canaries.baseline = state.canaries.get(canaries.key, [])

    async def aclose(self) -> None:
        """End the rounds and close the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(client.aclose() for client in self._clients.values()))

    async def _one(
        self, processed: Processed, pending: Pending, paces: Mapping[str, float]
    ) -> Outcome:
        outcome = processed.stories[pending.story].outcomes[pending.outcome]
        panel = self.panels[outcome.evaluator]
        asking = Asking(outcome.evaluator, panel.budget, paces.get(outcome.evaluator, 1.0))
        started = time.perf_counter()
        found: Verdict
        try:
            found = await panel.judge(pending.asked, outcome.score_id, asking)
        except Exception as error:
            found = failure(error)
        duration_ms = outcome.duration_ms + (time.perf_counter() - started) * 1e3
        return msgspec.structs.replace(
            outcome, verdict=found, duration_ms=duration_ms, calls=tuple(asking.calls)
        )


async def _rounds(canaries: Canaries) -> None:
    while True:
        try:
            await canaries.round()
        except Exception as error:
            _log.error("canaries_failed", error_type=type(error).__name__)
        await asyncio.sleep(canaries.every_s)
