"""The parts of a subject that a judge is shown, each cut to a length that is stated."""

from collections.abc import Callable

import msgspec

from otel_evaluator.judges.rubric import Part
from otel_evaluator.model.genai import Message
from otel_evaluator.model.subject import Subject

MOST = 24_000
"""Characters of one part."""
_MARGIN = 2
"""So many times as much is read, and redacted, so that the cut falls into redacted text."""
_HEAD = 0.4
"""Share of a part that is kept of its beginning; the end says more, as answers do."""


def part_of(subject: Subject, part: Part) -> str:
    """The text of one part, somewhat longer than is shown; empty when the subject has none."""
    return cut(_PARTS[part](subject), _MARGIN * MOST)


def cut(text: str, most: int) -> str:
    """The text, or its head and tail with a mark of how much is left out between them."""
    if len(text) <= most:
        return text
    head = int(most * _HEAD)
    tail = most - head
    return f"{text[:head]}\n[… {len(text) - most} characters left out …]\n{text[-tail:]}"


def _context(subject: Subject) -> str:
    passages = [d.content for r in subject.retrievals for d in r.documents if d.content]
    results = [tool.result for tool in subject.tools if tool.result]
    if not results:
        results = [m.content for m in subject.messages if m.role == "tool" and m.content]
    return "\n\n".join((*passages, *results))


def _tools(subject: Subject) -> str:
    return "\n".join(
        f"{tool.name}({_json(tool.arguments)}) -> {tool.error or tool.result}"
        for tool in subject.tools
    )


def _transcript(subject: Subject) -> str:
    return "\n\n".join(_said(message) for message in subject.messages)


def _said(message: Message) -> str:
    lines = [f"{message.role}: {message.content}"] if message.content else []
    lines += [
        f"{message.role} calls {call.name}({_json(call.arguments)})" for call in message.tool_calls
    ]
    return "\n".join(lines)


def _json(value: object) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError):
        return str(value)


_PARTS: dict[Part, Callable[[Subject], str]] = {
    "input": lambda subject: subject.input,
    "output": lambda subject: subject.output,
    "system": lambda subject: subject.system,
    "context": _context,
    "tools": _tools,
    "transcript": _transcript,
    "reference": lambda subject: "",
}
