"""Values, messages and flattened keys in the shapes that emitters use."""

import json
from typing import Any

import pytest

from otel_evaluator.decode.definitions import documents, tool_definitions
from otel_evaluator.decode.dialects.application import feedback
from otel_evaluator.decode.finish import finish_reason, finish_reasons
from otel_evaluator.decode.flattened import flat_messages
from otel_evaluator.decode.messages import messages, repeated_messages
from otel_evaluator.decode.partial import recover
from otel_evaluator.decode.tools import failure, handoff_target, is_escalation
from otel_evaluator.decode.values import count, number, structured, text


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ('{"a": 1}', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('"plain"', "plain"),
        ("42", "42"),
        ("null", "null"),
        ("{broken", "{broken"),
        ('{"a": [1, 2', {"a": [1]}),
        (b'["x"]', ["x"]),
        (["x"], ["x"]),
    ],
)
def test_structured_values(value: Any, wanted: Any) -> None:
    assert structured(value) == wanted


@pytest.mark.parametrize("cut", range(1, 60))
def test_recovered_json_is_a_part_of_the_whole(cut: int) -> None:
    whole = [{"role": "user", "text": 'a "quoted" \\u00fc word'}, {"n": [1, 2, {"x": None}]}]
    found = recover(json.dumps(whole)[:cut])
    assert found is None or isinstance(found, list)
    if found and "text" in found[0]:
        assert whole[0]["text"].startswith(found[0]["text"].rstrip("\\"))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("-1", None), ("7", 7), (7.0, 7), (True, None), ("x", None), (float("inf"), None)],
)
def test_counts(value: Any, wanted: Any) -> None:
    assert count(value) == wanted


def test_numbers_and_texts() -> None:
    assert number("0.5") == 0.5
    assert number("nan") is None
    assert text("__REDACTED__") == ""
    assert text(5) == "5"
    assert text(["x"]) == ""


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("tool-calls", "tool_calls"),
        ("tool_call", "tool_calls"),
        ("MAX_TOKENS", "length"),
        ("FinishReason.STOP", "stop"),
        ("[Stop]", "stop"),
        ("refusal", "content_filter"),
        ("end_turn", "stop"),
        ("none", ""),
        (None, ""),
        ("Something New", "something new"),
    ],
)
def test_finish_reasons_have_one_spelling(value: Any, wanted: str) -> None:
    assert finish_reason(value) == wanted


def test_finish_reasons_may_be_text_or_a_list_with_gaps() -> None:
    assert finish_reasons("stop,length") == ("stop", "length")
    assert finish_reasons(["stop", None, "max_tokens"]) == ("stop", "length")
    assert finish_reasons(5) == ()


OPEN_AI = [
    {"role": "developer", "content": "Be brief."},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "Hi"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        ],
    },
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"n": 1}'}}
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "ok"},
]
ANTHROPIC = [
    {"role": "user", "content": "Hi"},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "hm"},
            {"type": "tool_use", "id": "c1", "name": "find", "input": {"n": 1}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "c1", "content": "ok", "is_error": True}
        ],
    },
]
GEMINI = {
    "system_instruction": "Be brief.",
    "contents": [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {"role": "model", "parts": [{"function_call": {"name": "find", "args": {"n": 1}}}]},
        {"role": "user", "parts": [{"function_response": {"name": "find", "response": {"r": 1}}}]},
    ],
}
RESPONSES = [
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
    {"type": "function_call", "id": "fc", "call_id": "c1", "name": "find", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "c1", "output": "ok"},
]
LANGCHAIN = {
    "messages": [
        [
            {
                "lc": 1,
                "type": "constructor",
                "id": ["langchain", "schema", "messages", "HumanMessage"],
                "kwargs": {"content": "Hi", "type": "human"},
            },
            {
                "type": "ai",
                "data": {
                    "content": "",
                    "tool_calls": [{"name": "find", "args": {"n": 1}, "id": "c1"}],
                },
            },
            {"type": "tool", "data": {"content": "no", "tool_call_id": "c1", "status": "error"}},
        ]
    ]
}


@pytest.mark.parametrize(
    ("value", "roles"),
    [
        (OPEN_AI, "system user assistant tool"),
        (ANTHROPIC, "user assistant tool"),
        (GEMINI, "system user assistant tool"),
        (RESPONSES, "user user tool"),
        (LANGCHAIN, "user assistant tool"),
        ("Hi", "user"),
        ({"role": "user", "content": "Hi"}, "user"),
    ],
)
def test_messages_of_many_shapes(value: Any, roles: str) -> None:
    for shape in (value, json.dumps(value)):
        found = messages(shape)
        assert " ".join(m.role for m in found) == roles
        assert next(m for m in found if m.role == "user" and m.content).content == "Hi"
        calls = [c for m in found for c in m.tool_calls]
        assert all(c.name == "find" and not c.malformed for c in calls)


def test_reasoning_media_and_errors_are_kept_apart() -> None:
    _, user, _, _ = messages(OPEN_AI)
    assert user.content == "Hi"
    assert user.media[0].uri == "data:image/png;base64,"
    _, thought, failed = messages(ANTHROPIC)
    assert (thought.content, thought.reasoning) == ("", "hm")
    assert failed.error
    assert messages(LANGCHAIN)[2].error


def test_arguments_that_do_not_decode_are_marked() -> None:
    call = {"id": "c", "function": {"name": "f", "arguments": '{"n": '}}
    (message,) = messages([{"role": "assistant", "tool_calls": [call]}])
    assert message.tool_calls[0].malformed
    assert message.tool_calls[0].arguments == '{"n": '


def test_a_growing_history_is_read_as_if_it_were_read_whole() -> None:
    memo: dict[Any, Any] = {}
    for size in range(1, len(OPEN_AI) + 1):
        value = json.dumps(OPEN_AI[:size])
        assert repeated_messages(value, "user", memo) == messages(value)
    other = json.dumps([{"role": "user", "content": "Other"}])
    assert repeated_messages(other, "user", memo) == messages(other)
    shared = [dict(m) for m in OPEN_AI]
    assert repeated_messages(shared, "user", memo) == messages(shared)


def test_flattened_messages_tolerate_gaps() -> None:
    attributes = {
        "p.3.message.role": "assistant",
        "p.3.message.tool_calls.1.tool_call.function.name": "find",
        "p.7.message.content": "lost role",
        "p.x.message.content": "no index",
        "p.12345678901.message.content": "too long an index",
    }
    found, gap = flat_messages(attributes, "p.")
    assert gap
    assert [(m.role, m.content) for m in found] == [("assistant", ""), ("user", "lost role")]
    assert found[0].tool_calls[0].name == "find"
    assert found[0].tool_calls[0].arguments is None


def test_definitions_and_documents() -> None:
    nested = {"type": "function", "function": {"name": "a", "parameters": {"type": "object"}}}
    flat = {"name": "b", "description": "B", "input_schema": {"type": "object"}}
    found = tool_definitions(json.dumps([nested, flat, {"type": "x"}, 5]))
    assert [(d.name, d.parameters) for d in found] == [
        ("a", {"type": "object"}),
        ("b", {"type": "object"}),
    ]
    listed = [{"id": 7, "score": 0.5}, "text", {"page_content": "p", "metadata": {"source": "s"}}]
    assert [(d.id, d.content, d.score) for d in documents(listed)] == [
        ("7", "", 0.5),
        ("", "text", None),
        ("s", "p", None),
    ]


@pytest.mark.parametrize(
    ("content", "failed"),
    [
        ('{"error": "not found"}', True),
        ('{"error": null, "n": 1}', False),
        ('{"matches": 3, "error": "ambiguous"}', False),
        ('{"status": "error"}', True),
        ('{"status": "delivered"}', False),
        ("Error: ValueError('x')", True),
        ("bad\n\nFix the errors and try again.", True),
        ("No errors were found.", False),
        ("", False),
    ],
)
def test_failures_in_results(content: str, failed: bool) -> None:
    assert bool(failure(content)) is failed


def test_tools_that_hand_over() -> None:
    assert handoff_target("transfer_to_billing_agent") == "billing_agent"
    assert handoff_target("transfer_to_human") == ""
    assert is_escalation("transfer_to_human")
    assert is_escalation("Escalate-To-Human")
    assert not is_escalation("transfer_to_refund_agent")
    assert is_escalation("ring_the_desk", ("ring_the_desk",))


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        ({"feedback.thumbs": "down", "feedback.rating": 1}, -1.0),
        ({"feedback.rating": 5}, 1.0),
        ({"feedback.rating": 3}, 0.0),
        ({"feedback.score": -0.5}, -0.5),
        ({"feedback.value": True}, 1.0),
        ({"feedback.comment": "fine"}, None),
    ],
)
def test_user_feedback(attributes: dict[str, Any], wanted: float | None) -> None:
    assert feedback(attributes) == wanted
