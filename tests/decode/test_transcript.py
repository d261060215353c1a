"""Conversations out of calls that repeat each other, and out of several traces."""

import json
from typing import Any

import pytest

from otel_evaluator.decode.conversation import conversation
from otel_evaluator.decode.normalise import Normalised, normalise
from otel_evaluator.model.raw import RawTrace
from otel_evaluator.model.subject import Subject
from otel_evaluator.testing.builders import a_span
from otel_evaluator.testing.doubles import EPOCH_NS

SECOND = 1_000_000_000


def said(role: str, text: str = "", **call: Any) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"type": "text", "content": text}] if text else []
    if call:
        parts.append({"type": "tool_call", "arguments": {}, **call})
    return {"role": role, "parts": parts}


def result(call_id: str, text: str) -> dict[str, Any]:
    return {
        "role": "tool",
        "parts": [{"type": "tool_call_response", "id": call_id, "response": text}],
    }


def chat(
    number: int,
    received: list[dict[str, Any]],
    answered: list[dict[str, Any]],
    parent: str = "",
    **attributes: Any,
) -> dict[str, Any]:
    """The n-th span of a trace, one second after the one before."""
    return {
        "span_id": f"{number:016x}",
        "parent_span_id": parent,
        "start_ns": EPOCH_NS + number * SECOND,
        "end_ns": EPOCH_NS + number * SECOND + SECOND // 2,
        "attributes": {
            "gen_ai.operation.name": "chat",
            "gen_ai.response.id": f"r{number}",
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.input.messages": json.dumps(received),
            "gen_ai.output.messages": json.dumps(answered),
            **attributes,
        },
    }


def run(*spans: dict[str, Any], trace: int = 1) -> Normalised:
    trace_id = f"{trace:032x}"
    items = [(b"", b"", a_span(trace_id=trace_id, **span).SerializeToString()) for span in spans]
    return normalise(RawTrace(bytes.fromhex(trace_id), items, [], []))


def trace_of(*spans: dict[str, Any], trace: int = 1) -> Subject:
    found = run(*spans, trace=trace).trace
    assert found is not None
    return found


def lines(subject: Subject) -> list[str]:
    return [f"{m.role}: {m.content or [c.name for c in m.tool_calls]}" for m in subject.messages]


SYSTEM, HELLO, ORDER = said("system", "Be brief."), said("user", "Hello"), said("user", "Order 1?")
ASK = said("assistant", id="c1", name="find")
FOUND = result("c1", "shipped")


def test_a_tool_loop_is_told_once() -> None:
    trace = trace_of(
        chat(1, [SYSTEM, ORDER], [ASK]),
        chat(2, [SYSTEM, ORDER, ASK, FOUND], [said("assistant", "Shipped.")]),
    )
    assert lines(trace) == [
        "system: Be brief.",
        "user: Order 1?",
        "assistant: ['find']",
        "tool: shipped",
        "assistant: Shipped.",
    ]
    assert trace.history == 0
    assert (trace.input, trace.output) == ("Order 1?", "Shipped.")
    assert trace.messages[3].name == "find"


def test_replayed_history_is_marked() -> None:
    past = [SYSTEM, HELLO, said("assistant", "Hi!")]
    trace = trace_of(chat(1, [*past, ORDER], [said("assistant", "Shipped.")]))
    assert trace.history == 3
    assert trace.signals.turns == 1
    assert (trace.input, trace.output) == ("Order 1?", "Shipped.")


def test_what_is_said_twice_is_there_twice() -> None:
    yes = said("user", "yes")
    first = [HELLO, said("assistant", "Sure?"), yes, said("assistant", "Really?"), yes]
    trace = trace_of(chat(1, first, [said("assistant", "Done.")]))
    assert lines(trace) == [
        "user: Hello",
        "assistant: Sure?",
        "user: yes",
        "assistant: Really?",
        "user: yes",
        "assistant: Done.",
    ]


def test_a_second_agent_brings_its_own_instructions() -> None:
    transfer = said("assistant", id="c9", name="transfer_to_billing")
    over = result("c9", "ok")
    trace = trace_of(
        chat(1, [SYSTEM, ORDER], [transfer]),
        chat(
            2,
            [said("system", "You bill."), ORDER, transfer, over],
            [said("assistant", "Refunded.")],
        ),
    )
    assert lines(trace) == [
        "system: Be brief.",
        "user: Order 1?",
        "assistant: ['transfer_to_billing']",
        "system: You bill.",
        "tool: ok",
        "assistant: Refunded.",
    ]
    assert trace.signals.handoffs == 1
    assert not trace.signals.escalated


def test_an_agent_called_as_a_tool_stays_out_of_the_conversation() -> None:
    tool = {
        "span_id": f"{9:016x}",
        "start_ns": EPOCH_NS + SECOND,
        "end_ns": EPOCH_NS + 4 * SECOND,
        "attributes": {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "find",
            "gen_ai.tool.call.id": "c1",
            "gen_ai.tool.call.result": "shipped",
        },
    }
    trace = trace_of(
        chat(1, [SYSTEM, ORDER], [ASK]),
        tool,
        chat(2, [said("user", "Look up 1")], [said("assistant", "It is shipped")], f"{9:016x}"),
        chat(5, [SYSTEM, ORDER, ASK, FOUND], [said("assistant", "Shipped.")]),
    )
    assert "user: Look up 1" not in lines(trace)
    assert trace.output == "Shipped."
    assert len(trace.calls) == 3
    assert trace.usage.input_tokens == 30


def test_the_last_result_comes_from_the_execution() -> None:
    tool = {
        "span_id": f"{9:016x}",
        "start_ns": EPOCH_NS + 2 * SECOND,
        "end_ns": EPOCH_NS + 3 * SECOND,
        "attributes": {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "find",
            "gen_ai.tool.call.arguments": "{}",
        },
        "status_code": 2,
        "status_message": "timed out",
    }
    trace = trace_of(chat(1, [ORDER], [ASK]), tool)
    assert lines(trace)[-1] == "tool: timed out"
    assert trace.messages[-1].error
    assert trace.tools[0].call_id == "c1"
    assert trace.signals.tool_errors == 1


def test_two_records_of_one_call_count_once() -> None:
    answer = [said("assistant", "Hi!")]
    outer = chat(1, [HELLO], answer)
    inner = chat(2, [HELLO], answer, f"{1:016x}", **{"gen_ai.request.model": "m"})
    inner["attributes"]["gen_ai.response.id"] = "r1"
    trace = trace_of(outer, inner)
    assert len(trace.calls) == 1
    assert trace.usage.input_tokens == 10
    assert trace.model == "m"
    assert lines(trace) == ["user: Hello", "assistant: Hi!"]


def test_records_without_parent_merge_by_response_id() -> None:
    one = chat(1, [HELLO], [said("assistant", "Hi!")])
    two = chat(2, [HELLO], [said("assistant", "Hi!")])
    two["attributes"]["gen_ai.response.id"] = "r1"
    assert len(trace_of(one, two).calls) == 1


def test_a_constant_response_id_does_not_merge_different_answers() -> None:
    one = chat(1, [HELLO], [said("assistant", "Hi!")])
    two = chat(2, [HELLO, said("assistant", "Hi!"), ORDER], [said("assistant", "Shipped.")])
    two["attributes"]["gen_ai.response.id"] = "r1"
    trace = trace_of(one, two)
    assert len(trace.calls) == 2
    assert trace.output == "Shipped."


def test_usage_of_an_aggregating_parent_is_not_added() -> None:
    parent = {
        "span_id": f"{1:016x}",
        "attributes": {
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.input_tokens": 20,
        },
    }
    trace = trace_of(
        parent,
        chat(2, [HELLO], [said("assistant", "Hi!")], f"{1:016x}"),
        chat(3, [HELLO, said("assistant", "Hi!"), ORDER], [said("assistant", "No.")], f"{1:016x}"),
    )
    assert trace.usage.input_tokens == 20
    assert len(trace.calls) == 2


def test_turns_with_history_make_one_conversation() -> None:
    first = trace_of(chat(1, [SYSTEM, HELLO], [said("assistant", "Hi!")]), trace=1)
    again = [SYSTEM, HELLO, said("assistant", "Hi!"), ORDER]
    second = trace_of(chat(60, again, [said("assistant", "Shipped.")]), trace=2)
    whole = conversation([second, first])
    assert lines(whole) == [
        "system: Be brief.",
        "user: Hello",
        "assistant: Hi!",
        "user: Order 1?",
        "assistant: Shipped.",
    ]
    assert whole.signals.turns == 2
    assert whole.usage.input_tokens == 20
    assert (whole.trace_id, whole.input) == (second.trace_id, "Order 1?")


def test_turns_without_history_may_repeat_words() -> None:
    first = trace_of(chat(1, [SYSTEM, HELLO], [said("assistant", "Hi!")]), trace=1)
    second = trace_of(chat(60, [SYSTEM, HELLO], [said("assistant", "Hi again!")]), trace=2)
    assert lines(conversation([first, second])) == [
        "system: Be brief.",
        "user: Hello",
        "assistant: Hi!",
        "user: Hello",
        "assistant: Hi again!",
    ]


def test_one_run_split_over_two_traces_is_told_once() -> None:
    first = trace_of(chat(1, [SYSTEM, ORDER], [ASK]), trace=1)
    resumed = chat(60, [SYSTEM, ORDER, ASK, FOUND], [said("assistant", "Shipped.")])
    whole = conversation([first, trace_of(resumed, trace=2)])
    assert lines(whole) == [
        "system: Be brief.",
        "user: Order 1?",
        "assistant: ['find']",
        "tool: shipped",
        "assistant: Shipped.",
    ]
    assert whole.signals.turns == 1


def test_feedback_in_a_trace_of_its_own_reaches_the_conversation() -> None:
    chatted = trace_of(chat(1, [HELLO], [said("assistant", "Hi!")]), trace=1)
    rated = trace_of({"attributes": {"feedback.thumbs": "down", "session.id": "s"}}, trace=2)
    assert rated.signals.feedback == -1
    assert rated.messages == ()
    assert conversation([chatted, rated]).signals.feedback == -1


def test_a_conversation_needs_a_trace() -> None:
    with pytest.raises(ValueError, match="at least one trace"):
        conversation([])


@pytest.mark.parametrize(
    ("spans", "wanted"),
    [
        ([{"attributes": {"gen_ai.operation.name": "create_agent"}}], False),
        ([{"attributes": {"gen_ai.evaluation.name": "x"}}], False),
        ([{"attributes": {"feedback.rating": 1}}], True),
        ([{"attributes": {"gen_ai.operation.name": "chat"}}], True),
    ],
)
def test_only_operations_and_feedback_make_a_trace(spans: list[Any], wanted: bool) -> None:
    assert (run(*spans).trace is not None) is wanted
