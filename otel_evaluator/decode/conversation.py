"""The traces of one conversation as one subject."""

from collections.abc import Sequence
from typing import Any

from otel_evaluator.decode.calls import message_key
from otel_evaluator.decode.transcript import Transcript
from otel_evaluator.model.genai import Message, Usage
from otel_evaluator.model.subject import Signals, Subject


def conversation(traces: Sequence[Subject]) -> Subject:
    """Merge trace subjects, by start; each message, call and token counts once.

    The result belongs to the last trace: its trace and span id, prompt and model. Raises
    ValueError when there is no trace.
    """
    if not traces:
        raise ValueError("a conversation needs at least one trace")
    ordered = sorted(traces, key=lambda t: (t.start_ns, t.end_ns))
    transcript = Transcript()
    for trace in ordered:
        _add(transcript, trace)
    last = next((t for t in reversed(ordered) if t.calls or t.messages), ordered[-1])
    calls = _unique(ordered, "calls")
    usage = Usage()
    for call in calls:
        usage = usage.plus(call.usage)
    messages = tuple(transcript.messages)
    start, end = ordered[0].start_ns, max(t.end_ns for t in ordered)
    return Subject(
        kind="conversation",
        key=last.conversation_id or last.key,
        trace_id=last.trace_id,
        span_id=last.span_id,
        revision=sum(t.revision for t in ordered),
        complete=all(t.complete for t in ordered),
        conversation_id=last.conversation_id,
        user_id=_first(ordered, "user_id"),
        service=last.service,
        environment=last.environment,
        agent=_first(ordered, "agent"),
        provider=last.provider,
        model=last.model,
        request_model=last.request_model,
        response_id=last.response_id,
        prompt_name=last.prompt_name,
        prompt_version=last.prompt_version,
        start_ns=start,
        end_ns=end,
        messages=messages,
        input=last.input,
        output=last.output,
        system="\n".join(m.content for m in messages if m.role == "system"),
        tool_definitions=_definitions(ordered),
        calls=calls,
        tools=_unique(ordered, "tools"),
        retrievals=_unique(ordered, "retrievals"),
        speech=tuple(part for t in ordered for part in t.speech),
        usage=usage,
        signals=_signals(ordered, messages, usage, (end - start) / 1e6),
        finish_reasons=tuple(r for c in calls for r in c.finish_reasons),
        error=ordered[-1].error,
        dialects=tuple(dict.fromkeys(d for t in ordered for d in t.dialects)),
        notes=tuple(dict.fromkeys(n for t in ordered for n in t.notes)),
        resource=last.resource,
        attributes=last.attributes,
    )


def _add(transcript: Transcript, trace: Subject) -> None:
    """Add a trace's messages: its history is aligned, its own turn is new.

    A run that was split over two traces starts its second one with the open turn of the
    first: those messages are not said again.
    """
    transcript.align(trace.messages[: trace.history])
    own = trace.messages[trace.history :]
    system = [m for m in own if m.role == "system"]
    rest = [m for m in own if m.role != "system"]
    opened = _open_turn(transcript.messages)
    if opened and _starts_with(rest, opened):
        transcript.align(system)
        transcript.add(rest[len(opened) :])
    else:
        _add_own(transcript, own)


def _add_own(transcript: Transcript, own: Sequence[Message]) -> None:
    known = {m.content for m in transcript.messages if m.role == "system"}
    transcript.add([m for m in own if m.role != "system" or m.content not in known])


def _open_turn(messages: Sequence[Message]) -> list[Message]:
    """The last turn, from the user's message on, if it was not answered."""
    start = next((i for i in range(len(messages) - 1, -1, -1) if messages[i].role == "user"), -1)
    if start < 0:
        return []
    turn = [m for m in messages[start:] if m.role != "system"]
    answered = turn[-1].role == "assistant" and not turn[-1].tool_calls
    return [] if answered else turn


def _starts_with(messages: Sequence[Message], start: Sequence[Message]) -> bool:
    return len(messages) >= len(start) and all(
        message_key(m) == message_key(s) for m, s in zip(messages, start, strict=False)
    )


def _unique(traces: Sequence[Subject], name: str) -> tuple[Any, ...]:
    """Operations of all traces by start, each span once."""
    found: dict[tuple[str, str], Any] = {}
    for trace in traces:
        for operation in getattr(trace, name):
            found.setdefault((trace.trace_id, operation.span_id), operation)
    return tuple(sorted(found.values(), key=lambda o: o.start_ns))


def _definitions(traces: Sequence[Subject]) -> tuple[Any, ...]:
    found: dict[str, Any] = {}
    for trace in traces:
        for definition in trace.tool_definitions:
            found.setdefault(definition.name, definition)
    return tuple(found.values())


def _first(traces: Sequence[Subject], name: str) -> str:
    return next((value for t in traces if (value := getattr(t, name))), "")


def _signals(
    traces: Sequence[Subject], messages: Sequence[Message], usage: Usage, duration_ms: float
) -> Signals:
    every = [t.signals for t in traces]
    ratings = [s.feedback for s in every if s.feedback]
    return Signals(
        errors=sum(s.errors for s in every),
        tool_calls=sum(s.tool_calls for s in every),
        tool_errors=sum(s.tool_errors for s in every),
        retries=sum(s.retries for s in every),
        handoffs=sum(s.handoffs for s in every),
        escalated=any(s.escalated for s in every),
        feedback=min(ratings, default=0.0),
        truncated=any(s.truncated for s in every),
        blocked=any(s.blocked for s in every),
        model_calls=sum(s.model_calls for s in every),
        turns=sum(1 for m in messages if m.role == "user"),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_usd=sum(s.cost_usd for s in every),
        duration_ms=duration_ms,
        language=every[-1].language,
        agent_age_days=min(s.agent_age_days for s in every),
    )
