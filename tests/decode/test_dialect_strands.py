import json
from typing import Any

import pytest
from dialect_support import cases, read, said, span

from otel_evaluator.decode import blocks
from otel_evaluator.decode.messages import messages
from otel_evaluator.model.genai import ToolCall
from otel_evaluator.model.span import STATUS_ERROR, Event

SCOPE = "strands.telemetry.tracer"


@cases("strands")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("strands", case)

    assert found == wanted


def chat(**attributes: Any) -> dict[str, Any]:
    return {"gen_ai.operation.name": "chat", "gen_ai.system": "strands-agents", **attributes}


def test_time_to_first_token_is_in_milliseconds() -> None:
    attributes = chat(**{"gen_ai.server.time_to_first_token": 461})

    assert read(span(attributes, scope=SCOPE)).time_to_first_chunk_s == pytest.approx(0.461)


def test_parallel_tool_calls_and_their_results() -> None:
    calls = [
        {"text": "Both."},
        {"toolUse": {"toolUseId": "a", "name": "weather", "input": {"city": "Paris"}}},
        {"toolUse": {"toolUseId": "b", "name": "weather", "input": {"city": "Rome"}}},
    ]
    results = [
        {"toolResult": {"toolUseId": "a", "status": "success", "content": [{"text": "rain"}]}},
        {"toolResult": {"toolUseId": "b", "status": "error", "content": [{"json": {"e": 1}}]}},
    ]
    events = (
        Event("gen_ai.assistant.message", 1, {"content": json.dumps(calls)}),
        Event("gen_ai.tool.message", 2, {"content": json.dumps(results)}),
    )

    found = read(span(chat(), scope=SCOPE, events=events))

    asked, first, second = found.input
    assert asked.content == "Both."
    assert asked.tool_calls == (
        ToolCall("weather", {"city": "Paris"}, "a"),
        ToolCall("weather", {"city": "Rome"}, "b"),
    )
    assert (first.role, first.tool_call_id, first.content, first.error) == (
        "tool",
        "a",
        "rain",
        False,
    )
    assert (second.tool_call_id, second.error) == ("b", True)


def test_failed_tool_says_why() -> None:
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.status": "error"}

    found = read(
        span(attributes, scope=SCOPE, status=STATUS_ERROR, message="price list unavailable")
    )

    assert found.tool_error == "price list unavailable"


def test_event_loop_cycles_are_no_operations() -> None:
    attributes = {"gen_ai.operation.name": "execute_event_loop_cycle"}

    assert read(span(attributes, scope=SCOPE)).kind == "chain"


def test_framework_is_no_provider() -> None:
    assert read(span(chat(), scope=SCOPE)).provider == ""


def test_bedrock_conversation() -> None:
    conversation = [
        {"role": "user", "content": [{"text": "Weather?"}]},
        {
            "role": "assistant",
            "content": [{"toolUse": {"toolUseId": "a", "name": "weather", "input": {}}}],
        },
        {
            "role": "user",
            "content": [{"toolResult": {"toolUseId": "a", "content": [{"text": "rain"}]}}],
        },
    ]

    found = messages(conversation)

    assert [(m.role, m.content, m.tool_call_id) for m in found] == [
        ("user", "Weather?", ""),
        ("assistant", "", ""),
        ("tool", "rain", "a"),
    ]


def test_blocks_of_nothing_but_text_are_joined() -> None:
    assert blocks.plain([{"text": "one"}, {"text": "two"}]) == "one\ntwo"
    assert blocks.plain([{"text": "one", "score": 1}]) == '[{"text":"one","score":1}]'
