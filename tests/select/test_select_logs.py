import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from spans_and_rates import Rates, a_selector, request, total, trace_id

from otel_evaluator.testing import a_span, in_descending_order

BOTH = pytest.mark.parametrize(
    "encode", [LogRecord.SerializeToString, in_descending_order], ids=["ascending", "descending"]
)


TRACE = trace_id(1)


def record(trace=TRACE, attributes=None, event="gen_ai.user.message"):
    found = LogRecord(trace_id=trace, span_id=b"12345678", event_name=event, time_unix_nano=5)
    found.body.string_value = "hello"
    found.attributes.extend(a_span(attributes=attributes or {}).attributes)
    return found


def select(encode, *records, scope="s", rates=None):
    body = request([(None, scope, [encode(each) for each in records])])
    return a_selector(rates).logs(body)


@BOTH
def test_genai_records_with_a_trace_are_kept_as_they_came(encode):
    wanted = record()
    selection = select(encode, wanted, record(event="app.started"))
    assert [(kept.trace_id, kept.item[2]) for kept in selection.logs] == [
        (trace_id(1), encode(wanted))
    ]
    assert (selection.plain, selection.received, total(selection)) == (1, 2, 2)


@BOTH
@pytest.mark.parametrize("trace", [b"", bytes(16), b"short", b"x" * 17])
def test_records_without_a_trace_cannot_be_joined(encode, trace):
    selection = select(encode, record(trace), record())
    assert (selection.plain, len(selection.logs), selection.rejected) == (1, 1, 0)


@BOTH
def test_excluded_traces_and_our_own_events_are_dropped_and_counted(encode):
    records = (record(), record(trace_id(2)))
    selection = select(encode, *records, rates=Rates([trace_id(2)]))
    assert [kept.trace_id for kept in selection.logs] == [trace_id(1)]
    assert selection.sampled_out == 1
    own = select(encode, record(event="gen_ai.evaluation.result"), scope="otel_evaluator")
    assert (own.own, own.logs) == (1, [])


def test_records_that_do_not_parse_are_rejected_and_the_rest_is_kept():
    body = request([(None, "s", [b"\xffgen_ai.", record().SerializeToString()])])
    selection = a_selector().logs(body)
    assert (selection.rejected, len(selection.logs)) == (1, 1)
    assert "1 log record" in selection.message
    assert total(selection) == selection.received


def test_empty_requests_are_fine():
    assert total(a_selector().logs(b"")) == 0
