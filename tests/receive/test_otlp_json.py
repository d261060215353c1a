import base64
import json
import random
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from otel_evaluator.errors import Malformed, Refused, TooLarge
from otel_evaluator.receive import json as otlp_json
from otel_evaluator.receive.json import to_protobuf
from otel_evaluator.receive.json_wire import MAX_DEPTH
from otel_evaluator.wire.prescan import Signal

ID_KEYS = ("traceId", "spanId", "parentSpanId")


def as_otlp_json(request: Any) -> bytes:
    """The request in OTLP/JSON, by way of protobuf's own JSON with ids made hexadecimal."""
    tree = json_format.MessageToDict(request, use_integers_for_enums=True)

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if isinstance(node, dict):
            return {
                key: base64.b64decode(value).hex() if key in ID_KEYS else walk(value)
                for key, value in node.items()
            }
        return node

    return json.dumps(walk(tree)).encode()


def traces(body: bytes | str, **limits: int) -> ExportTraceServiceRequest:
    data = body.encode() if isinstance(body, str) else body
    converted = to_protobuf(data, "traces", limits.get("max_items", 1000))
    return ExportTraceServiceRequest.FromString(converted.body)


def span_json(**fields: Any) -> str:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [fields]}]}]})


def only_span(text: str) -> Any:
    return traces(text).resource_spans[0].scope_spans[0].spans[0]


def fill(value: AnyValue, generator: random.Random, depth: int = 0) -> None:
    kind = generator.randrange(8 if depth < 3 else 6)
    if kind == 0:
        value.string_value = generator.choice(["", "text", "größe \u0000 😀", "{{7*7}}", "\n"])
    elif kind == 1:
        value.bool_value = generator.random() < 0.5
    elif kind == 2:
        value.int_value = generator.choice([0, 1, -1, 2**63 - 1, -(2**63), 127, 128])
    elif kind == 3:
        value.double_value = generator.choice([0.0, 1.5, -2.5e300, float("inf"), float("-inf")])
    elif kind == 4:
        value.bytes_value = generator.randbytes(generator.randrange(5))
    elif kind == 6:
        value.array_value.SetInParent()
        for _ in range(generator.randrange(3)):
            fill(value.array_value.values.add(), generator, depth + 1)
    elif kind == 7:
        value.kvlist_value.SetInParent()
        for _ in range(generator.randrange(3)):
            fill(value.kvlist_value.values.add(key="k").value, generator, depth + 1)


def attributes(target: Any, generator: random.Random) -> None:
    for number in range(generator.randrange(4)):
        fill(target.attributes.add(key=f"key.{number}").value, generator)
    target.dropped_attributes_count = generator.choice([0, 3])


def random_traces(seed: int) -> ExportTraceServiceRequest:
    generator = random.Random(seed)
    request = ExportTraceServiceRequest()
    for _ in range(generator.randrange(3)):
        resource = request.resource_spans.add(schema_url=generator.choice(["", "https://s"]))
        resource.resource.SetInParent()
        for number in range(generator.randrange(3)):
            fill(resource.resource.attributes.add(key=f"r{number}").value, generator)
        for _ in range(generator.randrange(3)):
            scope = resource.scope_spans.add(schema_url=generator.choice(["", "https://s"]))
            scope.scope.name, scope.scope.version = "scope", "1"
            for _ in range(generator.randrange(3)):
                span = scope.spans.add(
                    trace_id=generator.randbytes(16),
                    span_id=generator.randbytes(8),
                    parent_span_id=generator.choice([b"", b"\x07" * 8]),
                    trace_state="ot=th:8",
                    name="chat",
                    kind=generator.randrange(6),
                    start_time_unix_nano=generator.randrange(2**64),
                    end_time_unix_nano=generator.choice([0, 2**64 - 1]),
                    flags=generator.choice([0, 257]),
                    dropped_events_count=generator.choice([0, 300]),
                    dropped_links_count=generator.choice([0, 2**32 - 1]),
                )
                attributes(span, generator)
                span.status.code = generator.randrange(3)
                span.status.message = generator.choice(["", "failed"])
                event = span.events.add(name="event", time_unix_nano=5)
                attributes(event, generator)
                link = span.links.add(trace_id=b"\x01" * 16, span_id=b"\x02" * 8, flags=1)
                attributes(link, generator)
    return request


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_traces_are_what_they_were(seed: int) -> None:
    request = random_traces(seed)
    assert traces(as_otlp_json(request)) == request


def test_logs_are_what_they_were() -> None:
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    record = scope.log_records.add(
        time_unix_nano=7,
        observed_time_unix_nano=2**63,
        severity_number=9,
        severity_text="INFO",
        dropped_attributes_count=2,
        flags=1,
        trace_id=b"\x01" * 16,
        span_id=b"\x02" * 8,
        event_name="gen_ai.choice",
    )
    record.body.kvlist_value.values.add(key="role").value.string_value = "assistant"
    record.attributes.add(key="n").value.int_value = -5
    converted = to_protobuf(as_otlp_json(request), "logs", 10)
    assert ExportLogsServiceRequest.FromString(converted.body) == request


@pytest.mark.parametrize(
    "body", ["{}", '{"resourceSpans":[]}', '{"resourceSpans":null}', "\ufeff{}"]
)
def test_empty_requests(body: str) -> None:
    assert to_protobuf(body.encode(), "traces", 10).body == b""


def test_ids_are_hexadecimal_in_either_case() -> None:
    span = only_span(
        span_json(traceId="5B8EFFF798038103D269B633813FC60C", spanId="eee19b7ec3c1b174")
    )
    assert span.trace_id.hex() == "5b8efff798038103d269b633813fc60c"
    assert span.span_id.hex() == "eee19b7ec3c1b174"


def test_base64_ids_are_counted_and_left_empty() -> None:
    body = span_json(traceId="W47/95gDgQPSabYzgT/GDA==", spanId="7uGbfsPBsXQ=")
    converted = to_protobuf(body.encode(), "traces", 10)
    assert converted.bad_ids == 2
    assert only_span(body).trace_id == b""


@pytest.mark.parametrize("value", ["1767225600000000000", 1767225600000000000, 1.7672256e18])
def test_64_bit_integers_are_strings_or_numbers(value: Any) -> None:
    assert only_span(span_json(startTimeUnixNano=value)).start_time_unix_nano == 1767225600000000000


@pytest.mark.parametrize("value", ["abc", "", -1, "-1", 2**64, 1.5, "1.5", "0x10", [], {}, True])
def test_other_times_are_refused_by_name(value: Any) -> None:
    with pytest.raises(Malformed, match=r"TimeUnixNano|OTLP/JSON"):
        traces(span_json(startTimeUnixNano=value))


@pytest.mark.parametrize(("kind", "number"), [(3, 3), ("SPAN_KIND_CLIENT", 3), (99, 99), (None, 0)])
def test_enums(kind: Any, number: int) -> None:
    assert only_span(span_json(kind=kind)).kind == number


def test_unknown_enum_names_are_refused() -> None:
    with pytest.raises(Malformed, match="kind"):
        traces(span_json(kind="SPAN_KIND_OTHER"))


def test_unknown_keys_and_nulls_are_ignored() -> None:
    span = only_span(span_json(name="chat", future={"deep": [1, {"x": None}]}, attributes=None))
    assert span.name == "chat"


def test_snake_case_is_an_unknown_key() -> None:
    assert (
        only_span('{"resourceSpans":[{"scopeSpans":[{"spans":[{"trace_id":"00"}]}]}]}').trace_id
        == b""
    )


def test_of_duplicate_keys_the_last_counts() -> None:
    body = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"one","name":"two"}]}]}]}'
    assert only_span(body).name == "two"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("NaN", "nan"), ("Infinity", "inf"), ("-Infinity", "-inf"), ("1.5", "1.5"), (2, "2.0")],
)
def test_doubles(value: Any, expected: str) -> None:
    body = span_json(attributes=[{"key": "k", "value": {"doubleValue": value}}])
    assert str(only_span(body).attributes[0].value.double_value) == expected


@pytest.mark.parametrize("value", ["nan", "1e999", "x", 10**400])
def test_doubles_that_are_none(value: Any) -> None:
    body = span_json(attributes=[{"key": "k", "value": {"doubleValue": value}}])
    with pytest.raises(Malformed):
        traces(body)


@pytest.mark.parametrize("text", ["AAEC", "_-8", "/+8=", "AA=="])
def test_bytes_are_base64_of_either_alphabet(text: str) -> None:
    body = span_json(attributes=[{"key": "k", "value": {"bytesValue": text}}])
    standard = text.rstrip("=").replace("-", "+").replace("_", "/")
    expected = base64.b64decode(standard + "=" * (-len(standard) % 4))
    assert only_span(body).attributes[0].value.bytes_value == expected


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"{", id="cut"),
        pytest.param(b"{} {}", id="two"),
        pytest.param(b'{"resourceSpans":NaN}', id="NaN literal"),
        pytest.param(b'{"resourceSpans":[{"scopeSpans":[{"spans":[7]}]}]}', id="number as span"),
        pytest.param(b'{"resourceSpans":[null]}', id="null resource"),
        pytest.param(b'{"resourceLogs":[{}]}', id="logs"),
        pytest.param(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, id="10,000 deep"),
    ],
)
def test_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        traces(body)


def test_invalid_utf8_is_replaced_and_the_rest_kept() -> None:
    spans = b'{"name":"one"},{"name":"b\xff d"},{"name":"three"}'
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + spans + b"]}]}]}"
    converted = to_protobuf(body, "traces", 10)
    assert converted.repaired == 1
    names = [span.name for span in traces(body).resource_spans[0].scope_spans[0].spans]
    assert names == ["one", "b\ufffd d", "three"]
    assert to_protobuf(b'{"resourceSpans":[{"schemaUrl":"\xff"}]}', "traces", 10).repaired == 1


def test_errors_name_the_place_and_no_content() -> None:
    body = span_json(name="chat", attributes=[{"key": "k", "value": {"stringValue": 5}}, "SECRET"])
    with pytest.raises(Malformed, match=r"\$\.") as caught:
        traces(body)
    assert "SECRET" not in str(caught.value)


def nested(depth: int, kind: str) -> dict[str, Any]:
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(depth):
        inner = [value] if kind == "arrayValue" else [{"key": "k", "value": value}]
        value = {kind: {"values": inner}}
    return value


@pytest.mark.parametrize("kind", ["arrayValue", "kvlistValue"])
def test_depth(kind: str) -> None:
    deepest = span_json(attributes=[{"key": "k", "value": nested(MAX_DEPTH, kind)}])
    span = only_span(deepest)
    assert type(span).FromString(span.SerializeToString()) == span
    for depth in (MAX_DEPTH + 1, 200):
        with pytest.raises(Malformed, match="nested"):
            traces(span_json(attributes=[{"key": "k", "value": nested(depth, kind)}]))


def test_the_item_limit() -> None:
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{},{},{}]}]}]}'
    traces(body, max_items=3)
    with pytest.raises(TooLarge):
        traces(body, max_items=2)


def test_bombs_of_objects_are_refused_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp_json, "MAX_OBJECTS", 50)
    bomb = b'{"resourceSpans":[' + b",".join([b"{}"] * 60) + b"]}"
    with pytest.raises(TooLarge, match="JSON objects"):
        traces(bomb)
    content = span_json(name="{[" * 500 + '"\\' + "{" * 50)
    assert only_span(content).name.startswith("{[")


KEYS = [
    "__class__",
    "__proto__",
    "a.b",
    "a",
    ";DROP",
    "{0.__init__}",
    "{{7*7}}",
    "$(x)",
    "\n",
    "\0",
]


def test_keys_are_data() -> None:
    pairs = [{"key": key, "value": {"stringValue": key}} for key in KEYS]
    span = only_span(span_json(attributes=pairs))
    assert [(a.key, a.value.string_value) for a in span.attributes] == [(k, k) for k in KEYS]


def test_lone_surrogates_do_not_escape_as_errors() -> None:
    try:
        span = only_span('{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"\\ud800"}]}]}]}')
    except Malformed:
        return
    assert span.name in ("?", "\ufffd")


FIELDS = (
    *("resourceSpans", "scopeSpans", "spans", "resource", "attributes", "events", "status"),
    *("resourceLogs", "scopeLogs", "logRecords", "body", "key", "value", "values"),
    *("traceId", "kind", "stringValue", "intValue", "arrayValue", "kvlistValue"),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=200)
@given(json_values, st.sampled_from(["traces", "logs"]))
def test_any_json_is_converted_or_refused(value: Any, signal: Signal) -> None:
    try:
        converted = to_protobuf(json.dumps(value).encode(), signal, 10)
    except Refused:
        return
    ExportTraceServiceRequest.FromString(converted.body)
