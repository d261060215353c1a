"""The interface of a dialect: one emitter's way to write GenAI spans."""

from typing import Protocol

from otel_evaluator.decode.reading import Reading
from otel_evaluator.model.span import Span


class Dialect(Protocol):
    """Reads the attributes of one emitter into a Reading.

    Implementations are stateless. None of the methods raises on any attribute value: they
    use decode.values and decode.messages, which accept everything.
    """

    name: str
    """Lower case, stable: it becomes a metric label."""

    def matches(self, span: Span) -> bool:
        """Whether this emitter, and not only keys it propagates, wrote the span.

        Answers are remembered: they may depend only on the scope, on the attribute names,
        on the value of ``operation.name`` and on the names of events.
        """
        ...

    def read(self, span: Span, reading: Reading) -> None:
        """Fill kind, model, usage, ids and other metadata that are still empty."""
        ...

    def content(self, span: Span, reading: Reading) -> None:
        """Fill messages, arguments, results and documents that are still empty.

        Content that is present but cannot be mapped is noted as ``unmapped:<attribute>``.
        """
        ...
