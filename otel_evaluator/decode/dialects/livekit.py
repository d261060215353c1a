"""LiveKit Agents: who speaks when, and what its own attributes say about a turn.

Source: livekit-agents 1.8.9, ``livekit/agents/telemetry/trace_types.py`` and ``voice/``. Model
calls and tools follow the semantic conventions; the spans around them (recognition, speech
synthesis, retries) carry a model name without being model calls.
"""

from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import first_text, number
from otel_evaluator.model.span import Span

_SCOPE = "livekit-agents"
_SAID = ("lk.pii.user_input", "lk.user_input")
_ANSWERED = ("lk.pii.response.text", "lk.response.text")
"""The second names are those of earlier versions."""


class LiveKit:
    """Spans of the tracer ``livekit-agents``."""

    name = "livekit"

    def matches(self, span: Span) -> bool:
        return span.scope.name == _SCOPE

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if span.name == "user_speaking":
            reading.speaker = "user"
        elif span.name == "agent_speaking":
            reading.speaker = "assistant"
        elif span.name == "agent_turn":
            reading.answer_wait_s = number(attributes.get("lk.e2e_latency"))
            cut_off = attributes.get("lk.interrupted")
            if isinstance(cut_off, bool):
                reading.interruptions = int(cut_off)
            reading.is_turn = True
        if not reading.kind and "gen_ai.operation.name" not in attributes:
            if span.name == "agent_turn":
                reading.kind = "agent"
            elif "gen_ai.request.model" in attributes:
                reading.kind = "chain"

    def content(self, span: Span, reading: Reading) -> None:
        if reading.kind == "agent":
            reading.input_text = reading.input_text or first_text(span.attributes, _SAID)
            reading.output_text = reading.output_text or first_text(span.attributes, _ANSWERED)
