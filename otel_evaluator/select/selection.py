"""What select hands on: kept items by trace, still encoded, and what was set aside."""

import msgspec

from otel_evaluator.model.raw import KeptLog, KeptSpan, SpanLink


class Selection(msgspec.Struct):
    """The outcome of one request.

    ``received`` = len(spans or logs) + len(context) + rejected + the dropped counts.
    """

    received: int = 0
    spans: list[KeptSpan] = []
    logs: list[KeptLog] = []
    context: list[KeptSpan] = []
    """Unmarked spans of traces of interest: roots, and names of the conversation."""
    links: list[SpanLink] = []
    """Other spans of traces of interest."""
    excluded: list[bytes] = []
    """Trace ids that name a conversation which no rate could select."""
    rejected: int = 0
    """Items with ids that OTLP does not allow."""
    message: str = ""
    plain: int = 0
    """Dropped: no marker."""
    sampled_out: int = 0
    """Dropped: no tier and no evaluator could select the trace; what it is was not looked at."""
    own: int = 0
    """Dropped: our own score spans and judge calls."""
