"""A pipeline without processes and sinks: the worker's code runs inline, outcomes are kept."""

from collections.abc import Callable
from typing import Any

import pytest

from otel_evaluator.api.writer import Batch, Sample
from otel_evaluator.assemble.conversations import ConversationAssembler
from otel_evaluator.assemble.traces import TraceAssembler
from otel_evaluator.evaluate.worker import Progress
from otel_evaluator.journal.memory import MemoryJournal
from otel_evaluator.metrics import AllowList, Metrics
from otel_evaluator.model.hints import HINTS
from otel_evaluator.model.outcome import Outcome
from otel_evaluator.pipeline import build
from otel_evaluator.pipeline.count import OutcomeCounter
from otel_evaluator.pipeline.engine import Engine, Parts
from otel_evaluator.pipeline.entries import Entries
from otel_evaluator.pipeline.evaluators import evaluators_of, rules_of
from otel_evaluator.pipeline.feedback import FeedbackBox
from otel_evaluator.pipeline.intake import PipelineIntake
from otel_evaluator.pipeline.ledger import Ledger
from otel_evaluator.pipeline.processor import SubjectProcessor
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.pipeline.work import Work
from otel_evaluator.sample.sampler import Sampler
from otel_evaluator.testing.doubles import ManualClock

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

    async def process(self, work: Work) -> Any:
        self.works.append(work)
        return self._processor.process(work, Progress())


class KeepingDelivery:
    """Keeps outcomes; ``confirm`` tells the engine that they are written."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.samples: list[Sample] = []
        self._waiting: list[Outcome] = []

    async def put(self, outcomes: list[Outcome], samples: list[Sample]) -> None:
        self.outcomes += outcomes
        self.samples += samples
        self._waiting += outcomes

    def confirm(self, engine: Engine) -> None:
        waiting, self._waiting = self._waiting, []
        engine.confirmed(Batch("batch", tuple(waiting)))


class Pipeline:
    """The real rooms of one configuration around the doubles."""

    def __init__(self, settings: RootConfig) -> None:
        self.clock = ManualClock()
        self.metrics = Metrics()
        self.journal = MemoryJournal()
        self.entries = Entries(self.journal)
        self.pool = InlinePool(settings)
        self.delivery = KeepingDelivery()
        self.sampler = Sampler(settings.sampling, rules_of(evaluators_of(settings)), HINTS)
        self.closed = False
        labels = settings.admin.labels
        self.parts = Parts(
            rules=rules_of(evaluators_of(settings)),
            sampler=self.sampler,
            traces=TraceAssembler(settings.assembly),
            conversations=ConversationAssembler(settings.assembly),
            entries=self.entries,
            pool=self.pool,  # type: ignore[arg-type]
            delivery=self.delivery,  # type: ignore[arg-type]
            ledger=Ledger(),
            feedback=FeedbackBox(),
            counter=OutcomeCounter(
                self.metrics, AllowList(labels.service), AllowList(labels.environment)
            ),
            metrics=self.metrics,
            clock=self.clock,
        )
        self.engine = Engine(self.parts)
        self.intake = PipelineIntake(
            build.selector(settings, self.sampler),
            self.sampler,
            self.journal,
            self.entries,
            self.parts.traces,
            self.metrics,
            self.clock,
            lambda: self.closed,
        )

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, close what is due and evaluate it."""
        self.clock.advance(seconds)
        self.engine.tick()
        await self.engine.finish()

    @property
    def unfinished(self) -> int:
        """Journal entries not released."""
        return self.journal.statistics().entries


@pytest.fixture
def pipeline() -> Callable[..., Pipeline]:
    """Build a pipeline from configuration sections."""
    return lambda **sections: Pipeline(config(**sections))
