"""A pipeline without processes and sinks: the worker's code runs inline, outcomes are kept."""

from collections.abc import Callable
from typing import Any

import pytest

from otel_evaluator.api.journal import Closed, Done, Journal, Kept
from otel_evaluator.api.writer import Sample
from otel_evaluator.evaluate.worker import Progress
from otel_evaluator.journal.memory import MemoryJournal
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.outcome import Outcome
from otel_evaluator.pipeline import build
from otel_evaluator.pipeline.engine import Engine
from otel_evaluator.pipeline.intake import PipelineIntake
from otel_evaluator.pipeline.processor import SubjectProcessor
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.pipeline.state import PipelineState
from otel_evaluator.pipeline.work import Work
from otel_evaluator.testing.doubles import ManualClock
from otel_evaluator.write.batch import decode

LENGTH = {"name": "length", "type": "length", "min": 1}


def config(**sections: Any) -> RootConfig:
    """A small configuration; every subject is selected unless ``sampling`` says otherwise."""
    values: dict[str, Any] = {
        "assembly": {"quiet": "1s", "incomplete_quiet": "2s", "conversation_idle": "5s"},
        "sampling": {"base_rate": 1.0},
        "evaluators": [LENGTH],
        "storage": {"clickhouse": {}},
    }
    return RootConfig.model_validate(values | sections)


class InlinePool:
    """Runs the worker's code at once; ``works`` keeps what was asked."""

    def __init__(self, settings: RootConfig) -> None:
        self._processor = SubjectProcessor(settings)
        self.works: list[Work] = []
        self.is_closed = False

    async def process(self, work: Work) -> Any:
        self.works.append(work)
        return self._processor.process(work, Progress())

    async def aclose(self) -> None:
        self.is_closed = True


class KeepingDelivery:
    """Commits to the journal and keeps the outcomes; no sink is behind it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.outcomes: list[Outcome] = []
        self.samples: list[Sample] = []
        self.closed: list[Closed] = []

    async def finish(self, done: Done) -> Kept:
        kept = await self._journal.finish(done)
        if done.rows:
            batch = decode("batch", [done.rows])
            self.outcomes += batch.outcomes
            self.samples += batch.samples
        if done.closed is not None:
            self.closed.append(done.closed)
        return kept

    def drop_oldest(self) -> int:
        return 0


class Pipeline:
    """The real rooms of one configuration around the doubles."""

    def __init__(self, settings: RootConfig, journal: Journal | None = None) -> None:
        self.clock = ManualClock()
        self.metrics = Metrics()
        self.journal = journal or MemoryJournal()
        self.pool = InlinePool(settings)
        self.delivery = KeepingDelivery(self.journal)
        self.generation = build.generation(settings, PipelineState(), self.metrics, self.clock)
        self.generation.pool = self.pool  # type: ignore[assignment]
        self.sampler = self.generation.sampler
        self.closed = False
        self.parts = build.parts(
            settings,
            self.journal,
            self.delivery,  # type: ignore[arg-type]
            self.metrics,
            self.clock,
        )
        self.engine = Engine(self.parts, self.generation, settings.assembly.max_memory)
        self.intake = PipelineIntake(
            self.parts, self.engine, lambda: self.closed, settings.journal.overflow
        )

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, close what is due and evaluate it."""
        self.clock.advance(seconds)
        self.engine.tick()
        await self.engine.evaluation.finish()

    @property
    def unfinished(self) -> int:
        """Journal entries not released."""
        return self.journal.statistics().entries


@pytest.fixture
def pipeline() -> Callable[..., Pipeline]:
    """Build a pipeline from configuration sections."""
    return lambda journal=None, **sections: Pipeline(config(**sections), journal)
