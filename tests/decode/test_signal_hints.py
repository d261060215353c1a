"""Signals differ from their defaults only where one of their byte patterns occurs."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_evaluator.decode.finish import _SPELLINGS
from otel_evaluator.decode.normalise import normalise
from otel_evaluator.model.hints import HINTS
from otel_evaluator.model.raw import RawTrace
from otel_evaluator.model.subject import Signals
from otel_evaluator.testing.builders import a_span
from tests.decode.corpus_support import FULL, SMALL, labels, load

DEFAULTS = Signals()
ROOTS = [
    SMALL,
    pytest.param(
        FULL,
        marks=pytest.mark.skipif(
            not (FULL / "labels.jsonl").exists(),
            reason="the captured corpus is not beside the checkout",
        ),
    ),
]


def unexplained(raw: RawTrace) -> list[str]:
    """Signals that are not at their default although none of their patterns occurs."""
    trace = normalise(raw, with_spans=False).trace
    if trace is None:
        return []
    joined = b"\0".join(item[2] for item in (*raw.spans, *raw.context, *raw.logs))
    return [
        name
        for name, patterns in HINTS.items()
        if getattr(trace.signals, name) != getattr(DEFAULTS, name)
        and not any(pattern in joined for pattern in patterns)
    ]


def test_every_hinted_signal_exists() -> None:
    assert set(HINTS) <= set(Signals.__struct_fields__)
    assert all(HINTS.values())


@pytest.mark.parametrize("root", ROOTS)
def test_hints_hold_for_captured_traces(root: Any) -> None:
    seen: set[str] = set()
    for label in labels(root):
        for raw in load(root, label):
            assert unexplained(raw) == [], label["path"]
            trace = normalise(raw, with_spans=False).trace
            if trace is not None:
                seen |= {
                    name
                    for name in HINTS
                    if getattr(trace.signals, name) != getattr(DEFAULTS, name)
                }
    assert seen >= {"errors", "tool_errors", "tool_calls", "handoffs", "feedback"}


REASONS = [w for group in _SPELLINGS.values() for s in group for w in (s, s.upper(), s.title())]
RESULTS = [
    '{"error": "not found"}',
    "Error: ValueError('x')",
    "An error occurred while running the tool. Please try again.",
    '{"isError": true}',
    '{"status": "error"}',
    "1 validation error\n\nFix the errors and try again.",
    '{"ok": true}',
]
TOOLS = ["transfer_to_billing", "transfer_to_human", "escalate", "search", "Human_Agent"]


def tool_span(name: str, result: str, status: int) -> dict[str, Any]:
    return {
        "attributes": {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.call.result": result,
        },
        "status_code": status,
    }


def chat_span(reason: str, name: str) -> dict[str, Any]:
    call = {"type": "tool_call", "id": "c", "name": name, "arguments": {}}
    return {
        "attributes": {
            "gen_ai.operation.name": "chat",
            "gen_ai.response.finish_reasons": [reason],
            "gen_ai.output.messages": [{"role": "assistant", "parts": [call]}],
        }
    }


def open_inference_span(name: str, result: str, status: int) -> dict[str, Any]:
    return {
        "attributes": {
            "openinference.span.kind": "TOOL",
            "tool.name": name,
            "input.value": "{}",
            "output.value": result,
        },
        "status_code": status,
    }


def feedback_span(key: str, value: Any) -> dict[str, Any]:
    return {"attributes": {key: value, "session.id": "s"}}


SPANS = st.lists(
    st.one_of(
        st.builds(
            tool_span, st.sampled_from(TOOLS), st.sampled_from(RESULTS), st.sampled_from([0, 2])
        ),
        st.builds(chat_span, st.sampled_from(REASONS), st.sampled_from(TOOLS)),
        st.builds(
            open_inference_span,
            st.sampled_from(TOOLS),
            st.sampled_from(RESULTS),
            st.sampled_from([0, 2]),
        ),
        st.builds(
            feedback_span,
            st.sampled_from(["feedback.rating", "feedback.thumbs"]),
            st.sampled_from([-1, 1, "down", "up", 5]),
        ),
    ),
    min_size=1,
    max_size=4,
)


def raw_trace(spans: list[dict[str, Any]]) -> RawTrace:
    items = [
        (b"", b"", a_span(span_id=f"{i + 1:016x}", **span).SerializeToString())
        for i, span in enumerate(spans)
    ]
    return RawTrace(b"\x01" * 16, items, [], [])


def test_hints_hold_for_every_finish_reason_tool_and_result() -> None:
    spans = [chat_span(reason, "search") for reason in REASONS]
    spans += [chat_span("stop", name) for name in TOOLS]
    spans += [tool_span("search", result, 0) for result in RESULTS]
    for span in spans:
        assert unexplained(raw_trace([span])) == [], span


@settings(max_examples=300, deadline=None)
@given(SPANS)
def test_hints_hold_for_generated_traces(spans: list[dict[str, Any]]) -> None:
    assert unexplained(raw_trace(spans)) == []
