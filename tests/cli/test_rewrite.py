"""New times and ids, in place."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_evaluator.cli.rewrite import fields, last_time, new_text, rewrite
from otel_evaluator.errors import Malformed

TRACE, SPAN, PARENT, OTHER = b"T" * 16, b"S" * 8, b"P" * 8, b"O" * 16


def traces() -> bytes:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    span = scope.spans.add(
        trace_id=TRACE,
        span_id=SPAN,
        parent_span_id=PARENT,
        name="chat",
        start_time_unix_nano=1000,
        end_time_unix_nano=5000,
        events=[Span.Event(time_unix_nano=2000, name="e")],
        links=[Span.Link(trace_id=OTHER, span_id=SPAN)],
    )
    span.attributes.add(key="session.id").value.string_value = "call-0123456789abcdef"
    span.attributes.add(key="j").value.string_value = '{"id": "call-0123456789abcdef"}'
    scope.spans.add(trace_id=TRACE, span_id=PARENT, start_time_unix_nano=500)
    return request.SerializeToString()


def logs() -> bytes:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(
        trace_id=TRACE, span_id=SPAN, time_unix_nano=1500, observed_time_unix_nano=7000
    )
    return request.SerializeToString()


def spans(body: bytes) -> list[Span]:
    request = ExportTraceServiceRequest.FromString(body)
    return [s for r in request.resource_spans for c in r.scope_spans for s in c.spans]


def test_all_times_move_together():
    body = rewrite("traces", traces(), shift_ns=10)
    first, second = spans(body)
    assert (first.start_time_unix_nano, first.end_time_unix_nano) == (1010, 5010)
    assert first.events[0].time_unix_nano == 2010
    assert (second.start_time_unix_nano, second.end_time_unix_nano) == (510, 0)
    record = ExportLogsServiceRequest.FromString(rewrite("logs", logs(), shift_ns=-500))
    (record,) = record.resource_logs[0].scope_logs[0].log_records
    assert (record.time_unix_nano, record.observed_time_unix_nano) == (1000, 6500)


def test_without_a_seed_nothing_but_times_changes():
    assert rewrite("traces", traces()) == traces()
    assert rewrite("traces", rewrite("traces", traces(), shift_ns=7), shift_ns=-7) == traces()


def test_ids_stay_consistent_across_spans_links_and_logs():
    first, second = spans(rewrite("traces", traces(), seed="a"))
    (record,) = (
        ExportLogsServiceRequest.FromString(rewrite("logs", logs(), seed="a"))
        .resource_logs[0]
        .scope_logs[0]
        .log_records
    )
    assert first.trace_id == second.trace_id == record.trace_id != TRACE
    assert first.span_id == record.span_id == first.links[0].span_id != SPAN
    assert first.parent_span_id == second.span_id != PARENT
    assert first.links[0].trace_id not in (OTHER, first.trace_id)
    assert second.parent_span_id == b""


def test_another_seed_gives_other_ids():
    ids = {spans(rewrite("traces", traces(), seed=seed))[0].trace_id for seed in "abc"}
    assert len(ids) == 3


def test_conversation_ids_change_wherever_they_stand():
    conversation = "call-0123456789abcdef"
    body = rewrite("traces", traces(), seed="a", texts=[conversation])
    renamed = new_text(conversation, "a")
    assert renamed != conversation
    assert (renamed[:5], len(renamed)) == ("call-", len(conversation))
    first = spans(body)[0]
    assert first.attributes[0].value.string_value == renamed
    assert first.attributes[1].value.string_value == f'{{"id": "{renamed}"}}'


def test_the_latest_time_is_the_end_of_the_last_span():
    assert last_time("traces", [traces()]) == 5000
    assert last_time("logs", [logs()]) == 7000
    assert last_time("traces", []) == 0


def test_times_stay_within_64_bits():
    first = spans(rewrite("traces", traces(), shift_ns=-(2**63)))[0]
    assert first.start_time_unix_nano == 0
    first = spans(rewrite("traces", traces(), shift_ns=2**64))[0]
    assert first.start_time_unix_nano == 2**64 - 1


@given(st.binary(max_size=200))
def test_any_bytes_end_or_are_refused(body: bytes):
    with contextlib.suppress(Malformed):
        assert len(rewrite("traces", body, shift_ns=5, seed="x")) == len(body)


@pytest.mark.parametrize("body", [b"\x0a", b"\x0a\x05ab", b"\x0b", b"\xff" * 11, b"\x09abc"])
def test_what_is_no_message_is_refused(body: bytes):
    with pytest.raises(Malformed, match="not an OTLP request"):
        list(fields(body, 0, len(body)))
