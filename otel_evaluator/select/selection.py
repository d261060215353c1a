"""What select hands on: kept items by trace, still encoded, and what was set aside."""

import msgspec

from otel_evaluator.model.raw import RawItem


class KeptSpan(msgspec.Struct):
    """One kept span with its ids (16, 8 and 0 or 8 bytes)."""

    trace_id: bytes
    span_id: bytes
    parent_span_id: bytes
    item: RawItem


class KeptLog(msgspec.Struct):
    """One kept log record with the trace it belongs to."""

    trace_id: bytes
    item: RawItem


class Selection(msgspec.Struct):
    """The outcome of one request.

    ``received`` = len(spans or logs) + len(context) + rejected + the dropped counts.
    """

    received: int = 0
    spans: list[KeptSpan] = []
    logs: list[KeptLog] = []
    context: list[KeptSpan] = []
    """Root spans and spans naming a conversation, of traces of interest, without a marker."""
    links: list[tuple[bytes, bytes, bytes]] = []
    """Trace, span and parent ids of other spans of traces of interest."""
    excluded: list[bytes] = []
    """Trace ids that name a conversation which no rate could select."""
    rejected: int = 0
    """Items with ids that OTLP does not allow."""
    message: str = ""
    plain: int = 0
    """Dropped: no marker."""
    sampled_out: int = 0
    """Dropped: no tier and no evaluator could select the key."""
    own: int = 0
    """Dropped: our own score spans and judge calls."""
