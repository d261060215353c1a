"""What assembly holds and decoding reads: protobuf bytes, not yet decoded."""

import msgspec

RawItem = tuple[bytes, bytes, bytes]
"""Encoded Resource, InstrumentationScope and Span (or LogRecord). Items of one request share
the resource and scope objects."""


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
