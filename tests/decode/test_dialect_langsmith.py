import json
from typing import Any

import pytest
from dialect_support import cases, read, said, span

from otel_evaluator.model.span import STATUS_ERROR, Event


@cases("langsmith")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("langsmith", case)

    assert found == wanted


def run(kind: str, sent: Any = None, received: Any = None, **metadata: Any) -> dict[str, Any]:
    attributes: dict[str, Any] = {"langsmith.span.kind": kind}
    if sent is not None:
        attributes["gen_ai.prompt"] = json.dumps(sent)
    if received is not None:
        attributes["gen_ai.completion"] = json.dumps(received)
    return attributes | {f"langsmith.metadata.{k}": v for k, v in metadata.items()}


@pytest.mark.parametrize(
    ("kind", "operation", "expected"),
    [
        ("llm", "chat", "llm"),
        ("chain", "chain", "chain"),
        ("tool", "execute_tool", "tool"),
        ("retriever", "embeddings", "retriever"),
        ("embedding", "embeddings", "embedding"),
        ("prompt", "prompt", "chain"),
        ("parser", "parser", "chain"),
    ],
)
def test_the_run_type_decides_not_the_operation(kind: str, operation: str, expected: str) -> None:
    found = read(span(run(kind) | {"gen_ai.operation.name": operation}))

    assert found.kind == expected


def test_project_is_not_a_conversation() -> None:
    attributes = run("chain") | {
        "langsmith.trace.session_name": "my-project",
        "langsmith.trace.session_id": "9f7c",
    }

    assert read(span(attributes)).conversation_id == ""


def test_prompt_from_the_hub() -> None:
    metadata = {"lc_hub_repo": "bike-prices", "lc_hub_commit_hash": "4f3a"}

    found = read(span(run("llm", **metadata)))

    assert (found.prompt_name, found.prompt_version) == ("bike-prices", "4f3a")


def test_langchain_model_run() -> None:
    sent = {
        "messages": [
            [
                {
                    "lc": 1,
                    "type": "constructor",
                    "id": ["HumanMessage"],
                    "kwargs": {"content": "Hello"},
                }
            ]
        ]
    }
    message = {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain", "schema", "messages", "AIMessage"],
        "kwargs": {"content": "Hi.", "type": "ai"},
    }
    received = {"generations": [[{"text": "Hi.", "message": message}]]}

    found = read(span(run("llm", sent, received)))

    assert [(m.role, m.content) for m in found.input] == [("user", "Hello")]
    assert [(m.role, m.content) for m in found.output] == [("assistant", "Hi.")]


def test_graph_state_of_a_chain() -> None:
    sent = {"messages": [{"type": "human", "content": "Hello"}]}
    received = {
        "messages": [{"type": "human", "content": "Hello"}, {"type": "ai", "content": "Hi."}]
    }

    found = read(span(run("chain", sent, received)))

    assert [m.content for m in found.input] == ["Hello"]
    assert [(m.role, m.content) for m in found.output][-1:] == [("assistant", "Hi.")]


def test_langchain_tool_run() -> None:
    sent = {"input": "{'city': 'Paris'}"}
    received = {
        "output": {"type": "tool", "content": "rainy", "tool_call_id": "c1", "status": "success"}
    }

    found = read(span(run("tool", sent, received), name="weather"))

    assert (found.tool_name, found.arguments, found.result) == (
        "weather",
        {"city": "Paris"},
        "rainy",
    )
    assert found.tool_call_id == "c1"


def test_tool_that_returns_text() -> None:
    found = read(span(run("tool", {"city": "Paris"}, {"output": "rainy"})))

    assert found.result == "rainy"


def test_failed_run_has_no_answer_and_no_traceback() -> None:
    text = "ValueError('no')\n\nTraceback (most recent call last):\n  File \"x.py\""
    events = (Event("exception", 0, {"exception.type": "Exception", "exception.message": text}),)
    attributes = run("llm", {"messages": [{"role": "user", "content": "Hello"}]}, {"output": None})

    found = read(span(attributes, events=events, status=STATUS_ERROR))

    assert found.output == ()
    assert found.error == "ValueError('no')"
    assert found.notes == []


def test_framework_is_no_provider() -> None:
    found = read(span(run("llm") | {"gen_ai.system": "langchain"}))

    assert found.provider == ""


def test_usage_subsets_from_the_metadata() -> None:
    usage = {
        "input_tokens": 50,
        "output_tokens": 9,
        "input_token_details": {"cache_read": 40, "cache_creation": 2},
        "output_token_details": {"reasoning": 8},
    }

    found = read(span(run("llm", usage_metadata=json.dumps(usage))))

    assert (found.input_tokens, found.output_tokens) == (50, 9)
    assert (found.cache_read_tokens, found.cache_write_tokens) == (40, 2)
    assert found.reasoning_tokens == 8


def test_unreadable_documents_are_counted() -> None:
    found = read(span(run("retriever", {"query": "deposit"}, {"x": 1})))

    assert found.query == "deposit"
    assert found.notes == ["unmapped:gen_ai.completion"]
