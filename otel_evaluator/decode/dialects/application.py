"""Spans that applications write by hand around GenAI spans: retrieval and user feedback.

No convention covers them; the keys are those in common use (``rag.documents``,
``feedback.rating``, ``feedback.thumbs``, ``feedback.score``).
"""

from typing import Any

from otel_evaluator.decode.definitions import documents
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import first_text, number, text
from otel_evaluator.model.span import Span

_DOCUMENTS = ("rag.documents", "retrieval.documents", "rag.contexts", "langwatch.rag.contexts")
_QUERY = ("rag.query", "retrieval.query", "db.query.text.original")
_SCORES = ("feedback.rating", "feedback.score", "feedback.value")
_LABELS = ("feedback.thumbs", "feedback.label", "feedback.sentiment", "feedback.type")
_COMMENTS = ("feedback.comment", "feedback.text", "feedback.reason")
_FEEDBACK = frozenset((*_SCORES, *_LABELS))
_NEGATIVE = frozenset(
    {"down", "thumbs_down", "thumbs-down", "negative", "bad", "dislike", "no", "false", "unhelpful"}
)
_POSITIVE = frozenset(
    {"up", "thumbs_up", "thumbs-up", "positive", "good", "like", "yes", "true", "helpful"}
)


class Application:
    """An application's own retrieval or feedback span."""

    name = "application"

    def matches(self, span: Span) -> bool:
        attributes = span.attributes
        return (
            "rag.documents" in attributes
            or "retrieval.documents" in attributes
            or not _FEEDBACK.isdisjoint(attributes)
        )

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if not _FEEDBACK.isdisjoint(attributes) and reading.feedback is None:
            reading.feedback = feedback(attributes)
            reading.feedback_comment = first_text(attributes, _COMMENTS)
            reading.kind = reading.kind or "feedback"
        elif not reading.kind:
            reading.kind = "retriever"

    def content(self, span: Span, reading: Reading) -> None:
        if reading.kind != "retriever":
            return
        attributes = span.attributes
        reading.query = reading.query or first_text(attributes, _QUERY)
        if not reading.documents:
            for name in _DOCUMENTS:
                value = attributes.get(name)
                if value is not None:
                    reading.documents = documents(value)
                    if not reading.documents and value not in ("", "[]", []):
                        reading.note(f"unmapped:{name}")
                    return


def feedback(attributes: dict[str, Any]) -> float | None:
    """User feedback in [-1, 1]: a label, a score in that range, or stars from 1 to 5."""
    label = first_text(attributes, _LABELS).lower()
    if label in _NEGATIVE:
        return -1.0
    if label in _POSITIVE:
        return 1.0
    for name in _SCORES:
        value = attributes.get(name)
        if isinstance(value, bool):
            return 1.0 if value else -1.0
        score = number(value)
        if score is not None:
            return score if -1 <= score <= 1 else max(-1.0, min(1.0, (score - 3) / 2))
        if text(value).lower() in _NEGATIVE:
            return -1.0
        if text(value).lower() in _POSITIVE:
            return 1.0
    return None
