"""Delivery: from the outbox to every sink, each sink in its own loop and at its own pace.

Invariants: rows are in the outbox before anything is sent; a batch is frozen, durably, before
a sink sees it, so that a retry after a crash sends the same rows under the same id; a sink's
cursor moves only when the sink confirmed every row of the batch, or said of a single row that
it can never be written (quarantine). Sinks do not wait for each other.
"""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import structlog

from otel_evaluator.api.journal import Done, Frozen, Journal, Kept
from otel_evaluator.api.writer import Batch, Writer
from otel_evaluator.clock import Clock
from otel_evaluator.errors import JournalError, SinkError
from otel_evaluator.metrics import Metrics
from otel_evaluator.write.batch import decode, encode
from otel_evaluator.write.lane import Lane
from otel_evaluator.write.retry import RetryConfig

log = structlog.get_logger(__name__)

Sleep = Callable[[float], Awaitable[None]]

CLOSE_S = 5.0
"""How long writers may take to close, at most; in a drain a quarter of its deadline."""
MAX_BYTES = 8 * 2**20
"""Encoded rows at which a batch is closed, whatever their number."""


class Delivery:
    """Takes finished subjects into the outbox and sends their rows to all writers.

    The first writer is the one ``score_lag_seconds`` is measured at. A batch closes at
    ``max_rows`` outcomes or when its oldest row is ``max_age`` seconds old. ``sleep``,
    ``uniform`` (numbers in [0, 1)) and ``new_id`` are injectable for tests.
    """

    def __init__(
        self,
        writers: Sequence[Writer],
        journal: Journal,
        clock: Clock,
        metrics: Metrics,
        *,
        max_rows: int = 1_000,
        max_age: float = 0.5,
        retry: RetryConfig | None = None,
        sleep: Sleep = asyncio.sleep,
        uniform: Callable[[], float] = random.random,
        new_id: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._metrics = metrics
        self._max_rows = max_rows
        self._max_age = max_age
        self._sleep = sleep
        self._new_id = new_id
        self._open = self._closing = _Open()
        self._opened = asyncio.Event()
        self._changed = asyncio.Condition()
        self._freezing = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._lanes = [
            Lane(
                writer,
                clock,
                metrics,
                retry=retry or RetryConfig(),
                sleep=sleep,
                uniform=uniform,
                measures_lag=index == 0,
                load=self._load,
                on_finished=self._finished,
                on_failed=self._notify,
                on_quarantined=self._quarantine,
            )
            for index, writer in enumerate(writers)
        ]

    async def start(self) -> None:
        """Take up what an earlier run left, start the writers and the loops.

        Raises ConfigError when a writer can never work as configured. A sink that is merely
        away does not stop the start: its batches wait.
        """
        batches, cursors, rows = await self._journal.outbox([lane.name for lane in self._lanes])
        for row in rows:
            self._open.note(row.sequence, row.outcomes, row.size, self._clock.monotonic())
        results = await asyncio.gather(
            *(lane.begin() for lane in self._lanes), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                await self._close_writers(CLOSE_S)
                raise result
        for lane in self._lanes:
            for batch in batches:
                if batch.number > cursors[lane.name]:
                    lane.put(batch)
        if batches or rows:
            log.info("outbox taken up", batches=len(batches), open_rows=len(rows))
        await self._freeze()
        self._tasks = [asyncio.create_task(lane.run()) for lane in self._lanes]
        self._tasks.append(asyncio.create_task(self._close_aged()))

    async def finish(self, done: Done) -> Kept:
        """Commit what a subject leaves; its rows are on their way when this returns.

        Waits while the journal has no room for more outcomes.
        """
        if self._stopping:
            raise RuntimeError("delivery is stopping; it takes no more rows")
        if done.rows:
            await self._journal.has_room()
        kept = await self._journal.finish(done)
        if kept.row:
            self._open.note(kept.row, done.outcomes, len(done.rows), self._clock.monotonic())
            self._opened.set()
            if self._open.outcomes >= self._max_rows or self._open.size >= MAX_BYTES:
                await self._freeze()
        return kept

    def drop_oldest(self) -> int:
        """Give up the oldest batch that some sink lacks; how many outcomes it held."""
        numbers = [lane.oldest.number for lane in self._lanes if lane.oldest is not None]
        if not numbers:
            return 0
        oldest, outcomes = min(numbers), 0
        for lane in self._lanes:
            outcomes = max(outcomes, lane.drop(oldest))
            self._journal.delivered(lane.name, oldest)
        return outcomes

    async def drain(self, deadline_s: float, wait_for_failing: bool = True) -> bool:
        """Stop taking rows, deliver what is there, stop the loops and close the writers.

        Returns whether everything was delivered within ``deadline_s`` seconds; what was not is
        in the outbox. Sinks that fail at the moment need not be waited for.
        """
        self._stopping = True
        work = asyncio.create_task(self._empty(wait_for_failing))
        limit = asyncio.ensure_future(self._sleep(deadline_s))
        await asyncio.wait({work, limit}, return_when=asyncio.FIRST_COMPLETED)
        done = work.done() and not work.cancelled() and not self.pending_batches
        await _cancel([work, limit, *self._tasks])
        self._tasks = []
        await self._close_writers(min(CLOSE_S, deadline_s / 4))
        if not done:
            log.warning("scores not delivered before the deadline", batches=self.pending_batches)
        return done

    def statistics(self) -> dict[str, dict[str, Any]]:
        """Per sink: ``ready`` and the fields of SinkStatistics; plain values, fit for JSON."""
        return {
            found.name: {"ready": found.state != "held", **msgspec.to_builtins(found)}
            for found in (lane.statistics() for lane in self._lanes)
        }

    @property
    def pending_batches(self) -> int:
        """Frozen batches of the sink that is furthest behind."""
        return max((lane.queued for lane in self._lanes), default=0)

    @property
    def pending_outcomes(self) -> int:
        """Outcomes that some sink lacks, those in no batch yet included."""
        queued = max((lane.outcomes for lane in self._lanes), default=0)
        return self._open.outcomes + self._closing.outcomes + queued

    async def replace(self, writers: Sequence[Writer]) -> None:
        """Go on with other writers of the same names; the old ones are closed."""
        for lane, writer in zip(self._lanes, writers, strict=True):
            await lane.replace(writer)

    async def _freeze(self) -> None:
        """Close the open batch; each row is in one batch exactly."""
        async with self._freezing:
            if not self._open.last:
                return
            self._closing, self._open = self._open, _Open()
            batch = await self._journal.freeze(self._new_id(), self._closing.last)
            self._closing = _Open()
            for lane in self._lanes:
                lane.put(batch)

    async def _load(self, batch: Frozen) -> Batch:
        return decode(batch.id, await self._journal.rows(batch))

    async def _finished(self, sink: str, batch: Frozen) -> None:
        self._journal.delivered(sink, batch.number)
        await self._notify()

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _quarantine(self, sink: str, batch: Batch, error: SinkError) -> None:
        encoded = encode(batch.outcomes, batch.samples)
        self._journal.quarantine(f"sink:{sink}", str(error), encoded, self._clock.time_ns())

    async def _close_aged(self) -> None:
        while True:
            await self._opened.wait()
            if not self._open.last:
                self._opened.clear()
                continue
            wait = self._open.since + self._max_age - self._clock.monotonic()
            if wait > 0:
                await self._sleep(wait)
                continue
            try:
                await self._freeze()
            except JournalError as error:
                log.error("batch not frozen", error=str(error))
                await self._sleep(self._max_age)

    async def _empty(self, wait_for_failing: bool) -> None:
        await self._freeze()

        def is_empty() -> bool:
            return not any(
                lane.queued and (wait_for_failing or not lane.is_failing) for lane in self._lanes
            )

        async with self._changed:
            await self._changed.wait_for(is_empty)

    async def _close_writers(self, seconds: float) -> None:
        closing = asyncio.gather(*(lane.close() for lane in self._lanes), return_exceptions=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(closing, max(0.1, seconds))


class _Open:
    """Rows committed and not in a batch yet."""

    def __init__(self) -> None:
        self.last = self.outcomes = self.size = 0
        self.since = 0.0

    def note(self, sequence: int, outcomes: int, size: int, now: float) -> None:
        if not self.last:
            self.since = now
        self.last = max(self.last, sequence)
        self.outcomes += outcomes
        self.size += size


async def _cancel(tasks: Sequence[asyncio.Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
