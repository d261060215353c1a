"""Encoded spans and log records as plain values."""

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_evaluator.decode.wire import MAX_DEPTH, Undecodable, Wire, decode_log, decode_span
from otel_evaluator.testing.builders import a_span


def encoded(span: Span) -> tuple[bytes, bytes, bytes]:
    return (b"", b"", span.SerializeToString())


def test_every_kind_of_value_is_read() -> None:
    nested = {"list": [1, "a", None, {"x": 1.5}], "bytes": b"\xff", "no": False, "empty": ""}
    span = decode_span(encoded(a_span(attributes={"k": nested, "i": -3})))
    assert span.attributes == {"k": nested, "i": -3}


def test_of_duplicate_keys_the_first_counts() -> None:
    span = a_span(attributes={"k": "first"})
    span.attributes.add(key="k").value.string_value = "second"
    span.attributes.add(key="k").value.string_value = "third"
    assert decode_span(encoded(span)).attributes == {"k": "first"}


def test_an_attribute_without_a_value_is_none() -> None:
    span = a_span()
    span.attributes.add(key="k")
    assert decode_span(encoded(span)).attributes == {"k": None}


def test_values_nested_deeper_than_the_limit_are_cut() -> None:
    value = AnyValue(string_value="bottom")
    for _ in range(MAX_DEPTH + 3):
        outer = AnyValue()
        outer.array_value.values.append(value)
        value = outer
    span = a_span()
    span.attributes.append(KeyValue(key="k", value=value))
    found = decode_span(encoded(span)).attributes["k"]
    depth = 0
    while isinstance(found, list):
        found, depth = found[0], depth + 1
    assert found is None
    assert depth == MAX_DEPTH


def test_invalid_text_costs_one_character_and_is_counted() -> None:
    wire = Wire()
    body = a_span(name="name", attributes={"k": "hello", "list": [{"in": "side"}]})
    broken = body.SerializeToString().replace(b"hello", b"he\xfflo").replace(b"side", b"s\xfede")
    scope = InstrumentationScope(name="scope").SerializeToString().replace(b"sco", b"s\xffo")
    span = wire.span((b"", scope, broken))
    assert span.attributes == {"k": "he\ufffdlo", "list": [{"in": "s\ufffdde"}]}
    assert span.scope.name == "s\ufffdope"
    assert span.trace_id == body.trace_id.hex()
    assert wire.repaired == 2


def test_bytes_that_are_no_span_are_undecodable() -> None:
    with pytest.raises(Undecodable):
        decode_span((b"", b"", b"\xff\xff\xff"))
    with pytest.raises(Undecodable):
        decode_log((b"", b"", b"\xff\xff\xff"))


def test_a_broken_resource_costs_only_the_resource() -> None:
    span = decode_span((b"\xff\xff", b"\xff\xff", a_span().SerializeToString()))
    assert span.resource == {}
    assert span.scope.name == ""


def test_resources_and_scopes_are_decoded_once() -> None:
    resource = Resource()
    resource.attributes.add(key="service.name").value.string_value = "shop"
    item = (resource.SerializeToString(), b"", a_span().SerializeToString())
    wire = Wire()
    assert wire.span(item).resource is wire.span(item).resource
    assert wire.span(item).resource == {"service.name": "shop"}


def test_event_name_of_older_sdks_is_an_attribute() -> None:
    record = LogRecord(time_unix_nano=0, observed_time_unix_nano=7)
    record.attributes.add(key="event.name").value.string_value = "gen_ai.choice"
    record.body.kvlist_value.values.add(key="index").value.int_value = 0
    found = decode_log((b"", b"", record.SerializeToString()))
    assert found.event_name == "gen_ai.choice"
    assert found.body == {"index": 0}
    assert found.time_ns == 7
