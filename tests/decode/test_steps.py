"""Steps of a framework are read only where the model calls do not tell the conversation."""

import json
from typing import Any

import pytest

from otel_evaluator.decode.normalise import normalise
from otel_evaluator.decode.reader import Items
from otel_evaluator.model.raw import RawTrace
from otel_evaluator.testing.builders import a_span

STATE = json.dumps({"messages": [{"role": "user", "content": "Where is my order?"}]})
ANSWER = json.dumps({"messages": [{"role": "assistant", "content": "On its way."}]})


def span(number: int, parent: int, attributes: dict[str, Any], **fields: Any) -> bytes:
    parent_id = f"{parent:016x}" if parent else ""
    encoded = a_span(
        span_id=f"{number:016x}", parent_span_id=parent_id, attributes=attributes, **fields
    )
    return encoded.SerializeToString()


def raw(*spans: bytes) -> RawTrace:
    return RawTrace(b"\x01" * 16, [(b"", b"", s) for s in spans], [], [])


AGENT = {"openinference.span.kind": "AGENT", "agent.name": "shop", "session.id": "s"}
STEP = {"openinference.span.kind": "CHAIN", "input.value": STATE, "output.value": ANSWER}
CALL = {
    "openinference.span.kind": "LLM",
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.content": "Where is my order?",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "On its way.",
}


def test_inner_steps_stay_encoded_and_hold_the_tree_together() -> None:
    trace = raw(span(1, 0, AGENT), span(2, 1, STEP), span(3, 2, CALL))
    items = Items(trace)
    assert dict(items.skipped) == {"openinference": 1}
    assert len(items.tree.sources) == 2
    found = normalise(trace)
    assert found.dialects == {"openinference": 3}
    assert found.trace is not None
    assert found.trace.calls[0].agent == "shop"
    assert (found.trace.input, found.trace.output) == ("Where is my order?", "On its way.")


def test_steps_tell_the_conversation_where_calls_do_not() -> None:
    empty = {"openinference.span.kind": "LLM", "llm.model_name": "m"}
    found = normalise(raw(span(1, 0, AGENT), span(2, 1, STEP), span(3, 2, empty)))
    assert found.trace is not None
    assert (found.trace.input, found.trace.output) == ("Where is my order?", "On its way.")


def test_a_step_that_failed_is_an_error() -> None:
    failed = span(2, 1, STEP, status_code=2, status_message="boom")
    found = normalise(raw(span(1, 0, AGENT), failed, span(3, 2, CALL)))
    assert found.trace is not None
    assert found.trace.signals.errors == 1


def test_a_task_that_retrieves_is_a_retrieval() -> None:
    task = {
        "traceloop.span.kind": "task",
        "traceloop.entity.name": "retrieve_passages",
        "traceloop.entity.input": '{"args": ["leave"], "kwargs": {}}',
        "traceloop.entity.output": '[{"id": "a", "text": "28 days", "score": 0.9}]',
    }
    found = normalise(raw(span(1, 0, AGENT), span(2, 1, task), span(3, 1, CALL)))
    assert found.trace is not None
    (retrieval,) = found.trace.retrievals
    assert retrieval.query == "leave"
    assert [(d.id, d.content, d.score) for d in retrieval.documents] == [("a", "28 days", 0.9)]


@pytest.mark.parametrize("kind", ["CHAIN", "LLM"])
def test_the_outermost_span_is_always_read(kind: str) -> None:
    outer = {**STEP, "openinference.span.kind": kind}
    assert len(Items(raw(span(1, 0, outer), span(2, 1, CALL))).tree.sources) == 2
