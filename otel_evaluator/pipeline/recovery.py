"""What an earlier run left: known again before the first request, assembled in bounded memory."""

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

    def __init__(self, parts: Parts, engine: Engine, intake: PipelineIntake, max_held: int) -> None:
        self._parts = parts
        self._engine = engine
        self._intake = intake
        self._max_held = max_held

    def has_room(self) -> bool:
        """Whether more may be held."""
        return self._engine.held_bytes < self._max_held

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
        """Assemble the rest as memory becomes free."""
        if not self._intake.behind:
            return
        while not await self._intake.catch_up(self.has_room):  # noqa: ASYNC110 - time frees it
            await asyncio.sleep(POLL_S)
        _log.info("journal_recovered")
