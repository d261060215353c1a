"""Delivery: every sink gets every batch, whatever goes wrong on the way."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from otel_evaluator.api.journal import Done
from otel_evaluator.api.writer import Batch, Sample
from otel_evaluator.errors import ConfigError, Held, Permanent, Retryable
from otel_evaluator.journal.memory import MemoryJournal
from otel_evaluator.journal.sqlite import SqliteJournal
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.outcome import Outcome
from otel_evaluator.testing.doubles import CollectingWriter, FailingWriter, ManualClock
from otel_evaluator.write.batch import decode, encode
from otel_evaluator.write.deliver import Delivery
from otel_evaluator.write.retry import RetryConfig
from tests.support.outcomes import a_sample, an_outcome

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


class KeepingJournal(MemoryJournal):
    """Keeps what was delivered everywhere and what was set aside."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen: list[str] = []
        self.aside: list[tuple[str, Batch]] = []

    async def freeze(self, batch_id: str, last: int) -> Any:
        self.frozen.append(batch_id)
        return await super().freeze(batch_id, last)

    def quarantine(self, sink: str, reason: str, rows: bytes, noted_ns: int) -> None:
        self.aside.append((sink, decode("aside", [rows])))


async def put(
    delivery: Delivery, outcomes: Sequence[Outcome], samples: Sequence[Sample] = ()
) -> None:
    """One finished subject with these rows."""
    await delivery.finish(Done(rows=encode(outcomes, samples), outcomes=len(outcomes)))


@pytest.fixture
def journal() -> KeepingJournal:
    return KeepingJournal()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def sleeper(clock: ManualClock) -> Sleeper:
    return Sleeper(clock)


@pytest.fixture
async def deliver(
    clock: ManualClock, metrics: Metrics, sleeper: Sleeper, journal: KeepingJournal
) -> AsyncIterator[Callable[..., Any]]:
    made: list[Delivery] = []
    numbers = itertools.count()

    async def start(*writers: Any, **settings: Any) -> Delivery:
        settings = {
            "max_rows": 2,
            "max_age": 1.0,
            "sleep": sleeper,
            "uniform": lambda: 1.0,
            "new_id": lambda: f"batch-{next(numbers)}",
        } | settings
        kept = settings.pop("journal", journal)
        delivery = Delivery(writers, kept, clock, metrics, **settings)
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


async def test_every_sink_gets_every_row(deliver, metrics, journal) -> None:
    first, second = CollectingWriter(), FailingWriter([])
    delivery = await deliver(first, second)
    await put(delivery, [an_outcome(i) for i in range(5)], [a_sample(0)])
    assert await delivery.drain(DEADLINE_S)
    for writer in (first, second):
        assert len(writer.outcomes) == 5
        assert sum(len(batch.samples) for batch in writer.batches) == 1
        assert writer.started
        assert writer.closed
    assert journal.statistics().bytes == 0
    for sink in ("collecting", "failing"):
        assert metrics.value("sink_rows_total", sink=sink) == 5


async def test_age_closes_a_batch(deliver, sleeper) -> None:
    writer = CollectingWriter()
    delivery = await deliver(writer, max_rows=100, max_age=3.0)
    await put(delivery, [an_outcome(0)])
    await until(lambda: bool(writer.batches))
    assert sleeper.waits == [3.0]
    assert delivery.pending_outcomes == 0


async def test_retryable_is_tried_again_with_the_same_batch(deliver, sleeper, metrics) -> None:
    writer = FailingWriter([Retryable("away")] * 3)
    delivery = await deliver(writer, retry=RetryConfig(initial=1.0, maximum=3.0))
    await put(delivery, [an_outcome(0), an_outcome(1)])
    await until(lambda: bool(writer.batches))
    assert sleeper.waits == [1.0, 2.0, 3.0]
    assert [(batch.id, batch.was_sent) for batch in writer.batches] == [("batch-0", True)]
    assert metrics.value("sink_writes_total", sink="failing", outcome="retryable") == 3
    assert metrics.value("sink_writes_total", sink="failing", outcome="written") == 1


async def test_what_the_sink_asks_for_is_honoured(deliver, sleeper) -> None:
    writer = FailingWriter([Retryable("busy", retry_after_s=42.0)])
    delivery = await deliver(writer)
    await put(delivery, [an_outcome(0), an_outcome(1)])
    await until(lambda: bool(writer.batches))
    assert sleeper.waits == [42.0]


async def test_held_is_tried_slowly_and_said_once_a_minute(deliver, sleeper, metrics) -> None:
    writer = FailingWriter([Held("no such table")] * 5)
    with capture_logs() as logs:
        delivery = await deliver(writer, retry=RetryConfig(held=20.0))
        await put(delivery, [an_outcome(0), an_outcome(1)])
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
    await put(delivery, [an_outcome(0), an_outcome(1)])
    await until(lambda: not delivery.statistics()["failing"]["ready"])
    assert delivery.statistics()["failing"]["last_error"] == "no such table"
    assert delivery.pending_outcomes == 2


@pytest.mark.parametrize("bad", [0, 500, 999])
@pytest.mark.fault("C8")
async def test_one_bad_row_is_cut_out(deliver, metrics, journal, bad) -> None:
    outcomes = [an_outcome(i) for i in range(1_000)]
    writer = PoisonedWriter({outcomes[bad].score_id})
    delivery = await deliver(writer, max_rows=1_000)
    await put(delivery, outcomes)
    assert await delivery.drain(DEADLINE_S)
    assert len(writer.outcomes) == 999
    assert [(sink, batch.outcomes) for sink, batch in journal.aside] == [
        ("sink:poisoned", (outcomes[bad],))
    ]
    assert writer.attempts <= 2 * 11
    assert journal.statistics().bytes == 0
    assert metrics.value("sink_writes_total", sink="poisoned", outcome="quarantined") == 1


async def test_a_bad_row_in_one_sink_is_written_by_the_other(deliver) -> None:
    outcomes = [an_outcome(0), an_outcome(1)]
    good, bad = CollectingWriter(), PoisonedWriter({outcomes[0].score_id})
    delivery = await deliver(good, bad)
    await put(delivery, outcomes)
    assert await delivery.drain(DEADLINE_S)
    assert (len(good.outcomes), len(bad.outcomes)) == (2, 1)


async def test_a_fault_of_the_writer_loses_nothing(deliver) -> None:
    writer = FailingWriter([ZeroDivisionError(), KeyError("x")])
    delivery = await deliver(writer)
    await put(delivery, [an_outcome(0)])
    await until(lambda: bool(writer.batches))


@pytest.mark.fault("C2")
async def test_sinks_do_not_wait_for_each_other(deliver, journal) -> None:
    stuck, free = StuckWriter(), CollectingWriter()
    delivery = await deliver(stuck, free)
    for number in range(10):
        await put(delivery, [an_outcome(number)])
    await until(lambda: len(free.outcomes) == 10)
    assert delivery.pending_batches == 5
    assert journal.statistics().bytes > 0, "kept until the other has them as well"
    stuck.release.set()
    await until(lambda: journal.statistics().bytes == 0)
    assert [batch.id for batch in stuck.batches] == [batch.id for batch in free.batches]


async def test_the_oldest_batch_is_given_up_and_the_next_one_goes_on(deliver, sleeper) -> None:
    sleeper.holds = lambda seconds: True
    writer = PoisonedWriter(set())
    refuse = FailingWriter([Retryable("away")])
    delivery = await deliver(refuse, writer)
    await put(delivery, [an_outcome(0), an_outcome(1)])
    await until(lambda: refuse.attempts == 1 and bool(writer.batches))
    await put(delivery, [an_outcome(2), an_outcome(3)])
    assert delivery.drop_oldest() == 2
    await until(lambda: bool(refuse.batches))
    assert refuse.outcomes == [an_outcome(2), an_outcome(3)]
    assert len(writer.outcomes) == 4
    assert delivery.drop_oldest() == 0


async def test_another_writer_takes_the_batch_over_at_once(deliver, sleeper) -> None:
    sleeper.holds = lambda seconds: True
    old, new = FailingWriter([Held("wrong password")] * 9), CollectingWriter()
    delivery = await deliver(old)
    await put(delivery, [an_outcome(0), an_outcome(1)])
    await until(lambda: old.attempts == 1)
    await delivery.replace([new])
    await until(lambda: bool(new.batches))
    assert old.closed
    assert [(batch.id, batch.was_sent) for batch in new.batches] == [("batch-0", True)]


async def test_a_row_is_in_one_batch_whenever_it_comes(deliver, journal) -> None:
    writer = CollectingWriter()
    delivery = await deliver(writer, max_rows=3)
    await asyncio.gather(*(put(delivery, [an_outcome(i)]) for i in range(50)))
    assert await delivery.drain(DEADLINE_S)
    ids = [outcome.score_id for batch in writer.batches for outcome in batch.outcomes]
    assert sorted(ids) == sorted(an_outcome(i).score_id for i in range(50))
    assert len(set(journal.frozen)) == len(journal.frozen)


async def test_what_an_earlier_run_left_is_sent_under_the_same_ids(
    deliver, sleeper, tmp_path
) -> None:
    async def life(*writers: CollectingWriter) -> tuple[Delivery, SqliteJournal]:
        kept = SqliteJournal(tmp_path / "journal", "process", 2**24)
        return await deliver(*writers, journal=kept), kept

    sleeper.holds = lambda seconds: seconds > 5
    first, other = StuckWriter(), CollectingWriter()
    delivery, kept = await life(first, other)
    for number in range(5):
        await put(delivery, [an_outcome(number)])
    while len(other.outcomes) < 4:
        await asyncio.sleep(0.01)
    assert not await delivery.drain(0.0, wait_for_failing=False)
    await kept.aclose()
    again, untouched = CollectingWriter(), CollectingWriter()
    again.name, untouched.name = first.name, other.name
    delivery, kept = await life(again, untouched)
    assert await delivery.drain(DEADLINE_S)
    await kept.aclose()
    assert [batch.id for batch in again.batches][:2] == [batch.id for batch in other.batches][:2]
    assert [batch.outcomes for batch in again.batches][:2] == [
        batch.outcomes for batch in other.batches
    ][:2]
    assert again.batches[0].was_sent
    assert len(again.outcomes) == 5
    assert not {b.id for b in untouched.batches} & {b.id for b in other.batches}


async def test_a_drain_does_not_wait_for_a_failing_sink(deliver, sleeper, journal) -> None:
    sleeper.holds = lambda seconds: True
    writer = FailingWriter([Retryable("away")] * 99)
    delivery = await deliver(writer)
    await put(delivery, [an_outcome(0), an_outcome(1)])
    await until(lambda: writer.attempts == 1)
    assert not await asyncio.wait_for(delivery.drain(DEADLINE_S, wait_for_failing=False), 5)
    assert journal.statistics().bytes > 0


async def test_drain_gives_up_at_its_deadline(deliver, sleeper) -> None:
    sleeper.holds = lambda seconds: seconds != 7.0
    writer = FailingWriter([Retryable("away")] * 99)
    delivery = await deliver(writer)
    await put(delivery, [an_outcome(0)])
    assert not await delivery.drain(7.0)
    assert writer.closed
    assert delivery.pending_outcomes == 1


async def test_nothing_is_taken_after_drain(deliver) -> None:
    delivery = await deliver(CollectingWriter())
    await delivery.drain(1.0)
    with pytest.raises(RuntimeError):
        await put(delivery, [an_outcome(0)])


async def test_a_sink_that_is_away_does_not_stop_the_start(deliver) -> None:
    class Away(CollectingWriter):
        starts = 0

        async def start(self) -> None:
            self.starts += 1
            if self.starts < 3:
                raise Retryable("away")

    writer = Away()
    delivery = await deliver(writer)
    await put(delivery, [an_outcome(0)])
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


async def test_lag_is_measured_once_from_the_end_of_the_subject(deliver, clock, metrics) -> None:
    delivery = await deliver(CollectingWriter(), FailingWriter([]))
    ends_ns = [clock.time_ns() - 4 * 10**9, 0]
    await put(delivery, [an_outcome(i, subject_end_ns=end) for i, end in enumerate(ends_ns)])
    assert await delivery.drain(DEADLINE_S)
    assert metrics.value("score_lag_seconds_count") == 1
    assert metrics.value("score_lag_seconds_sum") == pytest.approx(4.0)
