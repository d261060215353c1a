import pytest

from otel_evaluator.api.writer import Batch
from otel_evaluator.clock import Clock
from otel_evaluator.errors import Held, Retryable
from otel_evaluator.model.outcome import Scored
from otel_evaluator.testing import (
    CollectingWriter,
    FailingWriter,
    ManualClock,
    an_outcome,
    check_writer,
)


def test_a_manual_clock_stands_still_until_it_is_advanced():
    clock: Clock = ManualClock()
    before = clock.monotonic(), clock.time_ns()
    assert (clock.monotonic(), clock.time_ns()) == before
    clock.advance(1.5)
    assert clock.monotonic() == before[0] + 1.5
    assert clock.time_ns() == before[1] + 1_500_000_000


def test_only_the_wall_clock_goes_back():
    clock = ManualClock()
    clock.advance(10)
    clock.step_wall(-3600)
    assert clock.monotonic() == 10
    with pytest.raises(ValueError, match="a clock does not go back"):
        clock.advance(-1)


async def test_a_collecting_writer_keeps_the_contract():
    writer = CollectingWriter()

    async def visible():
        return [o.score_id for o in writer.outcomes if o.name in ("scored", "failed")]

    await check_writer(writer, visible)
    assert (writer.started, writer.closed, writer.attempts) == (True, True, 4)
    assert [batch.id for batch in writer.batches] == ["batch-1", "batch-2", "batch-3"]


async def test_a_failing_writer_raises_and_then_writes():
    writer = FailingWriter([Retryable("busy", 2.0), Held("no table")])
    batch = Batch("b", (an_outcome(),))
    with pytest.raises(Retryable):
        await writer.write(batch)
    with pytest.raises(Held):
        await writer.write(batch)
    await writer.write(batch)
    assert writer.attempts == 3
    assert writer.batches == [batch]


async def test_the_check_finds_a_writer_that_writes_twice():
    writer = CollectingWriter()
    written = []

    class Careless(CollectingWriter):
        async def write(self, batch):
            written.extend(o.score_id for o in batch.outcomes if o.name in ("scored", "failed"))

    async def visible():
        return written

    with pytest.raises(AssertionError, match="expected"):
        await check_writer(Careless(), visible)
    assert writer.batches == []


async def test_the_check_finds_a_writer_that_loses_failures():
    writer = CollectingWriter()

    async def visible():
        return [o.score_id for o in writer.outcomes if isinstance(o.verdict, Scored)]

    with pytest.raises(AssertionError, match="expected"):
        await check_writer(writer, visible)
