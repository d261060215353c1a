"""Delivery: batches go to every sink, each sink in its own loop, until it confirms them.

Invariants: a batch leaves a sink's queue only when the sink confirmed every row of it or said
of a single row that it can never be written (quarantine). Sinks do not wait for each other
until one's queue is full; then ``put`` waits: nothing is dropped because a sink is slow.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import structlog

from otel_evaluator.api.writer import Batch, Sample, Writer
from otel_evaluator.clock import Clock
from otel_evaluator.errors import SinkError
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.outcome import Outcome
from otel_evaluator.write.batch import BatchBuilder, rows
from otel_evaluator.write.lane import Lane
from otel_evaluator.write.retry import RetryConfig

log = structlog.get_logger(__name__)

Sleep = Callable[[float], Awaitable[None]]

CLOSE_S = 5.0
"""How long a writer may take to close after the drain."""


class Delivery:
    """Sends outcomes and samples to all writers.

    ``on_confirmed`` is called with every batch that all writers finished. The first writer is
    the one ``score_lag_seconds`` is measured at. ``max_queue`` bounds the batches waiting for
    each writer. ``sleep`` and ``uniform`` (numbers in [0, 1)) are injectable for tests.
    """

    def __init__(
        self,
        writers: Sequence[Writer],
        clock: Clock,
        metrics: Metrics,
        *,
        max_rows: int = 1_000,
        max_age: float = 0.5,
        max_queue: int = 16,
        on_confirmed: Callable[[Batch], None] | None = None,
        on_quarantined: Callable[[str, Batch, SinkError], None] | None = None,
        retry: RetryConfig | None = None,
        sleep: Sleep = asyncio.sleep,
        uniform: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._on_confirmed = on_confirmed
        self._builder = BatchBuilder(max_rows, max_age)
        self._closed: deque[Batch] = deque()
        self._unfinished: dict[str, tuple[Batch, int]] = {}
        self._order = asyncio.Lock()
        self._changed = asyncio.Condition()
        self._opened = asyncio.Event()
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
                max_queue=max_queue,
                measures_lag=index == 0,
                on_taken=self._notify,
                on_finished=self._finished,
                on_quarantined=on_quarantined,
            )
            for index, writer in enumerate(writers)
        ]

    async def start(self) -> None:
        """Start the writers and the loops.

        Raises ConfigError when a writer can never work as configured. A sink that is merely
        away does not stop the start: its batches wait.
        """
        results = await asyncio.gather(
            *(lane.begin() for lane in self._lanes), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                await self._close_writers()
                raise result
        self._tasks = [asyncio.create_task(lane.run()) for lane in self._lanes]
        self._tasks.append(asyncio.create_task(self._close_aged()))

    async def put(self, outcomes: Sequence[Outcome], samples: Sequence[Sample] = ()) -> None:
        """Take rows; waits while a sink's queue is full.

        The rows are taken even when the wait is cancelled.
        """
        self._check_open()
        self._closed.extend(self._builder.add(outcomes, samples, self._clock.monotonic()))
        if len(self._builder):
            self._opened.set()
        await self._pump()

    async def put_batch(self, batch: Batch) -> None:
        """Take a batch that was frozen before, under its own id; waits like ``put``."""
        self._check_open()
        self._closed.append(batch)
        await self._pump()

    async def flush(self) -> None:
        """Close the open batch now; returns when it is queued, not when it is written."""
        self._closed.extend(self._builder.close())
        await self._pump()

    async def drain(self, deadline_s: float) -> bool:
        """Stop taking rows, deliver what is there, stop the loops and close the writers.

        Returns whether everything was delivered within ``deadline_s`` seconds; what was not has
        not been passed to ``on_confirmed``.
        """
        self._stopping = True
        work = asyncio.create_task(self._empty())
        limit = asyncio.ensure_future(self._sleep(deadline_s))
        await asyncio.wait({work, limit}, return_when=asyncio.FIRST_COMPLETED)
        done = work.done() and not work.cancelled()
        await _cancel([work, limit, *self._tasks])
        self._tasks = []
        await self._close_writers()
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
        """Frozen batches that not every sink has confirmed."""
        return len(self._unfinished) + len(self._closed)

    @property
    def pending_rows(self) -> int:
        """Rows taken and not yet confirmed by every sink, the open batch included."""
        frozen = [batch for batch, _ in self._unfinished.values()] + list(self._closed)
        return len(self._builder) + sum(rows(batch) for batch in frozen)

    def _check_open(self) -> None:
        if self._stopping:
            raise RuntimeError("delivery is stopping; it takes no more rows")

    async def _pump(self) -> None:
        # One at a time, so that all queues hold the batches in the same order; a batch enters
        # all queues in one step, so that a cancelled wait leaves none half queued.
        async with self._order:
            while self._closed:
                async with self._changed:
                    await self._changed.wait_for(lambda: all(ln.has_room for ln in self._lanes))
                batch = self._closed.popleft()
                if batch.id in self._unfinished:
                    continue  # the same rows, already on their way
                if not self._lanes:
                    self._confirm(batch)
                    continue
                self._unfinished[batch.id] = (batch, len(self._lanes))
                for lane in self._lanes:
                    lane.put_nowait(batch)

    async def _finished(self, batch: Batch) -> None:
        _, waiting = self._unfinished[batch.id]
        if waiting > 1:
            self._unfinished[batch.id] = (batch, waiting - 1)
        else:
            del self._unfinished[batch.id]
            self._confirm(batch)
        await self._notify()

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _confirm(self, batch: Batch) -> None:
        if self._on_confirmed is None:
            return
        try:
            self._on_confirmed(batch)
        except Exception as error:
            # The sinks have it: at worst it is offered again, under the same id.
            log.error("confirmation not recorded", batch=batch.id, error=type(error).__name__)

    async def _close_aged(self) -> None:
        while True:
            await self._opened.wait()
            wait = self._builder.due_in(self._clock.monotonic())
            if wait is None:
                self._opened.clear()
            elif wait > 0:
                await self._sleep(wait)
            else:
                await self.flush()

    async def _empty(self) -> None:
        await self.flush()
        async with self._changed:
            await self._changed.wait_for(lambda: not self._unfinished)

    async def _close_writers(self) -> None:
        closing = asyncio.gather(*(lane.close() for lane in self._lanes), return_exceptions=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(closing, CLOSE_S)


async def _cancel(tasks: Sequence[asyncio.Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
