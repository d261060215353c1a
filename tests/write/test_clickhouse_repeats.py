"""Spans evaluated again after a crash are not written a second time."""

from otel_evaluator.api.writer import Batch
from tests.support.outcomes import an_outcome

SECOND_NS = 10**9


async def test_a_span_that_comes_again_with_another_time_is_found(engine, writer, clock) -> None:
    now = clock.time_ns()
    before = an_outcome(0, started_ns=now - 20 * SECOND_NS)
    again = an_outcome(0, started_ns=now)
    await writer.write(Batch("first", (before,)))
    writer.expect_repeats(now - 60 * SECOND_NS, for_s=30)
    await writer.write(Batch("second", (again,)))
    assert engine.value("SELECT count() FROM otel_traces") == 1
    clock.advance(31)
    await writer.write(Batch("third", (an_outcome(1, started_ns=now),)))
    assert engine.value("SELECT count() FROM otel_traces") == 2
