"""A changed configuration: everything new is built and started before anything is replaced."""

import msgspec

from otel_evaluator.api.writer import Writer
from otel_evaluator.clock import Clock
from otel_evaluator.errors import ConfigError
from otel_evaluator.metrics import Metrics
from otel_evaluator.pipeline import build
from otel_evaluator.pipeline.engine import Engine
from otel_evaluator.pipeline.generation import Generation, fingerprint
from otel_evaluator.pipeline.schema import RootConfig

_FIXED = ("receivers", "admin", "journal")
"""Sections of what other processes hold on to: sockets and the journal's folder."""


class Change(msgspec.Struct):
    """What a reload replaces; None is kept."""

    generation: Generation | None = None
    writers: list[Writer] | None = None


async def prepare(
    old: RootConfig, new: RootConfig, engine: Engine, clock: Clock, metrics: Metrics
) -> Change:
    """Build and start what is new; ConfigError or SinkError, and nothing is left of it."""
    _check(old, new)
    change = Change()
    try:
        if _sinks(old) != _sinks(new):
            change.writers = build.writers(new, clock, metrics)
            for writer in change.writers:
                await writer.start()
        if fingerprint(new) not in engine.generations:
            change.generation = build.generation(new, engine.current.state, metrics, clock)
            await _start(change.generation)
        elif fingerprint(new) != engine.current.fingerprint:
            change.generation = engine.generations[fingerprint(new)]
    except BaseException:
        await _undo(change, engine)
        raise
    return change


async def _start(generation: Generation) -> None:
    try:
        await generation.start()
    except RuntimeError as error:
        raise ConfigError([f"evaluators: {error}"]) from None


async def _undo(change: Change, engine: Engine) -> None:
    for writer in change.writers or ():
        await writer.aclose()
    generation = change.generation
    if generation is not None and generation not in engine.generations.values():
        await generation.aclose()


def _check(old: RootConfig, new: RootConfig) -> None:
    problems = [
        f"{section}: cannot change while the service runs; restart it"
        for section in _FIXED
        if getattr(old, section) != getattr(new, section)
    ]
    if _names(old) != _names(new):
        problems.append("storage, exporters: a sink cannot come or go; restart the service")
    before, after = old.storage.clickhouse, new.storage.clickhouse
    if before and after and before != after and after.target.path:
        problems.append("storage.clickhouse: the embedded database is opened once; restart")
    if problems:
        raise ConfigError(problems)


def _sinks(config: RootConfig) -> tuple[object, object]:
    return config.storage.clickhouse, config.exporters.otlp


def _names(config: RootConfig) -> tuple[bool, bool]:
    exporter = config.exporters.otlp
    return config.storage.clickhouse is not None, exporter is not None and bool(exporter.endpoint)
