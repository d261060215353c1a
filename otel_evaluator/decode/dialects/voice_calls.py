"""Figures of a whole call under ``gen_ai.voice.``, beside another dialect's attributes.

Sources: Future AGI's traceAI (fi-instrumentation-otel, ``gen_ai.voice.latency.*`` and
``gen_ai.voice.interruptions.*``) and the telemetry of Azure's Voice Live clients.
"""

from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import count, number
from otel_evaluator.model.span import Span

_WAIT_MS = ("gen_ai.voice.latency.turn_avg_ms", "gen_ai.voice.first_token_latency_ms")
"""An average over the turns, or the wait for the first answer."""
_INTERRUPTIONS = (
    "gen_ai.voice.interruptions.user_count",
    "gen_ai.voice.interruptions.assistant_count",
    "gen_ai.voice.interruption_count",
)
_OWN_KEYS = frozenset({*_WAIT_MS, *_INTERRUPTIONS})


class VoiceCalls:
    """Spans of calls whose platform counted and averaged."""

    name = "voice_calls"

    def matches(self, span: Span) -> bool:
        return not _OWN_KEYS.isdisjoint(span.attributes)

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        reading.figures_of_call = reading.answer_wait_s is None and reading.interruptions is None
        waits = [number(attributes.get(name)) for name in _WAIT_MS]
        wait_ms = next((wait for wait in waits if wait is not None), None)
        if reading.answer_wait_s is None and wait_ms is not None:
            reading.answer_wait_s = wait_ms / 1000
        counts = [count(attributes.get(name)) for name in _INTERRUPTIONS]
        known = [one for one in counts if one is not None]
        if reading.interruptions is None and known:
            reading.interruptions = sum(known)

    def content(self, span: Span, reading: Reading) -> None:
        """These attributes hold no content."""
