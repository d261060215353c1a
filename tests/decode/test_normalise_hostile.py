"""No bytes that parse make normalisation raise, loop or eat memory."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_evaluator.decode.conversation import conversation
from otel_evaluator.decode.normalise import Normalised, normalise
from otel_evaluator.model.raw import RawTrace
from otel_evaluator.testing.builders import a_span

IDS = ["", "00" * 7 + "01", "00" * 7 + "02", "00" * 7 + "03", "00" * 7 + "04"]
TIMES = [0, 1, 1_700_000_000_000_000_000, 2**63 - 1, 18_446_744_073_709_551_615]
KEYS = [
    "__class__",
    "__proto__",
    "{{7*7}}",
    "{0.__init__}",
    "$(x)",
    "a\x00b",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.tool.call.arguments",
    "gen_ai.prompt.999999999.role",
    "llm.input_messages.4294967296.message.role",
    "llm.input_messages.-1.message.content",
    "llm.input_messages.٣.message.content",
    "gen_ai.input.messages.7.message.content",
    "retrieval.documents.5.document.content",
    "openinference.span.kind",
    "gen_ai.span.kind",
    "traceloop.span.kind",
    "traceloop.entity.output",
    "gen_ai.operation.name",
    "gen_ai.response.finish_reasons",
    "gen_ai.usage.input_tokens",
    "feedback.rating",
    "session.id",
    "input.value",
    "output.value",
    "gen_ai.response.id",
]
TEXTS = [
    "",
    "LLM",
    "tool",
    "chat",
    "CHAIN",
    "execute_tool",
    "invoke_agent",
    "x" * 10_000,
    "[" * 1_000,
    '{"a":' * 1_000,
    '[{"role":"user","parts":[{"type":"text","content":"hal',
    '"\\"[{\\\\\\"role\\\\\\":\\\\\\"user\\\\\\"}]\\""',
    '[{"role":null,"parts":[null,1,"a",{"type":[]}]}]',
    '[[{"lc":1,"kwargs":{"content":[{"type":"tool_use","input":1,"name":2}]}}]]',
    '{"messages":{"messages":{"messages":[]}}}',
    "{{7*7}}",
    "NaN",
    '{"id":{"id":1}}',
]
VALUES = st.one_of(
    st.sampled_from(TEXTS),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.booleans(),
    st.binary(max_size=20),
    st.recursive(
        st.one_of(st.none(), st.text(max_size=5), st.integers(-5, 5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    [
                        "role",
                        "parts",
                        "type",
                        "content",
                        "tool_calls",
                        "function",
                        "name",
                        "id",
                        "text",
                    ]
                ),
                inner,
                max_size=4,
            ),
        ),
        max_leaves=10,
    ),
)
SPANS = st.fixed_dictionaries(
    {
        "span_id": st.sampled_from(IDS),
        "parent_span_id": st.sampled_from(IDS),
        "start_ns": st.sampled_from(TIMES),
        "end_ns": st.sampled_from(TIMES),
        "status_code": st.sampled_from([0, 1, 2]),
        "attributes": st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8),
    }
)


def raw(spans: list[dict[str, Any]]) -> RawTrace:
    items = [(b"", b"", a_span(**span).SerializeToString()) for span in spans]
    return RawTrace(b"\x01" * 16, items[1:], items[:1], [])


def varint(value: int) -> bytes:
    encoded = b""
    while value > 127:
        encoded += bytes([value & 127 | 128])
        value >>= 7
    return encoded + bytes([value])


def text_span(**attributes: Any) -> dict[str, Any]:
    return {"attributes": {"gen_ai.operation.name": "chat", **attributes}}


def run(*spans: dict[str, Any]) -> Normalised:
    items = [(b"", b"", a_span(**span).SerializeToString()) for span in spans]
    return normalise(RawTrace(b"\x01" * 16, items, [], []))


@pytest.mark.parametrize("kind", [[], {}, 1, None, ["text"]])
def test_a_part_whose_type_is_no_text(kind: Any) -> None:
    parts = [{"type": kind, "content": "hello", "value": "x"}]
    for value in ([{"role": "user", "parts": parts}], [{"role": "user", "content": parts}], parts):
        text = json.dumps(value)
        found = run(text_span(**{"gen_ai.input.messages": text, "gen_ai.tool.call.result": text}))
        assert found.trace is not None


@settings(max_examples=400, deadline=None)
@given(st.lists(SPANS, min_size=1, max_size=6))
def test_any_graph_of_spans_is_normalised(spans: list[dict[str, Any]]) -> None:
    found = normalise(raw(spans))
    if found.trace is not None:
        assert found.trace.end_ns >= found.trace.start_ns
        assert found.trace.signals.duration_ms >= 0
        assert 0 <= found.trace.history <= len(found.trace.messages)
        assert conversation([found.trace, found.trace]).kind == "conversation"
        keys = [span.key for span in found.spans]
        assert len(keys) == len(set(keys))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_are_survived(span: bytes, scope: bytes, resource: bytes) -> None:
    item = (resource, scope, span)
    found = normalise(RawTrace(b"\x01" * 16, [item], [item], [item]))
    assert found.undecodable <= 3


def test_a_hostile_index_allocates_nothing() -> None:
    attributes = {"openinference.span.kind": "LLM"}
    for index in (0, 999_999_999, 4_294_967_296):
        attributes[f"llm.input_messages.{index}.message.role"] = "user"
        attributes[f"llm.input_messages.{index}.message.content"] = f"message {index}"
    started = time.perf_counter()
    found = run({"attributes": attributes})
    assert time.perf_counter() - started < 5
    assert found.trace is not None
    assert [m.content for m in found.trace.messages] == [
        "message 0",
        "message 999999999",
        "message 4294967296",
    ]
    assert "evicted:llm.input_messages.N" in found.trace.notes


@pytest.mark.parametrize("cut", [65, 72, 90, 120])
def test_truncated_json_gives_its_complete_part(cut: int) -> None:
    whole = json.dumps(
        [
            {"role": "user", "parts": [{"type": "text", "content": "Where is my order?"}]},
            {"role": "assistant", "parts": [{"type": "text", "content": "On its way."}]},
        ]
    )
    found = run(text_span(**{"gen_ai.input.messages": whole[:cut]}))
    assert found.trace is not None
    said = found.trace.messages[0]
    assert said.role == "user"
    assert said.content
    assert "Where is my order?".startswith(said.content)


def test_text_where_json_is_expected_is_a_message() -> None:
    found = run(text_span(**{"gen_ai.input.messages": "Hi", "gen_ai.output.messages": "Hello"}))
    assert found.trace is not None
    assert (found.trace.input, found.trace.output) == ("Hi", "Hello")


def test_content_that_cannot_be_mapped_is_noted_by_name() -> None:
    found = run(text_span(**{"gen_ai.input.messages": '{"strange": 1}'}))
    assert found.trace is not None
    assert found.trace.notes == ("unmapped:gen_ai.input.messages",)
    assert found.unmapped == {"otel_genai": 1}
    assert found.trace.messages == ()


def test_redacted_content_is_absent_and_not_unmapped() -> None:
    attributes = {"gen_ai.input.messages": "__REDACTED__", "gen_ai.output.messages": "[]"}
    found = run(text_span(**attributes))
    assert found.trace is not None
    assert not found.trace.has_content
    assert found.trace.notes == ()


def test_negative_and_quoted_token_counts() -> None:
    usage = {"gen_ai.usage.input_tokens": -1, "gen_ai.usage.prompt_tokens": "24088"}
    found = run(text_span(**usage, **{"gen_ai.usage.output_tokens": -1}))
    assert found.trace is not None
    assert (found.trace.usage.input_tokens, found.trace.usage.output_tokens) == (24088, 0)


def test_two_megabytes_of_attributes_and_a_megabyte_key() -> None:
    long = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "x" * 1_900_000}]}])
    attributes = {"gen_ai.input.messages": long, "k" * 1_000_000: "v"}
    started = time.perf_counter()
    found = run(text_span(**attributes))
    assert time.perf_counter() - started < 5
    assert found.trace is not None
    assert len(found.trace.input) == 1_900_000


def test_nesting_beyond_what_protobuf_allows_is_undecodable() -> None:
    value = b""
    for _ in range(150):
        inner = b"\x0a" + varint(len(value)) + value
        value = b"\x2a" + varint(len(inner)) + inner
    pair = b"\x0a\x04deep" + b"\x12" + varint(len(value)) + value
    span = a_span(attributes={"gen_ai.operation.name": "chat"}).SerializeToString()
    encoded = span + b"\x4a" + varint(len(pair)) + pair
    found = normalise(RawTrace(b"\x01" * 16, [(b"", b"", encoded)], [], []))
    assert found.undecodable == 1
    assert found.trace is None


def test_duplicate_span_ids_count_once() -> None:
    chat = text_span(**{"gen_ai.usage.input_tokens": 5, "gen_ai.response.id": "r1"})
    found = run(chat, chat)
    assert found.trace is not None
    assert found.trace.usage.input_tokens == 5
    assert "duplicate_span_ids" in found.trace.notes


def test_evicted_attributes_are_noted() -> None:
    span = a_span(attributes={"gen_ai.operation.name": "chat"})
    span.dropped_attributes_count = 3
    found = normalise(RawTrace(b"\x01" * 16, [(b"", b"", span.SerializeToString())], [], []))
    assert found.trace is not None
    assert found.trace.notes == ("evicted",)


@pytest.mark.parametrize("key", ["__class__", "{{7*7}}", "a\x00b", "$(x)", "k" * 10_000])
def test_hostile_keys_are_kept_as_data(key: str) -> None:
    found = run(text_span(**{key: "value"}))
    assert found.trace is not None
    assert found.trace.attributes[key] == "value"
