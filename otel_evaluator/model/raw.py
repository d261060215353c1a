"""What select keeps, assembly holds and decoding reads: protobuf bytes, not yet decoded."""

import msgspec

RawItem = tuple[bytes, bytes, bytes]
"""Encoded Resource, InstrumentationScope and Span (or LogRecord). Items of one request share
the resource and scope objects."""


class KeptSpan(msgspec.Struct, gc=False):
    """One kept span with its ids (16, 8 and 0 or 8 bytes)."""

    trace_id: bytes
    span_id: bytes
    parent_span_id: bytes
    item: RawItem


class KeptLog(msgspec.Struct, gc=False):
    """One kept log record with the trace it belongs to."""

    trace_id: bytes
    item: RawItem


SpanLink = tuple[bytes, bytes, bytes]
"""Trace, span and parent ids of a span that is not held."""


class RawTrace(msgspec.Struct):
    """Everything that arrived of one trace when it was closed."""

    trace_id: bytes
    """16 bytes."""
    spans: list[RawItem]
    """Spans that carry a GenAI marker."""
    context: list[RawItem]
    """Root spans and spans that name the conversation without carrying a GenAI marker."""
    logs: list[RawItem]
    revision: int = 0
    complete: bool = True
    conversation_id: str = ""
    """As found by the wire walk; empty when no span names one."""
