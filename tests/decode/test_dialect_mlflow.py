import json
from typing import Any

import pytest
from dialect_support import cases, read, said, span

from otel_evaluator.model.genai import ToolCall


@cases("mlflow")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("mlflow", case)

    assert found == wanted


def mlflow(kind: str, **values: Any) -> dict[str, Any]:
    """Attributes as MLflow writes them: every value encoded as JSON."""
    encoded = {name.replace("__", "."): json.dumps(value) for name, value in values.items()}
    return {"mlflow.spanType": json.dumps(kind), **encoded}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("CHAT_MODEL", "llm"),
        ("LLM", "llm"),
        ("AGENT", "agent"),
        ("TOOL", "tool"),
        ("RETRIEVER", "retriever"),
        ("MEMORY", "retriever"),
        ("EMBEDDING", "embedding"),
        ("RERANKER", "reranker"),
        ("GUARDRAIL", "guardrail"),
        ("EVALUATOR", "evaluator"),
        ("PARSER", "chain"),
        ("my own type", "chain"),
    ],
)
def test_quoted_kinds(kind: str, expected: str) -> None:
    assert read(span(mlflow(kind))).kind == expected


def test_kind_without_quotes() -> None:
    assert read(span({"mlflow.spanType": "TOOL"})).kind == "tool"


def test_linked_prompt() -> None:
    linked = [{"name": "bike-prices", "version": "4"}, {"name": "other", "version": "1"}]

    found = read(span(mlflow("CHAT_MODEL", mlflow__linkedPrompts=linked)))

    assert (found.prompt_name, found.prompt_version) == ("bike-prices", "4")


def test_linked_prompts_quoted_twice() -> None:
    linked = json.dumps([{"name": "bike-prices", "version": 4}])

    found = read(span(mlflow("CHAT_MODEL", mlflow__linkedPrompts=linked)))

    assert (found.prompt_name, found.prompt_version) == ("bike-prices", "4")


def test_cost_and_provider() -> None:
    attributes = mlflow(
        "CHAT_MODEL",
        mlflow__llm__cost={"input_cost": 0.1, "output_cost": 0.2, "total_cost": 0.3},
        mlflow__llm__provider="anthropic",
    )

    found = read(span(attributes))

    assert (found.cost_usd, found.provider) == (0.3, "anthropic")


def test_langchain_generations() -> None:
    sent = [[{"type": "human", "content": "Hello"}]]
    received = {"generations": [[{"text": "Hi.", "generation_info": {"finish_reason": "stop"}}]]}

    found = read(span(mlflow("CHAT_MODEL", mlflow__spanInputs=sent, mlflow__spanOutputs=received)))

    assert [(m.role, m.content) for m in found.input] == [("user", "Hello")]
    assert [(m.content, m.finish_reason) for m in found.output] == [("Hi.", "stop")]


def test_anthropic_request_and_response() -> None:
    sent = {
        "model": "claude-sonnet-4",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Weather?"}],
        "tools": [{"name": "weather", "input_schema": {"type": "object", "properties": {}}}],
    }
    received = {
        "id": "msg_1",
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Paris"}},
        ],
    }

    found = read(span(mlflow("CHAT_MODEL", mlflow__spanInputs=sent, mlflow__spanOutputs=received)))

    assert [(m.role, m.content) for m in found.input] == [
        ("system", "Be brief."),
        ("user", "Weather?"),
    ]
    (answer,) = found.output
    assert answer.content == "Let me look."
    assert answer.tool_calls == (ToolCall("weather", {"city": "Paris"}, "t1"),)
    assert [d.name for d in found.tool_definitions] == ["weather"]
    assert found.response_id == "msg_1"


def test_text_result_of_a_tool_loses_its_quotes() -> None:
    attributes = mlflow("TOOL", mlflow__spanInputs={"city": "Paris"}, mlflow__spanOutputs="rainy")

    found = read(span(attributes, name="weather"))

    assert (found.tool_name, found.arguments, found.result) == (
        "weather",
        {"city": "Paris"},
        "rainy",
    )


def test_encoded_null_is_no_answer() -> None:
    found = read(span({"mlflow.spanType": '"AGENT"', "mlflow.spanOutputs": "null"}))

    assert (found.output, found.output_text) == ((), "")


def test_agent_span_with_messages_of_a_graph() -> None:
    attributes = mlflow(
        "AGENT",
        mlflow__spanInputs={"messages": [{"role": "user", "content": "Hello"}]},
        mlflow__spanOutputs={"messages": [{"type": "ai", "content": "Hi."}]},
    )

    found = read(span(attributes))

    assert [(m.role, m.content) for m in found.input] == [("user", "Hello")]
    assert [(m.role, m.content) for m in found.output] == [("assistant", "Hi.")]


def test_unreadable_documents_are_counted() -> None:
    attributes = mlflow("RETRIEVER", mlflow__spanInputs="deposit", mlflow__spanOutputs={"x": 1})

    found = read(span(attributes))

    assert found.query == "deposit"
    assert found.notes == ["unmapped:mlflow.spanOutputs"]


def test_session_and_user_in_trace_tags() -> None:
    attributes = {
        "mlflow.spanType": '"AGENT"',
        "mlflow.traceTag.mlflow.trace.session": "session-1",
        "mlflow.traceTag.mlflow.trace.user": '"user-1"',
    }

    found = read(span(attributes))

    assert (found.conversation_id, found.user_id) == ("session-1", "user-1")
