"""What came over the wire, typed: spans and log records with their resource and scope.

Ids are lowercase hexadecimal text; times are nanoseconds since the Unix epoch
(OTLP 1.11, ``trace.proto`` and ``logs.proto``).
"""

from typing import Any

import msgspec

STATUS_ERROR = 2
"""``Status.code`` of a failed span (OTLP ``STATUS_CODE_ERROR``)."""


class Scope(msgspec.Struct, frozen=True):
    """The instrumentation scope that produced a span or log record."""

    name: str = ""
    version: str = ""


class Event(msgspec.Struct, frozen=True):
    """A span event."""

    name: str
    time_ns: int
    attributes: dict[str, Any]


class Link(msgspec.Struct, frozen=True):
    """A link to another span."""

    trace_id: str
    span_id: str


class Span(msgspec.Struct, frozen=True):
    """One span; ``attributes`` values are str, bool, int, float, bytes, list, dict or None."""

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: int
    start_ns: int
    end_ns: int
    attributes: dict[str, Any]
    events: tuple[Event, ...]
    status_code: int
    status_message: str
    trace_state: str
    flags: int
    dropped_attributes: int
    resource: dict[str, Any]
    scope: Scope
    links: tuple[Link, ...] = ()


class LogRecord(msgspec.Struct, frozen=True):
    """One log record; ``body`` follows the same value rules as attributes."""

    trace_id: str
    span_id: str
    event_name: str
    time_ns: int
    body: Any
    attributes: dict[str, Any]
    resource: dict[str, Any]
    scope: Scope
