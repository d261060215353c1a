"""OpenLIT: what differs from the semantic conventions that it otherwise follows.

Source: openlit 1.45.0 and 1.32.0 (content in span events). Names that the conventions know
are read by otel_genai.
"""

from typing import Any

from otel_evaluator.decode import blocks
from otel_evaluator.decode.messages import role_of
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import number, text
from otel_evaluator.model.genai import Message, ToolCall
from otel_evaluator.model.span import Span

_DECORATED = ("function.args", "function.kwargs")
_PROMPT_EVENT = "gen_ai.content.prompt"
_COMPLETION_EVENT = "gen_ai.content.completion"
_NO_ANSWER = "Function called with tools"
"""What version 1.32 records for every call that was offered tools, whatever the answer."""
_ROLES = frozenset({"system", "user", "assistant", "tool", "function", "developer"})


class OpenLIT:
    """Spans of the OpenLIT SDK, which puts its name on each span."""

    name = "openlit"

    def matches(self, span: Span) -> bool:
        name = span.scope.name
        return name.startswith("openlit") and (name == "openlit" or name[7] == ".")

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        decorated = any(name in attributes for name in _DECORATED)
        if not reading.kind and decorated and "gen_ai.operation.name" not in attributes:
            reading.kind = "chain"
        if attributes.get("gen_ai.request.is_stream") is True:
            reading.streaming = True
        if reading.time_to_first_chunk_s is None:
            # In seconds here; the same name means milliseconds elsewhere.
            waited = number(attributes.get("gen_ai.server.time_to_first_token"))
            reading.time_to_first_chunk_s = waited or None
        for event in span.events:
            if event.name == "guard.evaluation" and _denies(event.attributes):
                reading.blocked = True

    def content(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if reading.kind == "chain":
            for name in ("gen_ai.output.messages", "gen_ai.completion"):
                value = attributes.get(name)
                if not reading.output_text and isinstance(value, str) and value[:2] != "[{":
                    reading.output_text = value
            return
        if reading.kind != "llm":
            return
        for event in span.events:
            if event.name == _PROMPT_EVENT and not reading.input:
                reading.input = transcript(event.attributes.get("gen_ai.prompt"))
            elif event.name == _COMPLETION_EVENT and not reading.output:
                value = event.attributes.get("gen_ai.completion")
                if value == _NO_ANSWER:
                    reading.note("unmapped:gen_ai.completion")
                elif isinstance(value, str) and value:
                    reading.output = (Message(role="assistant", content=value),)
        if not reading.output and "gen_ai.output.messages" not in attributes:
            reading.output = _requested(attributes)


def _denies(attributes: dict[str, Any]) -> bool:
    return text(attributes.get("guard.action")).lower() in ("deny", "block")


def transcript(value: Any) -> tuple[Message, ...]:
    """Messages of ``role: text`` lines; a line that starts with no role continues the message."""
    if not isinstance(value, str) or not value:
        return ()
    found: list[tuple[str, list[str]]] = []
    for line in value.split("\n"):
        role, separator, rest = line.partition(": ")
        if separator and role in _ROLES:
            found.append((role_of(role), [rest]))
        elif found:
            found[-1][1].append(line)
        else:
            return (Message(role="user", content=value),)
    texts = [(role, "\n".join(lines)) for role, lines in found]
    # A message of nothing but tool calls is written as None: the calls are lost.
    return tuple(Message(role=role, content=t) for role, t in texts if t != "None")


def _requested(attributes: dict[str, Any]) -> tuple[Message, ...]:
    """The tool call that a chat span names in attributes, where no message holds it."""
    name = text(attributes.get("gen_ai.tool.name"))
    if not name or "gen_ai.tool.args" not in attributes:
        return ()
    decoded, malformed = blocks.arguments(attributes["gen_ai.tool.args"])
    call = ToolCall(name, decoded, text(attributes.get("gen_ai.tool.call.id")), malformed)
    return (Message(role="assistant", tool_calls=(call,)),)
