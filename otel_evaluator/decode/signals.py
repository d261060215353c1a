"""Signals of a normalised trace; model/hints.py lists the bytes each of them needs."""

from collections.abc import Sequence

from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.tools import handoff_target, is_escalation, retries
from otel_evaluator.model.genai import Message, ModelCall, ToolExecution, Usage
from otel_evaluator.model.subject import Signals

_GENERATING = ("embeddings", "embedding", "rerank")


def trace_signals(
    readings: Sequence[Reading],
    messages: Sequence[Message],
    calls: Sequence[ModelCall],
    tools: Sequence[ToolExecution],
    usage: Usage,
    duration_ms: float,
    escalation_tools: Sequence[str],
) -> Signals:
    """Signals of one trace; ``messages`` are its own, without replayed history."""
    requested = [call for m in messages for call in m.tool_calls]
    results = [m for m in messages if m.role == "tool"]
    names = [c.name for c in requested] or [t.name for t in tools]
    handed = {h for n in names if (h := handoff_target(n, escalation_tools))}
    handed |= {r.handoff_to for r in readings if r.handoff_to}
    failed_ids = {m.tool_call_id or i for i, m in enumerate(results) if m.error}
    failed_ids |= {t.call_id or t.span_id for t in tools if t.error}
    failed_spans = sum(1 for r in readings if r.error or r.tool_error)
    recorded = {t.call_id or t.span_id for t in tools if t.error}
    ratings = [r.feedback for r in readings if r.feedback is not None]
    reasons = {reason for c in calls for reason in c.finish_reasons}
    costs = [c.cost_usd for c in calls if c.cost_usd is not None]
    return Signals(
        errors=failed_spans + len(failed_ids - recorded) + _silent(readings, tools),
        tool_calls=max(len(requested), len(tools)),
        tool_errors=len(failed_ids),
        retries=max(retries(tools), sum(1 for r in readings if r.retry)),
        handoffs=len(handed),
        escalated=any(is_escalation(n, escalation_tools) for n in names),
        feedback=min(ratings, default=0.0),
        truncated="length" in reasons,
        blocked="content_filter" in reasons or any(r.blocked for r in readings),
        model_calls=sum(1 for c in calls if c.operation not in _GENERATING),
        turns=sum(1 for m in messages if m.role == "user"),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_usd=sum(costs),
        duration_ms=duration_ms,
    )


def _silent(readings: Sequence[Reading], tools: Sequence[ToolExecution]) -> int:
    """Tools that failed by their result although their span says nothing."""
    told = {r.span.span_id for r in readings if r.error or r.tool_error}
    return sum(1 for t in tools if t.error and t.span_id not in told)
