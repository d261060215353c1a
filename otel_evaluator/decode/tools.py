"""Joins what the model asked of tools with what the application executed."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import json_text, strict_json
from otel_evaluator.model.genai import Message, ToolCall, ToolExecution

ESCALATION_TOOLS: tuple[str, ...] = (
    "escalate",
    "escalation",
    "human_agent",
    "human_hand",
    "live_agent",
    "request_human",
    "talk_to_human",
    "to_a_human",
    "to_human",
)
"""Parts of tool names that hand the user to a person, lower case with underscores."""

_HANDOFF_PREFIXES = ("transfer_to_", "handoff_to_", "hand_off_to_", "delegate_to_")
_WRAPPERS = (
    "an error occurred while running the tool",
    "error executing tool",
    "error invoking tool",
    "error:",
)
_WRAPPED_END = "fix the errors and try again."
_FAILURE_KEYS = ('"error', '"isError', '"is_error', '"status')


def is_escalation(name: str, names: Sequence[str] = ESCALATION_TOOLS) -> bool:
    """Whether a tool of this name hands the user to a person."""
    plain = name.lower().replace("-", "_").replace(" ", "_")
    return any(part in plain for part in names)


def handoff_target(name: str, names: Sequence[str] = ESCALATION_TOOLS) -> str:
    """The agent that a tool of this name hands over to; empty when it does not."""
    for prefix in _HANDOFF_PREFIXES:
        if name.startswith(prefix) and not is_escalation(name, names):
            return name.removeprefix(prefix)
    return ""


def failure(content: str) -> str:
    """The failure that the text of a tool result reports; empty when it reports none.

    Recognised are the words that frameworks wrap around exceptions, and JSON objects that
    begin with the failure: ``error`` behind other results is a remark, not a failure.
    """
    text = content.strip()
    if text[:48].lower().startswith(_WRAPPERS) or text[-40:].lower().endswith(_WRAPPED_END):
        return text
    if not text.startswith("{") or not any(w in text[:64] for w in _FAILURE_KEYS):
        return ""
    value, fine = strict_json(text)
    if not fine or not isinstance(value, dict):
        return ""
    name, problem = next(iter(value.items()), ("", None))
    if name in ("error", "errors"):
        if not problem or problem == "none":
            return ""
        return problem if isinstance(problem, str) else json_text(problem)
    if name in ("isError", "is_error"):
        return text if problem is True else ""
    return text if name == "status" and problem == "error" else ""


def execution(reading: Reading) -> ToolExecution:
    """The tool execution that a reading with content records."""
    span = reading.span
    error = reading.tool_error or (failure(reading.result) if reading.result else "")
    return ToolExecution(
        span_id=span.span_id,
        name=reading.tool_name or span.name,
        call_id=reading.tool_call_id,
        arguments=reading.arguments,
        result=reading.result or "",
        error=error,
        start_ns=span.start_ns,
        end_ns=max(span.end_ns, span.start_ns),
    )


def link(
    messages: Sequence[Message], executions: Sequence[ToolExecution]
) -> tuple[ToolExecution, ...]:
    """The executions with the call that asked for them and its result, where not recorded.

    Matched by name, then by arguments, in order; each call is used once. The result is the
    one that a later model call was given.
    """
    taken = {e.call_id for e in executions if e.call_id}
    open_calls: dict[str, list[ToolCall]] = defaultdict(list)
    for message in messages:
        for call in message.tool_calls:
            if call.id and call.id not in taken:
                open_calls[call.name].append(call)
    by_id = {c.id: c for m in messages for c in m.tool_calls if c.id}
    results = {m.tool_call_id: m for m in messages if m.role == "tool" and m.tool_call_id}
    return tuple(
        _linked(e, open_calls[e.name], by_id.get(e.call_id), results) if e.name else e
        for e in executions
    )


def _linked(
    found: ToolExecution,
    calls: list[ToolCall],
    known: ToolCall | None,
    results: dict[str, Message],
) -> ToolExecution:
    call = known
    if call is None and calls and not found.call_id:
        call = next((c for c in calls if c.arguments == found.arguments), calls[0])
        calls.remove(call)
    if call is None:
        return found
    # Tools with one parameter are recorded with its bare value by some emitters.
    recorded = found.arguments if isinstance(found.arguments, dict) else call.arguments
    given = results.get(call.id) if not found.result and not found.error else None
    if call.id == found.call_id and recorded is found.arguments and given is None:
        return found
    return ToolExecution(
        span_id=found.span_id,
        name=found.name,
        call_id=call.id,
        arguments=found.arguments if recorded is None else recorded,
        result=given.content if given is not None else found.result,
        error=failure(given.content) if given is not None else found.error,
        start_ns=found.start_ns,
        end_ns=found.end_ns,
    )


def with_results(
    messages: Sequence[Message], executions: Sequence[ToolExecution]
) -> tuple[list[Message], list[int]]:
    """Messages with tool results complete, and the positions of results that were added.

    Results that no later model call repeats come from the executions; every result gets
    the tool's name and whether it failed.
    """
    by_id = {e.call_id: e for e in executions if e.call_id}
    names = {c.id: c.name for m in messages for c in m.tool_calls if c.id}
    answered = {m.tool_call_id for m in messages if m.role == "tool" and m.tool_call_id}
    complete: list[Message] = []
    added: list[int] = []
    pending: list[Message] = []
    for index, message in enumerate(messages):
        if message.role == "tool":
            complete.append(_named(message, names, by_id))
            continue
        _flush(pending, complete, added, index)
        complete.append(message)
        for call in message.tool_calls:
            found = by_id.get(call.id) if call.id and call.id not in answered else None
            if found is not None and (found.result or found.error):
                content = found.result or found.error
                pending.append(
                    Message("tool", content, (), found.call_id, found.name, bool(found.error))
                )
    _flush(pending, complete, added, len(messages))
    return complete, added


def _flush(pending: list[Message], complete: list[Message], added: list[int], at: int) -> None:
    added.extend([at] * len(pending))
    complete.extend(pending)
    pending.clear()


def _named(message: Message, names: dict[str, str], by_id: dict[str, ToolExecution]) -> Message:
    found = by_id.get(message.tool_call_id)
    name = message.name or names.get(message.tool_call_id, "")
    error = message.error or (found is not None and bool(found.error))
    error = error or bool(failure(message.content))
    if name == message.name and error == message.error:
        return message
    return Message(
        role="tool",
        content=message.content,
        tool_call_id=message.tool_call_id,
        name=name,
        error=error,
    )


def retries(executions: Sequence[ToolExecution]) -> int:
    """Executions that repeat a failed one of the same tool."""
    failed: set[Any] = set()
    count = 0
    for found in executions:
        if found.name in failed:
            count += 1
            failed.discard(found.name)
        if found.error:
            failed.add(found.name)
    return count
