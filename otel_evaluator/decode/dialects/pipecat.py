"""Pipecat: spans of turns, and the content of model calls in attributes of its own.

Source: pipecat-ai 1.14.0, ``pipecat/utils/tracing/``. A trace is a whole call; its turns have
no span for each side, so who speaks when is not known.
"""

from otel_evaluator.decode.definitions import tool_definitions
from otel_evaluator.decode.messages import messages
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import number, text
from otel_evaluator.model.genai import Message
from otel_evaluator.model.span import Span

_SCOPES = ("pipecat", "pipecat.turn")


class Pipecat:
    """Spans of the tracers ``pipecat`` (services) and ``pipecat.turn``."""

    name = "pipecat"

    def matches(self, span: Span) -> bool:
        return span.scope.name in _SCOPES

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if span.name == "turn":
            reading.kind = reading.kind or "chain"
            reading.answer_wait_s = number(attributes.get("turn.user_bot_latency_seconds"))
            cut_off = attributes.get("turn.was_interrupted")
            # A call that ends in the middle of a turn is written as interrupted, too.
            if isinstance(cut_off, bool) and "turn.ended_by_conversation_end" not in attributes:
                reading.interruptions = int(cut_off)
        elif reading.time_to_first_chunk_s is None and span.name == "llm":
            reading.time_to_first_chunk_s = number(attributes.get("metrics.ttfb"))
            reading.streaming = reading.streaming or attributes.get("stream") is True

    def content(self, span: Span, reading: Reading) -> None:
        if reading.kind != "llm":
            return
        attributes = span.attributes
        if not reading.input and "input" in attributes:
            reading.input = messages(attributes["input"])
        answer = text(attributes.get("output")).strip()
        if not reading.output and answer:
            reading.output = (Message(role="assistant", content=answer),)
        if not reading.tool_definitions and "tools" in attributes:
            reading.tool_definitions = tool_definitions(attributes["tools"])
