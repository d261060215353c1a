"""Delivery: every sink gets every batch, whatever goes wrong on the way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from otel_evaluator.api.writer import Batch
from otel_evaluator.errors import ConfigError, Held, Permanent, Retryable
from otel_evaluator.metrics import Metrics
from otel_evaluator.testing.doubles import CollectingWriter, FailingWriter, ManualClock
from otel_evaluator.write.deliver import Delivery
from otel_evaluator.write.retry import RetryConfig, backoff_s
from tests.support.outcomes import a_batch, a_sample, an_outcome

DEADLINE_S = 60.0


class Sleeper:
    """Sleeping moves the manual clock; every wait is noted.

    Waits that ``holds`` chooses never end; at first that is a drain's deadline, DEADLINE_S.
    """

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.waits: list[float] = []
        self.holds = lambda seconds: seconds == DEADLINE_S

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        if self.holds(seconds):
            await asyncio.Event().wait()
        self.clock.advance(seconds)
        await asyncio.sleep(0)


class PoisonedWriter(CollectingWriter):
    """Refuses batches that hold one of the given score ids."""

    name = "poisoned"

    def __init__(self, poison: set[str]) -> None:
        super().__init__()
        self.poison = poison

    async def write(self, batch: Batch) -> None:
        if any(outcome.score_id in self.poison for outcome in batch.outcomes):
            self.attempts += 1
            raise Permanent("a value does not fit")
        await super().write(batch)


class StuckWriter(CollectingWriter):
    """Does not answer until released."""

    name = "stuck"

    def __init__(self) -> None:
        super().__init__()
        self.release = asyncio.Event()

    async def write(self, batch: Batch) -> None:
        await self.release.wait()
        await super().write(batch)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def sleeper(clock: ManualClock) -> Sleeper:
    return Sleeper(clock)


@pytest.fixture
async def deliver(
    clock: ManualClock, metrics: Metrics, sleeper: Sleeper
) -> AsyncIterator[Callable[..., Any]]:
    made: list[Delivery] = []

    async def start(*writers: Any, **settings: Any) -> Delivery:
        settings = {
            "max_rows": 2,
            "max_age": 1.0,
            "sleep": sleeper,
            "uniform": lambda: 1.0,
        } | settings
        delivery = Delivery(writers, clock, metrics, **settings)
        made.append(delivery)
        await delivery.start()
        return delivery

    yield start
    sleeper.holds = lambda seconds: False
    for delivery in made:
        await delivery.drain(0.0)


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("did not happen")


async def test_every_sink_gets_every_row(deliver, metrics) -> None:
    first, second = CollectingWriter(), CollectingWriter()
    confirmed: list[Batch] = []
    delivery = await deliver(first, second, on_confirmed=confirmed.append)
    await delivery.put([an_outcome(i) for i in range(5)], [a_sample(0)])
    assert await delivery.drain(DEADLINE_S)
    for writer in (first, second):
        assert len(writer.outcomes) == 5
        assert sum(len(batch.samples) for batch in writer.batches) == 1
        assert writer.started
        assert writer.closed
    assert sum(len(batch.outcomes) for batch in confirmed) == 5
    assert metrics.value("sink_rows_total", sink="collecting") == 10


async def test_age_closes_a_batch(deliver, sleeper) -> None:
    writer = CollectingWriter()
    delivery = await deliver(writer, max_rows=100, max_age=3.0)
    await delivery.put([an_outcome(0)])
    await until(lambda: bool(writer.batches))
    assert sleeper.waits == [3.0]
    assert delivery.pending_rows == 0


async def test_retryable_is_tried_again_with_the_same_batch(deliver, sleeper, metrics) -> None:
    writer = FailingWriter([Retryable("away")] * 3)
    delivery = await deliver(writer, retry=RetryConfig(initial=1.0, maximum=3.0))
    await delivery.put_batch(a_batch(batch_id="frozen"))
    await until(lambda: bool(writer.batches))
    assert sleeper.waits == [1.0, 2.0, 3.0]
    assert [batch.id for batch in writer.batches] == ["frozen"]
    assert metrics.value("sink_writes_total", sink="failing", outcome="retryable") == 3
    assert metrics.value("sink_writes_total", sink="failing", outcome="written") == 1


async def test_what_the_sink_asks_for_is_honoured(deliver, sleeper) -> None:
    writer = FailingWriter([Retryable("busy", retry_after_s=42.0)])
    delivery = await deliver(writer)
    await delivery.put_batch(a_batch())
    await until(lambda: bool(writer.batches))
    assert sleeper.waits == [42.0]


async def test_held_is_tried_slowly_and_said_once_a_minute(deliver, sleeper, metrics) -> None:
    writer = FailingWriter([Held("no such table")] * 5)
    with capture_logs() as logs:
        delivery = await deliver(writer, retry=RetryConfig(held=20.0))
        await delivery.put_batch(a_batch())
        await until(lambda: bool(writer.batches))
    assert sleeper.waits == [20.0] * 5
    warnings = [entry for entry in logs if entry["log_level"] == "warning"]
    assert len(warnings) == 2
    assert warnings[0]["error"] == "no such table"
    assert metrics.value("log_lines_suppressed_total") == 3


async def test_a_held_sink_is_not_ready(deliver, sleeper) -> None:
    sleeper.holds = lambda seconds: True
    delivery = await deliver(FailingWriter([Held("no such table")]))
    assert delivery.statistics()["failing"]["ready"]
    await delivery.put_batch(a_batch())
    await until(lambda: not delivery.statistics()["failing"]["ready"])
    assert delivery.statistics()["failing"]["last_error"] == "no such table"
    assert delivery.pending_rows == 1


@pytest.mark.parametrize("bad", [0, 500, 999])
async def test_one_bad_row_is_cut_out(deliver, metrics, bad) -> None:
    outcomes = [an_outcome(i) for i in range(1_000)]
    writer = PoisonedWriter({outcomes[bad].score_id})
    confirmed: list[Batch] = []
    quarantined: list[tuple[str, Batch]] = []
    delivery = await deliver(
        writer,
        max_rows=1_000,
        on_confirmed=confirmed.append,
        on_quarantined=lambda sink, batch, error: quarantined.append((sink, batch)),
    )
    await delivery.put(outcomes)
    assert await delivery.drain(DEADLINE_S)
    assert len(writer.outcomes) == 999
    assert [(sink, batch.outcomes) for sink, batch in quarantined] == [
        ("poisoned", (outcomes[bad],))
    ]
    assert writer.attempts <= 2 * 11
    assert len(confirmed) == 1
    assert metrics.value("sink_writes_total", sink="poisoned", outcome="quarantined") == 1


async def test_a_bad_row_in_one_sink_is_written_by_the_other(deliver) -> None:
    outcomes = [an_outcome(0), an_outcome(1)]
    good, bad = CollectingWriter(), PoisonedWriter({outcomes[0].score_id})
    delivery = await deliver(good, bad)
    await delivery.put(outcomes)
    assert await delivery.drain(DEADLINE_S)
    assert (len(good.outcomes), len(bad.outcomes)) == (2, 1)


async def test_a_fault_of_the_writer_loses_nothing(deliver) -> None:
    writer = FailingWriter([ZeroDivisionError(), KeyError("x")])
    delivery = await deliver(writer)
    await delivery.put_batch(a_batch())
    await until(lambda: bool(writer.batches))


async def test_sinks_do_not_wait_for_each_other(deliver) -> None:
    stuck, free = StuckWriter(), CollectingWriter()
    confirmed: list[Batch] = []
    delivery = await deliver(stuck, free, on_confirmed=confirmed.append)
    await delivery.put([an_outcome(i) for i in range(10)])
    await until(lambda: len(free.outcomes) == 10)
    assert confirmed == []
    stuck.release.set()
    await until(lambda: len(confirmed) == 5)


async def test_a_full_queue_makes_put_wait_and_drops_nothing(deliver) -> None:
    stuck = StuckWriter()
    delivery = await deliver(stuck, max_queue=2)
    putting = asyncio.create_task(delivery.put([an_outcome(i) for i in range(20)]))
    for _ in range(50):
        await asyncio.sleep(0)
    assert not putting.done()
    assert delivery.statistics()["stuck"]["queued_batches"] == 2
    stuck.release.set()
    await putting
    assert await delivery.drain(DEADLINE_S)
    assert len(stuck.outcomes) == 20


async def test_a_cancelled_put_has_put(deliver) -> None:
    stuck = StuckWriter()
    delivery = await deliver(stuck, max_queue=1)
    putting = asyncio.create_task(delivery.put([an_outcome(i) for i in range(20)]))
    for _ in range(50):
        await asyncio.sleep(0)
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    stuck.release.set()
    assert await delivery.drain(DEADLINE_S)
    assert len(stuck.outcomes) == 20


async def test_drain_gives_up_at_its_deadline(deliver, sleeper) -> None:
    sleeper.holds = lambda seconds: seconds != 7.0
    confirmed: list[Batch] = []
    writer = FailingWriter([Retryable("away")] * 99)
    delivery = await deliver(writer, on_confirmed=confirmed.append)
    await delivery.put([an_outcome(0)])
    assert not await delivery.drain(7.0)
    assert confirmed == []
    assert writer.closed
    assert delivery.pending_rows == 1


async def test_nothing_is_taken_after_drain(deliver) -> None:
    delivery = await deliver(CollectingWriter())
    await delivery.drain(1.0)
    with pytest.raises(RuntimeError):
        await delivery.put([an_outcome(0)])


async def test_the_same_frozen_batch_twice_is_delivered_once(deliver) -> None:
    stuck = StuckWriter()
    delivery = await deliver(stuck)
    await delivery.put_batch(a_batch(batch_id="x"))
    await delivery.put_batch(a_batch(batch_id="x"))
    stuck.release.set()
    assert await delivery.drain(DEADLINE_S)
    assert stuck.attempts == 1


async def test_a_sink_that_is_away_does_not_stop_the_start(deliver) -> None:
    class Away(CollectingWriter):
        starts = 0

        async def start(self) -> None:
            self.starts += 1
            if self.starts < 3:
                raise Retryable("away")

    writer = Away()
    delivery = await deliver(writer)
    await delivery.put_batch(a_batch())
    await until(lambda: bool(writer.batches))
    assert writer.starts == 3


async def test_a_sink_that_can_never_work_stops_the_start(deliver) -> None:
    class Wrong(CollectingWriter):
        async def start(self) -> None:
            raise ConfigError(["storage.clickhouse.dsn: wrong"])

    other = CollectingWriter()
    with pytest.raises(ConfigError):
        await deliver(Wrong(), other)
    assert other.closed


async def test_a_confirmation_that_fails_does_not_stop_the_sink(deliver) -> None:
    def confirm(batch: Batch) -> None:
        raise OSError("disk full")

    writer = CollectingWriter()
    delivery = await deliver(writer, on_confirmed=confirm)
    await delivery.put([an_outcome(i) for i in range(4)])
    await until(lambda: len(writer.outcomes) == 4)


async def test_without_sinks_batches_are_confirmed(deliver) -> None:
    confirmed: list[Batch] = []
    delivery = await deliver(on_confirmed=confirmed.append)
    await delivery.put([an_outcome(0), an_outcome(1)])
    assert len(confirmed) == 1


async def test_lag_is_measured_once_from_the_end_of_the_subject(deliver, clock, metrics) -> None:
    delivery = await deliver(CollectingWriter(), CollectingWriter())
    ends_ns = [clock.time_ns() - 4 * 10**9, 0]
    await delivery.put([an_outcome(i, subject_end_ns=end) for i, end in enumerate(ends_ns)])
    assert await delivery.drain(DEADLINE_S)
    assert metrics.value("score_lag_seconds_count") == 1
    assert metrics.value("score_lag_seconds_sum") == pytest.approx(4.0)


def test_backoff_doubles_to_its_maximum_with_jitter() -> None:
    config = RetryConfig(initial=0.5, maximum=4.0)
    waits = [backoff_s(config, attempt, None, lambda: 1.0) for attempt in range(1, 7)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert backoff_s(config, 4, None, lambda: 0.0) == 2.0
    assert backoff_s(config, 1, 9.0, lambda: 0.0) == 9.0
    assert backoff_s(config, 10_000, None, lambda: 1.0) == 4.0
