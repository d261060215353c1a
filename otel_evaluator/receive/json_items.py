"""Spans and log records of OTLP/JSON and their protobuf wire form."""

from typing import Final

import msgspec

from otel_evaluator.receive.json_wire import (
    AnyValue,
    KeyValue,
    Number,
    any_value,
    integer,
    put_count,
    put_fixed64,
    put_message,
    put_text,
    put_values,
    put_varint,
)

_KINDS: Final = {
    f"SPAN_KIND_{name}": number
    for number, name in enumerate(
        ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
    )
}
_STATUS: Final = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_SEVERITIES: Final = {
    f"SEVERITY_NUMBER_{name}{step if step > 1 else ''}": 4 * group + step
    for group, name in enumerate(("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"))
    for step in (1, 2, 3, 4)
}


class Event(msgspec.Struct, rename="camel"):
    """trace.v1.Span.Event."""

    time_unix_nano: Number | None = None
    name: str | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Number | None = None


class Link(msgspec.Struct, rename="camel"):
    """trace.v1.Span.Link."""

    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Number | None = None
    flags: Number | None = None


class Status(msgspec.Struct, rename="camel"):
    """trace.v1.Status."""

    message: str | None = None
    code: Number | None = None


class Span(msgspec.Struct, rename="camel"):
    """trace.v1.Span."""

    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    kind: Number | None = None
    start_time_unix_nano: Number | None = None
    end_time_unix_nano: Number | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Number | None = None
    events: list[Event] | None = None
    dropped_events_count: Number | None = None
    links: list[Link] | None = None
    dropped_links_count: Number | None = None
    status: Status | None = None
    flags: Number | None = None


class LogRecord(msgspec.Struct, rename="camel"):
    """logs.v1.LogRecord."""

    time_unix_nano: Number | None = None
    observed_time_unix_nano: Number | None = None
    severity_number: Number | None = None
    severity_text: str | None = None
    body: AnyValue | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: Number | None = None
    flags: Number | None = None
    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None


class Tally:
    """What was found wrong without refusing the request."""

    bad_ids = 0
    repaired = 0


def put_span(span: Span, tally: Tally) -> bytearray:
    """A span in wire form, fields ascending."""
    out = bytearray()
    _put_id(out, 0x0A, span.trace_id, tally)
    _put_id(out, 0x12, span.span_id, tally)
    put_text(out, 0x1A, span.trace_state)
    _put_id(out, 0x22, span.parent_span_id, tally)
    put_text(out, 0x2A, span.name)
    _put_enum(out, 0x30, span.kind, _KINDS, "kind")
    put_fixed64(out, 0x39, span.start_time_unix_nano, "startTimeUnixNano")
    put_fixed64(out, 0x41, span.end_time_unix_nano, "endTimeUnixNano")
    put_values(out, 0x4A, span.attributes)
    put_count(out, 0x50, span.dropped_attributes_count, "droppedAttributesCount")
    for event in span.events or ():
        put_message(out, 0x5A, _event(event))
    put_count(out, 0x60, span.dropped_events_count, "droppedEventsCount")
    for link in span.links or ():
        put_message(out, 0x6A, _link(link, tally))
    put_count(out, 0x70, span.dropped_links_count, "droppedLinksCount")
    if span.status is not None:
        status = bytearray()
        put_text(status, 0x12, span.status.message)
        _put_enum(status, 0x18, span.status.code, _STATUS, "status.code")
        put_message(out, 0x7A, status)
    flags = integer(span.flags, "flags", 0, 2**32 - 1)
    if flags:
        out += b"\x85\x01"
        out += flags.to_bytes(4, "little")
    return out


def put_log(record: LogRecord, tally: Tally) -> bytearray:
    """A log record in wire form, fields ascending."""
    out = bytearray()
    put_fixed64(out, 0x09, record.time_unix_nano, "timeUnixNano")
    _put_enum(out, 0x10, record.severity_number, _SEVERITIES, "severityNumber")
    put_text(out, 0x1A, record.severity_text)
    if record.body is not None:
        put_message(out, 0x2A, any_value(record.body))
    put_values(out, 0x32, record.attributes)
    put_count(out, 0x38, record.dropped_attributes_count, "droppedAttributesCount")
    _put_flags(out, 0x45, record.flags)
    _put_id(out, 0x4A, record.trace_id, tally)
    _put_id(out, 0x52, record.span_id, tally)
    put_fixed64(out, 0x59, record.observed_time_unix_nano, "observedTimeUnixNano")
    put_text(out, 0x62, record.event_name)
    return out


def _event(event: Event) -> bytearray:
    out = bytearray()
    put_fixed64(out, 0x09, event.time_unix_nano, "timeUnixNano")
    put_text(out, 0x12, event.name)
    put_values(out, 0x1A, event.attributes)
    put_count(out, 0x20, event.dropped_attributes_count, "droppedAttributesCount")
    return out


def _link(link: Link, tally: Tally) -> bytearray:
    out = bytearray()
    _put_id(out, 0x0A, link.trace_id, tally)
    _put_id(out, 0x12, link.span_id, tally)
    put_text(out, 0x1A, link.trace_state)
    put_values(out, 0x22, link.attributes)
    put_count(out, 0x28, link.dropped_attributes_count, "droppedAttributesCount")
    _put_flags(out, 0x35, link.flags)
    return out


def _put_flags(out: bytearray, tag: int, number: Number | None) -> None:
    flags = integer(number, "flags", 0, 2**32 - 1)
    if flags:
        out.append(tag)
        out += flags.to_bytes(4, "little")


def _put_id(out: bytearray, tag: int, text: str | None, tally: Tally) -> None:
    """Append an id; one that is not hexadecimal stays empty, so that only its span is refused."""
    if not text:
        return
    try:
        value = bytes.fromhex(text)
    except ValueError:
        tally.bad_ids += 1
        return
    put_message(out, tag, value)


def _put_enum(
    out: bytearray, tag: int, number: Number | None, names: dict[str, int], name: str
) -> None:
    value = names.get(number) if isinstance(number, str) else None
    if value is None:
        value = integer(number, name, -(2**31), 2**31 - 1)
    if value:
        out.append(tag)
        put_varint(out, value % 2**64)
