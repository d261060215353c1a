"""Content as the semantic conventions had it up to 1.27, and in bare attributes.

Source: semantic-conventions v1.26 and v1.27 (span events ``gen_ai.content.prompt`` and
``gen_ai.content.completion``); the attributes ``gen_ai.prompt`` and ``gen_ai.completion``
without an index. Emitters: Spring AI, Semantic Kernel .NET, Langtrace, older OpenLIT.
"""

from collections.abc import Iterator
from typing import Any

from otel_evaluator.decode.messages import messages
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import structured
from otel_evaluator.model.genai import Message
from otel_evaluator.model.span import Span

_PROMPT = "gen_ai.prompt"
_COMPLETION = "gen_ai.completion"
_EVENTS = ("gen_ai.content.prompt", "gen_ai.content.completion")


class ContentEvents:
    """Spans with a whole prompt or completion in one event or attribute."""

    name = "otel_genai_content"

    def matches(self, span: Span) -> bool:
        attributes = span.attributes
        named = _PROMPT in attributes or _COMPLETION in attributes
        if not named and not (span.events and any(e.name in _EVENTS for e in span.events)):
            return False
        # Two emitters give these names a meaning of their own and are read by their dialects.
        return "langsmith.span.kind" not in attributes and not span.scope.name.startswith("openlit")

    def read(self, span: Span, reading: Reading) -> None:
        if not reading.kind and "gen_ai.operation.name" not in span.attributes:
            reading.kind = "llm"

    def content(self, span: Span, reading: Reading) -> None:
        if reading.kind not in ("llm", "agent", "chain"):
            return
        if not reading.input and not reading.input_text:
            reading.input = _all(span, _PROMPT, "user", reading)
        if not reading.output and not reading.output_text:
            reading.output = _all(span, _COMPLETION, "assistant", reading)


def _values(span: Span, name: str) -> Iterator[Any]:
    """The value in the attribute, else in each event: one event may hold one message."""
    if name in span.attributes:
        yield span.attributes[name]
        return
    for event in span.events:
        if event.name in _EVENTS and name in event.attributes:
            yield event.attributes[name]


def _all(span: Span, name: str, role: str, reading: Reading) -> tuple[Message, ...]:
    found: list[Message] = []
    for value in _values(span, name):
        decoded = structured(value)
        broken = isinstance(decoded, str) and decoded.lstrip()[:2] in ("[{", '{"')
        read = () if broken else messages(decoded, role)
        if not read and value not in ("", "[]", "{}", None):
            reading.note(f"unmapped:{name}")
        found.extend(read)
    return tuple(found)
