"""Strands Agents: what differs from the semantic conventions that it otherwise follows.

Source: strands-agents 1.62.0, ``strands/telemetry/tracer.py``. Messages are span events, read
by otel_genai; their content is in the shape of Amazon Bedrock's converse API.
"""

from otel_evaluator.decode.blocks import plain
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import number, structured, text
from otel_evaluator.model.span import Span

_SCOPE = "strands.telemetry.tracer"
_CYCLE = "execute_event_loop_cycle"


class Strands:
    """Spans of the Strands tracer."""

    name = "strands"

    def matches(self, span: Span) -> bool:
        return span.scope.name == _SCOPE

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        operation = text(attributes.get("gen_ai.operation.name"))
        if not reading.kind and operation == _CYCLE:
            reading.kind = "chain"
        if text(attributes.get("gen_ai.tool.status")) == "error" and not reading.tool_error:
            reading.tool_error = span.status_message or "error"
        if reading.time_to_first_chunk_s is None and operation == "chat":
            # In milliseconds here; the same name means seconds elsewhere.
            waited = number(attributes.get("gen_ai.server.time_to_first_token"))
            reading.time_to_first_chunk_s = waited / 1000 if waited else None
            reading.streaming = reading.streaming or bool(waited)

    def content(self, span: Span, reading: Reading) -> None:
        value = span.attributes.get("gen_ai.tool.call.result")
        if reading.result is None and value is not None:
            # A list of content blocks, as the model gets it.
            reading.result = plain(structured(value))
