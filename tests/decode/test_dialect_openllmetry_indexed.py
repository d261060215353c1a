from typing import Any

import pytest
from dialect_support import cases, dialect_names, read, said, span

from otel_evaluator.model.genai import ToolCall


@cases("openllmetry_indexed")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("openllmetry_indexed", case)

    assert found == wanted


def call(**attributes: Any) -> dict[str, Any]:
    named = {"gen_ai." + name.replace("__", "."): value for name, value in attributes.items()}
    return {"llm.request.type": "chat", **named}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("chat", "llm"), ("completion", "llm"), ("embedding", "embedding"), ("rerank", "reranker")],
)
def test_kinds(kind: str, expected: str) -> None:
    assert read(span({"llm.request.type": kind, "gen_ai.system": "OpenAI"})).kind == expected


def test_evicted_beginning_is_noted() -> None:
    attributes = {
        "gen_ai.prompt.60.role": "user",
        "gen_ai.prompt.60.content": "And for three days?",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "87 euro.",
    }

    found = read(span(attributes))

    assert found.kind == "llm"
    assert [(m.role, m.content) for m in found.input] == [("user", "And for three days?")]
    assert found.notes == ["evicted:gen_ai.prompt.N"]


def test_hostile_index_allocates_nothing() -> None:
    attributes = call(prompt__999999999__role="user", prompt__999999999__content="Hello")

    assert [m.content for m in read(span(attributes)).input] == ["Hello"]


def test_filtered_answer_is_no_answer() -> None:
    attributes = call(
        completion__0__content="FILTERED",
        completion__0__finish_reason="content_filter",
        completion__0__role="assistant",
    )

    found = read(span(attributes))

    assert (found.output, found.finish_reasons) == ((), ("content_filter",))


def test_multimodal_content_in_a_json_array() -> None:
    content = (
        '[{"type": "text", "text": "What is this?"},'
        ' {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]'
    )

    (message,) = read(span(call(prompt__0__role="user", prompt__0__content=content))).input

    assert message.content == "What is this?"
    assert [m.uri for m in message.media] == ["https://example.org/a.png"]


def test_brand_names_of_providers() -> None:
    assert read(span(call(system="Anthropic"))).provider == "anthropic"


def test_legacy_function_call_of_a_completion() -> None:
    attributes = call(
        completion__0__role="assistant",
        completion__0__function_call__name="get_price",
        completion__0__function_call__arguments='{"bike": "cargo"}',
    )

    (message,) = read(span(attributes)).output

    assert message.tool_calls == (ToolCall("get_price", {"bike": "cargo"}),)


def test_newer_generation_is_left_to_the_conventions() -> None:
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": "[]"}

    assert dialect_names(span(attributes)) == ["otel_genai"]
