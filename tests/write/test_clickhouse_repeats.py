"""Spans of a batch that may have been written are not written a second time."""

from otel_evaluator.api.writer import Batch
from tests.support.outcomes import an_outcome


async def test_rows_of_a_batch_sent_before_are_looked_for(engine, writer) -> None:
    # Another id, as if the table had forgotten the first one's token.
    await writer.write(Batch("first", (an_outcome(0),)))
    await writer.write(Batch("again", (an_outcome(0), an_outcome(1)), was_sent=True))
    assert engine.value("SELECT count() FROM otel_traces") == 2
    assert engine.value("SELECT count() = uniqExact(SpanId) FROM otel_traces") == 1
