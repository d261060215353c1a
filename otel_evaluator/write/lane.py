"""One sink's queue and loop: retry by error class, cut out the bad row, count everything."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
import structlog

from otel_evaluator.api.writer import Batch, Writer
from otel_evaluator.clock import Clock
from otel_evaluator.errors import ConfigError, Held, Permanent, Retryable, SinkError
from otel_evaluator.metrics import Metrics
from otel_evaluator.write.batch import halves, rows
from otel_evaluator.write.retry import RetryConfig, backoff_s

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
    """Delivers batches to one writer, one after the other, in order."""

    def __init__(
        self,
        writer: Writer,
        clock: Clock,
        metrics: Metrics,
        *,
        retry: RetryConfig,
        sleep: Callable[[float], Awaitable[None]],
        uniform: Callable[[], float],
        max_queue: int,
        measures_lag: bool,
        on_taken: Callable[[], Awaitable[None]],
        on_finished: Callable[[Batch], Awaitable[None]],
        on_quarantined: Callable[[str, Batch, SinkError], None] | None,
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._metrics = metrics
        self._retry = retry
        self._sleep = sleep
        self._uniform = uniform
        self._measures_lag = measures_lag
        self._on_taken = on_taken
        self._on_finished = on_finished
        self._on_quarantined = on_quarantined
        self._queue: asyncio.Queue[Batch] = asyncio.Queue(max_queue)
        self._started = False
        self._state: State = "ok"
        self._last_error = ""
        self._written = self._quarantined = self._failed = 0
        self._logged_at: float | None = None

    @property
    def has_room(self) -> bool:
        """Whether ``put_nowait`` may be called."""
        return not self._queue.full()

    def put_nowait(self, batch: Batch) -> None:
        """Queue a batch; only when there is room."""
        self._queue.put_nowait(batch)

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
            batch = await self._queue.get()
            await self._on_taken()
            await self._deliver(batch)
            await self._on_finished(batch)

    async def close(self) -> None:
        """Close the writer."""
        await self._writer.aclose()

    def statistics(self) -> SinkStatistics:
        """Counts of this moment."""
        return SinkStatistics(
            name=self._writer.name,
            state=self._state,
            queued_batches=self._queue.qsize(),
            outcomes_written=self._written,
            rows_quarantined=self._quarantined,
            attempts_failed=self._failed,
            last_error=self._last_error,
        )

    async def _deliver(self, batch: Batch) -> None:
        attempt = 0
        while True:
            try:
                await self._attempt(batch)
            except Permanent as error:
                await self._cut(batch, error)
                return
            except SinkError as error:
                attempt += 1
                self._note(error)
                await self._sleep(self._wait_s(error, attempt))
            else:
                self._confirm(batch)
                return

    async def _attempt(self, batch: Batch) -> None:
        try:
            if not self._started:
                await self._begin_again()
            await self._writer.write(batch)
        except SinkError:
            raise
        except Exception as error:
            # A fault of the writer itself: keep the batch, and say so without its content.
            raise Retryable(f"{self._writer.name}: unexpected {type(error).__name__}") from error

    async def _begin_again(self) -> None:
        try:
            await self._writer.start()
        except (ConfigError, Permanent) as error:
            raise Held(str(error)) from None
        self._started = True

    async def _cut(self, batch: Batch, error: Permanent) -> None:
        """Halve the batch until the row that cannot be written stands alone."""
        self._count("permanent")
        if rows(batch) > 1:
            for half in halves(batch):
                await self._deliver(half)
            return
        self._count("quarantined")
        self._quarantined += 1
        ids = [outcome.score_id for outcome in batch.outcomes]
        log.error("row quarantined", sink=self._writer.name, score_ids=ids, error=str(error))
        if self._on_quarantined is not None:
            self._on_quarantined(self._writer.name, batch, error)

    def _confirm(self, batch: Batch) -> None:
        name = self._writer.name
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
        log.warning(event, sink=self._writer.name, error=self._last_error)

    def _wait_s(self, error: SinkError, attempt: int) -> float:
        if isinstance(error, Held):
            return self._retry.held * (0.5 + 0.5 * self._uniform())
        asked = error.retry_after_s if isinstance(error, Retryable) else None
        return backoff_s(self._retry, attempt, asked, self._uniform)

    def _count(self, outcome: str) -> None:
        self._metrics.child("sink_writes", self._writer.name, outcome).inc()
