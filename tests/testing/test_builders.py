import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_evaluator.testing import a_message, a_span, a_subject, an_export_request
from otel_evaluator.testing.builders import in_descending_order


def spans(body):
    request = ExportTraceServiceRequest.FromString(body)
    return [s for r in request.resource_spans for scope in r.scope_spans for s in scope.spans]


def field_numbers(encoded):
    """Numbers of the top-level fields in the order they are written; runs are one."""
    numbers, at = [], 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = encoded[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(encoded):
        tag = varint()
        match tag & 7:
            case 0:
                varint()
            case 1:
                at += 8
            case 2:
                length = varint()
                at += length
            case 5:
                at += 4
        if numbers[-1:] != [tag >> 3]:
            numbers.append(tag >> 3)
    return numbers


def test_both_field_orders_say_the_same():
    ascending = an_export_request(3, conversation_id="c-1")
    descending = an_export_request(3, conversation_id="c-1", descending=True)
    assert ascending != descending
    parse = ExportTraceServiceRequest.FromString
    assert parse(ascending) == parse(descending)


def test_field_order_is_the_collectors():
    # Collector 0.161, otlp in, otlp_grpc out.
    span = a_span("chat", {"a": 1}, parent_span_id="00" * 8, trace_state="a=b", status_code=2)
    span.events.add(name="e")
    assert field_numbers(span.SerializeToString()) == sorted(
        field_numbers(span.SerializeToString())
    )
    assert field_numbers(in_descending_order(span)) == [15, 11, 9, 8, 7, 6, 5, 16, 4, 3, 2, 1]


def test_traces_are_complete_and_their_own():
    found = spans(an_export_request(4, model_calls=2, other_spans=3))
    assert len(found) == 4 * (1 + 3 + 2)
    assert len({s.trace_id for s in found}) == 4
    assert len({(s.trace_id, s.span_id) for s in found}) == len(found)
    known = {(s.trace_id, s.span_id) for s in found}
    assert all(not s.parent_span_id or (s.trace_id, s.parent_span_id) in known for s in found)
    assert sum(not s.parent_span_id for s in found) == 4


def test_ids_are_stable_and_first_makes_new_ones():
    assert an_export_request(2) == an_export_request(2)
    ids = [{s.trace_id for s in spans(an_export_request(2, first=f))} for f in (0, 1, 2)]
    assert len(ids[0] & ids[1]) == 1
    assert not ids[0] & ids[2]


def test_attribute_values_keep_their_type():
    values = {"s": "x", "b": True, "i": 1, "d": 1.5, "y": b"\0", "l": [1, "a"], "m": {"k": None}}
    kinds = {a.key: a.value.WhichOneof("value") for a in a_span(attributes=values).attributes}
    assert kinds == {
        "s": "string_value",
        "b": "bool_value",
        "i": "int_value",
        "d": "double_value",
        "y": "bytes_value",
        "l": "array_value",
        "m": "kvlist_value",
    }


@pytest.mark.parametrize(("reply", "count"), [("x", 2), ("", 1)])
def test_an_empty_text_leaves_its_message_out(reply, count):
    assert len(a_subject(reply).messages) == count


def test_input_and_output_follow_messages():
    messages = (a_message("user", "a"), a_message("assistant", "b"), a_message("user", "c"))
    subject = a_subject(messages=messages)
    assert (subject.input, subject.output) == ("c", "b")
    assert a_subject(messages=messages, output="z").output == "z"
