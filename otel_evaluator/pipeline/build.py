"""A configuration file to a checked configuration, and that to a service's parts."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from otel_evaluator.api.evaluator import revision
from otel_evaluator.api.journal import Journal
from otel_evaluator.api.plugins import load_evaluators, parse_evaluators
from otel_evaluator.api.writer import Writer
from otel_evaluator.assemble.conversations import ConversationAssembler
from otel_evaluator.assemble.traces import TraceAssembler
from otel_evaluator.clock import Clock, SystemClock
from otel_evaluator.config.explain import explain
from otel_evaluator.config.load import read
from otel_evaluator.evaluate.pool import WorkerPool
from otel_evaluator.evaluate.runner import accept
from otel_evaluator.journal.config import JournalConfig
from otel_evaluator.journal.memory import MemoryJournal
from otel_evaluator.journal.sqlite import SqliteJournal
from otel_evaluator.judges.calibration import Calibration, latest
from otel_evaluator.judges.canary import Canaries
from otel_evaluator.judges.client import JudgeClient
from otel_evaluator.judges.endpoint import endpoints
from otel_evaluator.judges.evaluator_config import JudgeEvaluatorConfig
from otel_evaluator.judges.panel import Panel
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.hints import HINTS
from otel_evaluator.model.markers import (
    CONVERSATION_KEYS,
    CORE_MARKERS,
    EXTENDED_MARKERS,
    KEPT_SCOPES,
)
from otel_evaluator.pipeline.count import OutcomeCounter
from otel_evaluator.pipeline.entries import Entries
from otel_evaluator.pipeline.evaluation import Parts
from otel_evaluator.pipeline.evaluators import check_live, evaluators_of, model_of, rules_of
from otel_evaluator.pipeline.feedback import FeedbackBox
from otel_evaluator.pipeline.generation import Generation, fingerprint
from otel_evaluator.pipeline.judging import Judging
from otel_evaluator.pipeline.ledger import Ledger
from otel_evaluator.pipeline.monitoring import Monitoring
from otel_evaluator.pipeline.processor import SubjectProcessor
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.pipeline.state import PipelineState
from otel_evaluator.pipeline.work import Work
from otel_evaluator.sample.sampler import Sampler
from otel_evaluator.select.selector import Selector
from otel_evaluator.write.clickhouse.sink import ClickHouseWriter
from otel_evaluator.write.deliver import Delivery
from otel_evaluator.write.otlp import OtlpWriter

FACTORY = "otel_evaluator.pipeline.processor:build"


def configure(path: Path, environ: Mapping[str, str] | None = None) -> RootConfig:
    """Read and check a file; ConfigError names every problem with its path and line."""
    document = read(path, os.environ if environ is None else environ)
    try:
        config = RootConfig.model_validate(document.values)
    except ValidationError as error:
        raise explain(error, RootConfig, document.lines) from None
    parse_evaluators(config.evaluators, load_evaluators(), document.lines)
    return config


def validate(path: Path, environ: Mapping[str, str] | None = None) -> RootConfig:
    """Build everything that can be built without starting it; the checked configuration."""
    config = configure(path, environ)
    check_live(config)
    SubjectProcessor(config)
    judging(config, Metrics(), SystemClock())
    Sampler(config.sampling, rules_of(evaluators_of(config)), HINTS)
    return config


def journal(config: JournalConfig) -> Journal:
    """The journal that the configured durability needs; opens and locks its folder."""
    if config.durability == "none":
        return MemoryJournal(config.max_size)
    return SqliteJournal(config.path, config.durability, config.max_size)


def generation(
    config: RootConfig, state: PipelineState, metrics: Metrics, clock: Clock
) -> Generation:
    """What the configuration decides with; its workers are not started."""
    check_live(config)
    evaluators = evaluators_of(config)
    rules = rules_of(evaluators)
    sampler = Sampler(config.sampling, rules, HINTS)
    quantities = {kind.name for kind, _ in evaluators if kind.quantity}
    watching = Monitoring(config.monitoring, clock, metrics, quantities)
    made = Generation(
        fingerprint=fingerprint(config),
        rules=rules,
        sampler=sampler,
        selector=selector(config, sampler),
        pool=pool(config, metrics),
        judging=judging(config, metrics, clock),
        counter=OutcomeCounter(metrics, config.admin.labels, watching),
        monitoring=watching,
    )
    made.restore(state)
    made.judging.calibrate(calibrations(config), metrics)
    return made


def calibrations(config: RootConfig) -> dict[str, Calibration]:
    """What is known of evaluators by revision; nothing before the first calibration."""
    path = config.storage.calibrations
    return latest(path) if path is not None and path.exists() else {}


def selector(config: RootConfig, sampler: Sampler) -> Selector:
    """The select path over every dialect's markers."""
    limit = config.receivers.otlp.limits.max_attributes_per_span
    markers = (*CORE_MARKERS, *(EXTENDED_MARKERS if config.select.extended_markers else ()))
    return Selector(sampler, markers, CONVERSATION_KEYS, KEPT_SCOPES, limit)


def writers(config: RootConfig, clock: Clock, metrics: Metrics) -> list[Writer]:
    """The configured sinks, not started."""
    sinks: list[Writer] = []
    if config.storage.clickhouse is not None:
        sinks.append(ClickHouseWriter(config.storage.clickhouse, clock))
    if config.exporters.otlp is not None and config.exporters.otlp.endpoint:
        sinks.append(OtlpWriter(config.exporters.otlp, clock, metrics))
    return sinks


def pool(config: RootConfig, metrics: Metrics) -> WorkerPool:
    """The worker processes, not started."""
    timeouts = [evaluator.timeout for _, evaluator in evaluators_of(config)]
    return WorkerPool(config.workers, FACTORY, config, timeouts, without, metrics)


def judging(config: RootConfig, metrics: Metrics, clock: Clock) -> Judging:
    """The judges that evaluators ask; no connection is made."""
    asking = {
        evaluator.name: (evaluator, revision(kind, evaluator, model_of(config, evaluator)))
        for kind, evaluator in evaluators_of(config)
        if isinstance(evaluator, JudgeEvaluatorConfig)
    }
    used = set()
    for evaluator, _ in asking.values():
        used |= {evaluator.judge, evaluator.confirm.judge if evaluator.confirm else ""}
    reached = endpoints({n: judge for n, judge in config.judges.items() if n in used}, clock)
    clients = {
        name: JudgeClient(name, config.judges[name], endpoint, clock, metrics)
        for name, endpoint in reached.items()
    }
    panels = {
        name: Panel(evaluator, revised, clients, partial(accept, evaluator), clock, metrics)
        for name, (evaluator, revised) in asking.items()
    }
    canaries = [
        Canaries(panel.config.canaries, panel, metrics)
        for panel in panels.values()
        if panel.config.canaries is not None
    ]
    return Judging(clients, panels, canaries)


def without(work: Work, step: int, reason: str) -> Work:
    """The same work with one step that fails instead of running."""
    work.excluded = {**work.excluded, step: reason}
    return work


def parts(
    config: RootConfig, opened: Journal, delivery: Delivery, metrics: Metrics, clock: Clock
) -> Parts:
    """What the engine works with, whatever it decides."""
    return Parts(
        traces=TraceAssembler(config.assembly),
        conversations=ConversationAssembler(config.assembly),
        entries=Entries(),
        journal=opened,
        delivery=delivery,
        ledger=Ledger(),
        feedback=FeedbackBox(),
        metrics=metrics,
        clock=clock,
    )
