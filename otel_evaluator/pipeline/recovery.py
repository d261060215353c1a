"""What waits on disk, left by an earlier run or for want of memory: assembled as memory allows."""

import asyncio

import msgspec
import structlog

from otel_evaluator.pipeline.engine import Engine
from otel_evaluator.pipeline.evaluation import Parts
from otel_evaluator.pipeline.intake import PipelineIntake

POLL_S = 0.05
_log = structlog.get_logger(__name__)


def remember(parts: Parts) -> None:
    """Load what was evaluated lately, and the traces that conversations still need."""
    now, journal = parts.clock.monotonic(), parts.journal
    for closed in journal.closed():
        if closed.kind == "conversation":
            parts.conversations.remember(closed.key, closed.revision)
            continue
        try:
            parts.traces.remember(bytes.fromhex(closed.key), closed.revision, closed.seen)
        except (msgspec.DecodeError, ValueError):
            _log.warning("closed_trace_unreadable")
            continue
        if closed.story:
            parts.ledger.add(closed.key, closed.story)
    for part in journal.parts():
        parts.conversations.add(part, now)


class Recovery:
    """Assembles the journal's entries in their order while memory allows."""

    def __init__(self, parts: Parts, engine: Engine, intake: PipelineIntake) -> None:
        self._parts = parts
        self._engine = engine
        self._intake = intake
        self._is_filling = True

    def has_room(self) -> bool:
        """Whether more may be held; once full, when half is free.

        Entries that are read in long runs keep the spans of a trace together.
        """
        limit = self._engine.max_held if self._is_filling else self._engine.max_held // 2
        self._is_filling = self._engine.held_bytes < limit
        return self._is_filling

    async def begin(self) -> None:
        """Assemble what fits; most often that is all."""
        entries = self._parts.journal.statistics().entries
        if not self._intake.behind:
            return
        whole = await self._intake.catch_up(self.has_room)
        if self._intake.foreign:
            _log.warning("configuration_changed", entries=self._intake.foreign)
        if whole:
            _log.info("journal_recovered", entries=entries)
        else:
            _log.info("journal_recovering", entries=entries)

    async def run(self) -> None:
        """Assemble what waits as memory becomes free, for ever; cancelled at shutdown."""
        was_behind = self._intake.behind
        while True:
            is_behind = not await self._intake.catch_up(self.has_room)
            if is_behind and not was_behind:
                _log.info("assembly_behind")
            elif was_behind and not is_behind:
                _log.info("assembly_caught_up")
            was_behind = is_behind
            await asyncio.sleep(POLL_S)
