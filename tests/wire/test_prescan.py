import random
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_evaluator.errors import Malformed, TooLarge
from otel_evaluator.wire import prescan
from otel_evaluator.wire.fields import read_field
from otel_evaluator.wire.prescan import check_item, check_request, count_items
from tests.receive.receiving import (
    BOMBS,
    log_request,
    message,
    metric_request,
    trace_request,
)

DEFAULTS = (200_000, 20_000, 50_000)


def reversed_fields(body: bytes) -> bytes:
    """One message with its fields in the opposite order."""
    fields, i = [], 0
    while i < len(body):
        _, _, _, end = read_field(body, i)
        fields.append(body[i:end])
        i = end
    return b"".join(reversed(fields))


def in_one_scope(*items: bytes) -> bytes:
    return message(1, message(2, b"".join(message(2, item) for item in items)))


@given(st.lists(st.lists(st.lists(st.integers(0, 300), max_size=4), max_size=4), max_size=4))
def test_counts_what_protobuf_counts(shape: list[list[list[int]]]) -> None:
    request = ExportTraceServiceRequest()
    for scopes in shape:
        resource = request.resource_spans.add(schema_url="https://schema")
        for sizes in scopes:
            scope = resource.scope_spans.add(schema_url="https://schema")
            scope.scope.name = "scope"
            for size in sizes:
                scope.spans.add(name="n" * size)
    expected = sum(len(sizes) for scopes in shape for sizes in scopes)
    assert count_items(request.SerializeToString(), 1000) == expected


def test_counts_in_either_field_order_and_with_needlessly_long_tags() -> None:
    scope = message(1, b"") + message(2, b"abc") + b"\x92\x00\x03abc" + b"\x18\x07"
    assert count_items(message(1, message(2, scope)), 10) == 2
    assert count_items(message(1, message(2, reversed_fields(scope))), 10) == 2


def test_other_wire_types_are_stepped_over() -> None:
    others = b"\x18\x96\x01" + b"\x21" + b"12345678" + b"\x2d" + b"1234" + message(900, b"x")
    body = others + message(1, others + message(2, others + message(2, b"span") + others))
    assert count_items(body, 100) == 1


def test_stops_past_the_limit() -> None:
    body = in_one_scope(*[b""] * 1000)
    assert count_items(body, 10) == 11


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\n", id="no length"),
        pytest.param(b"\n\x05abc", id="length past the end"),
        pytest.param(message(1, b"\x12\x05abc"), id="scope past its resource"),
        pytest.param(message(1, message(2, b"\x12\x05abc")), id="span past its scope"),
        pytest.param(message(1, message(2, b"\x12")), id="no span length"),
        pytest.param(b"\xff" * 11, id="long tag"),
        pytest.param(b"\n" + b"\x80" * 10 + b"\x01", id="long length"),
        pytest.param(message(1, message(2, b"\x12" + b"\x80" * 10 + b"\x01")), id="long span"),
        pytest.param(b"\x0b\x0c", id="group"),
        pytest.param(b"\x09\x01", id="cut fixed64"),
        pytest.param(b"\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01abc", id="length of 2**64"),
    ],
)
def test_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        count_items(body, 10)
    with pytest.raises(Malformed):
        check_request(body, "traces", 1, 10, 1)


@given(st.binary(max_size=200))
def test_any_bytes_are_counted_or_refused(body: bytes) -> None:
    for limits in ((1, 10, 1), DEFAULTS):
        with suppress(Malformed, TooLarge):
            check_request(body, "traces", *limits)
            count_items(body, 10)


@settings(max_examples=300)
@given(st.data())
def test_mutated_requests_are_counted_or_refused(data: st.DataObject) -> None:
    body = bytearray(trace_request(3).SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place] = data.draw(st.integers(0, 255))
    with suppress(Malformed, TooLarge):
        check_request(bytes(body), "traces", 1000, 1000, 1)


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_quickly(name: str) -> None:
    body = BOMBS[name]()
    began = time.thread_time()
    with pytest.raises(TooLarge):
        check_request(body, "traces", *DEFAULTS)
    # 100 ms on an idle core; what reads it all, or reads it twice over, takes many times that.
    assert time.thread_time() - began < 2.0


@pytest.mark.parametrize("items", [199_999, 200_000, 200_001])
def test_the_span_limit_is_exact(items: int) -> None:
    body = in_one_scope(*[b""] * items)
    if items > 200_000:
        with pytest.raises(TooLarge, match="more than 200000 spans"):
            check_request(body, "traces", *DEFAULTS)
    else:
        check_request(body, "traces", *DEFAULTS)


@pytest.mark.parametrize("padding", [0, 150_000, 2**21])
def test_the_span_limit_is_exact_whatever_the_size(padding: int) -> None:
    spare = message(2, message(5, b"n" * padding))
    body = message(1, message(2, spare + message(2, b"") * 100))
    check_request(body, "traces", 101, 10, 50_000)
    with pytest.raises(TooLarge):
        check_request(body, "traces", 100, 10, 50_000)


def test_a_dense_stretch_is_found_wherever_it_lies() -> None:
    text = message(2, message(5, b"text of a span " * 200_000))
    bomb = message(2, message(9, b"") * 300_000)
    for spans in (bomb + text * 3, text * 3 + bomb, text + bomb + text):
        with pytest.raises(TooLarge, match="attributes"):
            check_request(message(1, message(2, spans)), "traces", *DEFAULTS)


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_tiny_attributes_are_dense(size: int) -> None:
    attribute = message(9, message(1, b"k" * size))
    item = attribute * (3_000_000 // len(attribute))
    with pytest.raises(TooLarge, match="attributes"):
        check_request(in_one_scope(item), "traces", *DEFAULTS)


def test_ordinary_spans_are_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    request = trace_request(3000)
    for span in request.resource_spans[0].scope_spans[0].spans:
        span.start_time_unix_nano, span.end_time_unix_nano = 1_767_225_600_123_456_789, 2**63
        for number in range(15):
            attribute = span.attributes.add(key=f"gen_ai.some.attribute.{number}")
            attribute.value.string_value = "a value of ordinary length"
        span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = 120
        span.attributes.add(key="streamed").value.bool_value = True
    body = request.SerializeToString()
    assert len(body) > 2_000_000

    def walked(*_: object) -> None:
        raise AssertionError("walked")

    monkeypatch.setattr(prescan, "_walk_scope", walked)
    monkeypatch.setattr(prescan, "_view_count", walked)
    for _ in range(50):
        assert check_request(body, "traces", *DEFAULTS) == "spans"


def test_the_attribute_limit_looks_into_large_items_only() -> None:
    attribute = message(9, message(1, b"key") + message(2, message(1, b"text")))
    check_item(attribute * 100, "traces", 100)
    with pytest.raises(TooLarge, match="more than 100 attributes"):
        check_item(attribute * 101, "traces", 100)
    check_item(message(5, b"\x00" * 100_000), "traces", 100)


def test_text_is_not_mistaken_for_nested_values() -> None:
    name = b"\n\x00" * 100_000
    body = in_one_scope(message(5, name) + message(9, message(2, message(1, name))))
    check_request(body, "traces", 10, 10, 128)


def test_log_bodies_are_looked_into() -> None:
    body = in_one_scope(message(5, message(5, b"\n\x00" * 100_000)))
    with pytest.raises(TooLarge, match="log records"):
        check_request(body, "logs", 10, 10, 128)


def test_too_many_resources_and_scopes() -> None:
    with pytest.raises(TooLarge, match="resources and scopes"):
        check_request(b"\n\x00" * 11, "traces", 10, 10, 128)
    with pytest.raises(TooLarge, match="resources and scopes"):
        check_request(message(1, b"\x12\x00" * 10), "traces", 10, 10, 128)


def descending(item: bytes) -> bytes:
    return in_one_scope(reversed_fields(item))


def test_tells_signals_apart_in_both_field_orders() -> None:
    span = trace_request().resource_spans[0].scope_spans[0].spans[0].SerializeToString()
    record = log_request().resource_logs[0].scope_logs[0].log_records[0].SerializeToString()
    metric = metric_request().resource_metrics[0].scope_metrics[0].metrics[0].SerializeToString()
    for item, kind in ((span, "spans"), (record, "log records"), (metric, "metrics")):
        for body in (in_one_scope(item), descending(item)):
            assert check_request(body, "traces", *DEFAULTS) == kind


def test_spans_with_ids_as_text_are_not_called_metrics() -> None:
    for trace_id in (b"5b8efff798038103d269b633813fc60c", b"abcdef", b"\x01" * 24):
        item = message(1, trace_id) + message(2, trace_id[:16]) + message(5, b"chat")
        assert check_request(in_one_scope(item), "traces", *DEFAULTS) is None


def test_a_log_record_with_ids_only_is_told_from_a_span() -> None:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.trace_id, record.span_id, record.event_name = b"\x01" * 16, b"\x02" * 8, "gen_ai.choice"
    item = record.SerializeToString()
    assert check_request(in_one_scope(item), "traces", *DEFAULTS) == "log records"
    assert check_request(descending(item), "traces", *DEFAULTS) == "log records"


@pytest.mark.parametrize("body", [b"", message(1, b""), in_one_scope(), in_one_scope(b"")])
def test_empty_requests_tell_nothing_and_pass(body: bytes) -> None:
    assert check_request(body, "traces", *DEFAULTS) is None


def test_spans_of_every_shape_are_never_called_something_else() -> None:
    generator = random.Random(7)
    for _ in range(300):
        request = trace_request()
        span = request.resource_spans[0].scope_spans[0].spans[0]
        for name, value in (
            ("trace_id", generator.choice([b"", b"\x01" * 16])),
            ("name", generator.choice(["", "chat", "n" * 16])),
            ("flags", generator.choice([0, 1, 257])),
            ("kind", generator.choice([0, 3])),
            ("start_time_unix_nano", generator.choice([0, 5])),
            ("trace_state", generator.choice(["", "ot=th:8"])),
        ):
            setattr(span, name, value)
        for _ in range(generator.choice([0, 1, 9])):
            span.attributes.add(key="k").value.int_value = 5
        for item in (span.SerializeToString(), reversed_fields(span.SerializeToString())):
            kind = check_request(in_one_scope(item), "traces", *DEFAULTS)
            assert kind in ("spans", None)
