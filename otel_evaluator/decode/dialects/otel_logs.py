"""Content of the semantic conventions outside attributes: log records and span events.

Source: semantic-conventions v1.28 to v1.36 (one event for each message) and v1.37 onwards
(``gen_ai.client.inference.operation.details``).
"""

from collections.abc import Iterator
from typing import Any

from otel_evaluator.decode import blocks
from otel_evaluator.decode.definitions import tool_definitions
from otel_evaluator.decode.finish import finish_reason
from otel_evaluator.decode.messages import messages, repeated_messages
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import number, structured, text
from otel_evaluator.model.genai import Message
from otel_evaluator.model.span import Span

DETAILS = "gen_ai.client.inference.operation.details"
EXCEPTION = "gen_ai.client.operation.exception"
CHOICE = "gen_ai.choice"
EVALUATION = "gen_ai.evaluation.result"
MESSAGES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
"""Event name -> role of the message in its body."""

_DEFINITIONS = "gen_ai.tool.definitions"
_ADDING = (EXCEPTION.encode(), EVALUATION.encode())
_HUMAN = ("user", "human", "feedback", "thumb", "csat", "rating", "satisfaction")


def _events(span: Span, reading: Reading) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and fields of every content event: span events first, then log records by time."""
    for event in span.events:
        if event.name.startswith("gen_ai."):
            yield event.name, event.attributes
    for record in sorted(reading.logs, key=lambda r: r.time_ns):
        name = record.event_name
        if not name.startswith("gen_ai."):
            continue
        body = structured(record.body)
        if isinstance(body, dict):
            yield name, body if name in MESSAGES else {**record.attributes, **body}
        elif isinstance(body, str) and body:
            yield name, {**record.attributes, "content": body}
        else:
            yield name, record.attributes


def read_events(span: Span, reading: Reading) -> None:
    """Fill messages, system text and tool definitions that are still empty from events."""
    if not reading.logs and not span.events:
        return
    if reading.input and reading.output and not span.events and not _adds(span, reading):
        return
    sent: list[Message] = []
    received: list[Message] = []
    for name, fields in _events(span, reading):
        if name == DETAILS:
            _read_details(fields, reading)
        elif name in MESSAGES:
            sent.extend(_message(name, fields, reading.memo))
        elif name == CHOICE:
            _read_choice(fields, received)
        elif name == EXCEPTION:
            keys = ("exception.message", "exception.type")
            reading.error = reading.error or next(
                (t for k in keys if (t := text(fields.get(k)))), ""
            )
        elif name == EVALUATION:
            read_feedback(fields, reading)
    if not reading.input:
        reading.input = tuple(sent)
    if not reading.output:
        reading.output = tuple(received)


def _adds(span: Span, reading: Reading) -> bool:
    """Whether the records may say more than the span, which has all messages already."""
    mention = getattr(reading.logs, "mention", None)
    if mention is None or mention(_ADDING):
        return True
    offered = span.attributes.get(_DEFINITIONS)
    complete = isinstance(offered, str) and '"parameters"' in offered
    return not (complete or reading.tool_definitions) and bool(mention((_DEFINITIONS.encode(),)))


def _read_details(fields: dict[str, Any], reading: Reading) -> None:
    if not reading.system:
        value = fields.get("gen_ai.system_instructions")
        if value is not None:
            texts = (m.content for m in messages(value, "system"))
            reading.system = "\n".join(t for t in texts if t)
    if not reading.input:
        value = fields.get("gen_ai.input.messages")
        reading.input = repeated_messages(value, "user", reading.memo)
    if not reading.output:
        reading.output = messages(fields.get("gen_ai.output.messages"), "assistant")
    if not reading.tool_definitions:
        reading.tool_definitions = tool_definitions(fields.get(_DEFINITIONS))


def _message(name: str, fields: dict[str, Any], memo: dict[Any, Any]) -> tuple[Message, ...]:
    """The message of an event; every call logs the whole history, so it is read once."""
    known = memo.get((name, id(fields)))
    if known is None:
        # The fields are kept beside the messages, so that their id stays their own.
        known = memo[name, id(fields)] = (fields, _read_message(MESSAGES[name], fields))
    found: tuple[Message, ...] = known[1]
    return found


def _read_message(role: str, fields: dict[str, Any]) -> tuple[Message, ...]:
    named = fields.get("role")
    role = named if isinstance(named, str) and named else role
    content = fields.get("content")
    value = {
        "role": role,
        "content": structured(content) if _is_list(content) else content,
        "tool_calls": structured(fields.get("tool_calls")),
        "tool_call_id": fields.get("id"),
        "name": fields.get("name"),
    }
    return messages(value, role)


def _read_choice(fields: dict[str, Any], found: list[Message]) -> None:
    inner = structured(fields.get("message"))
    size = len(found)
    if isinstance(inner, dict):
        calls = structured(inner.get("tool_calls") or fields.get("tool_calls"))
        value = {"role": "assistant", **inner, "tool_calls": calls}
        found.extend(messages(value, "assistant"))
    else:
        content = inner if inner is not None else fields.get("content")
        value = {
            "role": "assistant",
            "content": content,
            "tool_calls": structured(fields.get("tool_calls")),
        }
        found.extend(messages(value, "assistant"))
    reason = finish_reason(fields.get("finish_reason"))
    if reason and len(found) > size:
        last = found[-1]
        found[-1] = Message(
            role=last.role,
            content=last.content,
            tool_calls=last.tool_calls,
            tool_call_id=last.tool_call_id,
            name=last.name,
            error=last.error,
            reasoning=last.reasoning,
            media=last.media,
            finish_reason=reason,
        )


def _is_list(value: Any) -> bool:
    return isinstance(value, str) and value[:2] == "[{"


def read_tool_events(span: Span, reading: Reading) -> None:
    """Arguments and result of a tool execution recorded as events on the tool's span."""
    if reading.result is not None and reading.arguments is not None:
        return
    for name, fields in _events(span, reading):
        if name == "gen_ai.tool.message" and reading.arguments is None:
            reading.arguments = blocks.arguments(fields.get("content"))[0]
            reading.tool_call_id = reading.tool_call_id or text(fields.get("id"))
        elif name == CHOICE and reading.result is None:
            value = structured(fields.get("message", fields.get("content")))
            reading.result = blocks.plain(value) if value is not None else None


def read_feedback(fields: dict[str, Any], reading: Reading) -> None:
    """A ``gen_ai.evaluation.result`` that a person gave; scores of machines are left out.

    Scores in [0, 1] become [-1, 1]; a label such as ``thumbs_down`` decides without a score.
    """
    name = text(fields.get("gen_ai.evaluation.name")).lower()
    if not any(word in name for word in _HUMAN):
        return
    score = number(fields.get("gen_ai.evaluation.score.value"))
    label = text(fields.get("gen_ai.evaluation.score.label")).lower()
    if score is not None and 0 <= score <= 1:
        reading.feedback = 2 * score - 1
    elif score is not None and -1 <= score < 0:
        reading.feedback = score
    elif label:
        negative = any(w in label for w in ("down", "bad", "neg", "fail", "dislike", "false"))
        reading.feedback = -1.0 if negative else 1.0
    reading.feedback_comment = text(fields.get("gen_ai.evaluation.explanation"))
