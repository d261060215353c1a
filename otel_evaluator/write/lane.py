"""One sink's queue and loop: retry by error class, cut out the bad row, count everything."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
import structlog

from otel_evaluator.api.journal import Frozen
from otel_evaluator.api.writer import Batch, Writer
from otel_evaluator.clock import Clock, backoff_s
from otel_evaluator.errors import (
    ConfigError,
    Held,
    JournalError,
    Permanent,
    Retryable,
    SinkError,
)
from otel_evaluator.metrics import Metrics
from otel_evaluator.write.batch import halves, rows
from otel_evaluator.write.retry import RetryConfig

log = structlog.get_logger(__name__)

State = Literal["ok", "retrying", "held"]

LOG_EVERY_S = 60.0
"""At most one line about a failing sink in this time."""


class SinkStatistics(msgspec.Struct, frozen=True):
    """One sink at this moment."""

    name: str
    state: State
    """``held``: someone must act; the service is not ready while a sink is held."""
    queued_batches: int
    outcomes_written: int
    rows_quarantined: int
    attempts_failed: int
    last_error: str
    """Of the current failure; empty when the last attempt succeeded."""


class Lane:
    """Delivers batches to one writer, one after the other, in order.

    Only their numbers wait in memory; ``load`` reads a batch when its turn has come.
    """

    def __init__(
        self,
        writer: Writer,
        clock: Clock,
        metrics: Metrics,
        *,
        retry: RetryConfig,
        sleep: Callable[[float], Awaitable[None]],
        uniform: Callable[[], float],
        measures_lag: bool,
        load: Callable[[Frozen], Awaitable[Batch]],
        on_finished: Callable[[str, Frozen], Awaitable[None]],
        on_failed: Callable[[], Awaitable[None]],
        on_quarantined: Callable[[str, Batch, SinkError], None],
    ) -> None:
        self.name = writer.name
        self._writer = writer
        self._clock = clock
        self._metrics = metrics
        self._retry = retry
        self._sleep = sleep
        self._uniform = uniform
        self._measures_lag = measures_lag
        self._load = load
        self._on_finished = on_finished
        self._on_failed = on_failed
        self._on_quarantined = on_quarantined
        self._queue: deque[Frozen] = deque()
        self._arrived = asyncio.Event()
        self._woken = asyncio.Event()
        self._started = False
        self._state: State = "ok"
        self._last_error = ""
        self._written = self._quarantined = self._failed = 0
        self._logged_at: float | None = None
        self.outcomes = 0
        """Outcomes of the batches that wait, the one under way included."""

    @property
    def queued(self) -> int:
        """Batches that wait, the one under way included."""
        return len(self._queue)

    @property
    def is_failing(self) -> bool:
        """Whether the last attempt failed."""
        return self._state != "ok"

    @property
    def oldest(self) -> Frozen | None:
        """The batch under way, or next."""
        return self._queue[0] if self._queue else None

    def put(self, batch: Frozen) -> None:
        """Queue a batch."""
        self._queue.append(batch)
        self.outcomes += batch.outcomes
        self._arrived.set()

    def drop(self, number: int) -> int:
        """Give up the oldest batch if it has this number; how many outcomes it held."""
        if not self._queue or self._queue[0].number != number:
            return 0
        self._woken.set()
        return self._shift().outcomes

    async def begin(self) -> None:
        """Start the writer once; ConfigError passes, a SinkError is left to the loop."""
        try:
            await self._writer.start()
        except SinkError as error:
            self._note(error)
        else:
            self._started = True

    async def run(self) -> None:
        """Deliver for ever; ends by cancellation."""
        while True:
            while not self._queue:
                self._arrived.clear()
                await self._arrived.wait()
            frozen = self._queue[0]
            try:
                batch = await self._load(frozen)
            except JournalError as error:
                self._note(Held(str(error)))
                await self._sleep(self._retry.maximum)
                continue
            if rows(batch):
                batch = msgspec.structs.replace(batch, was_sent=frozen.was_sent)
                await self._deliver(batch, frozen)
            if self.oldest is frozen:
                self._shift()
                await self._on_finished(self.name, frozen)

    def _shift(self) -> Frozen:
        frozen = self._queue.popleft()
        self.outcomes -= frozen.outcomes
        return frozen

    async def replace(self, writer: Writer) -> None:
        """Go on with another writer, at once; the old one is closed."""
        old, self._writer, self._started = self._writer, writer, False
        self._woken.set()
        await old.aclose()

    async def close(self) -> None:
        """Close the writer."""
        await self._writer.aclose()

    def statistics(self) -> SinkStatistics:
        """Counts of this moment."""
        return SinkStatistics(
            name=self.name,
            state=self._state,
            queued_batches=self.queued,
            outcomes_written=self._written,
            rows_quarantined=self._quarantined,
            attempts_failed=self._failed,
            last_error=self._last_error,
        )

    async def _deliver(self, batch: Batch, frozen: Frozen) -> None:
        """Try until it is written, quarantined or dropped."""
        attempt = 0
        while self.oldest is frozen:
            self._woken.clear()
            try:
                await self._attempt(batch)
            except Permanent as error:
                await self._cut(batch, frozen, error)
                return
            except SinkError as error:
                attempt += 1
                batch = msgspec.structs.replace(batch, was_sent=True)
                self._note(error)
                await self._on_failed()
                await self._wait(self._wait_s(error, attempt))
            else:
                self._confirm(batch)
                return

    async def _wait(self, seconds: float) -> None:
        """Sleep, unless another writer or the end of the batch makes waiting pointless."""
        sleeping = asyncio.ensure_future(self._sleep(seconds))
        waking = asyncio.ensure_future(self._woken.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()

    async def _attempt(self, batch: Batch) -> None:
        try:
            if not self._started:
                await self._begin_again()
            await self._writer.write(batch)
        except SinkError:
            raise
        except Exception as error:
            # A fault of the writer itself: keep the batch, and say so without its content.
            raise Retryable(f"{self.name}: unexpected {type(error).__name__}") from error

    async def _begin_again(self) -> None:
        try:
            await self._writer.start()
        except (ConfigError, Permanent) as error:
            raise Held(str(error)) from None
        self._started = True

    async def _cut(self, batch: Batch, frozen: Frozen, error: Permanent) -> None:
        """Halve the batch until the row that cannot be written stands alone."""
        self._count("permanent")
        if rows(batch) > 1:
            for half in halves(batch):
                await self._deliver(half, frozen)
            return
        self._count("quarantined")
        self._quarantined += 1
        ids = [outcome.score_id for outcome in batch.outcomes]
        log.error("row quarantined", sink=self.name, score_ids=ids, error=str(error))
        self._on_quarantined(self.name, batch, error)

    def _confirm(self, batch: Batch) -> None:
        name = self.name
        if self._state != "ok":
            log.info("sink accepts batches again", sink=name)
        self._state, self._last_error, self._logged_at = "ok", "", None
        self._written += len(batch.outcomes)
        self._count("written")
        self._metrics.child("sink_rows", name).inc(len(batch.outcomes))
        if self._measures_lag:
            now_ns = self._clock.time_ns()
            lag = self._metrics.child("score_lag_seconds")
            for outcome in batch.outcomes:
                if outcome.subject_end_ns > 0:
                    lag.observe(max(0, now_ns - outcome.subject_end_ns) / 1e9)

    def _note(self, error: SinkError) -> None:
        self._state = "held" if isinstance(error, Held) else "retrying"
        self._last_error = str(error)
        self._failed += 1
        self._count("held" if isinstance(error, Held) else "retryable")
        now = self._clock.monotonic()
        if self._logged_at is not None and now - self._logged_at < LOG_EVERY_S:
            self._metrics.child("log_lines_suppressed").inc()
            return
        self._logged_at = now
        event = "sink needs attention; batches are kept" if self._state == "held" else "sink failed"
        log.warning(event, sink=self.name, error=self._last_error)

    def _wait_s(self, error: SinkError, attempt: int) -> float:
        if isinstance(error, Held):
            return self._retry.held * (0.5 + 0.5 * self._uniform())
        asked = error.retry_after_s if isinstance(error, Retryable) else None
        return backoff_s(self._retry.initial, self._retry.maximum, attempt, asked, self._uniform)

    def _count(self, outcome: str) -> None:
        self._metrics.child("sink_writes", self.name, outcome).inc()
