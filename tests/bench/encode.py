"""Encode OTLP traces by hand, in the field order of SDKs or of a Go Collector.

A generated encoder always writes ascending fields, so the order a Collector writes has to be
made here: it emits a message's fields in reverse order of declaration (``flags`` of a span is
declared after ``parent_span_id``), and elements of a repeated field in their own order.
"""

import struct
from collections.abc import Iterable, Mapping
from typing import Literal

Order = Literal["ascending", "descending"]
Value = str | bool | int | float | list[str]

SPAN_DECLARATION = (1, 2, 3, 4, 16, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
"""Field numbers of trace.v1.Span in the order trace.proto declares them."""


def varint(number: int) -> bytes:
    """Unsigned LEB128."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def delimited(field: int, body: bytes) -> bytes:
    """One length-delimited field."""
    return varint(field << 3 | 2) + varint(len(body)) + body


def any_value(value: Value) -> bytes:
    """A common.v1.AnyValue."""
    if isinstance(value, bool):
        return b"\x10" + varint(value)
    if isinstance(value, str):
        return delimited(1, value.encode())
    if isinstance(value, int):
        return b"\x18" + varint(value)
    if isinstance(value, float):
        return b"\x21" + struct.pack("<d", value)
    return delimited(5, b"".join(delimited(1, any_value(item)) for item in value))


def key_values(field: int, attributes: Mapping[str, Value], order: Order) -> list[bytes]:
    """Repeated KeyValue fields."""
    out = []
    for key, value in attributes.items():
        parts = [delimited(1, key.encode()), delimited(2, any_value(value))]
        if order == "descending":
            parts.reverse()
        out.append(delimited(field, b"".join(parts)))
    return out


def span(
    *,
    trace_id: bytes,
    span_id: bytes,
    parent_id: bytes,
    name: str,
    kind: int,
    start_ns: int,
    end_ns: int,
    attributes: Mapping[str, Value],
    error: str,
    order: Order,
) -> bytes:
    """A trace.v1.Span."""
    status = delimited(2, error.encode()) + b"\x18\x02" if error else b""
    fields: dict[int, bytes] = {
        1: delimited(1, trace_id),
        2: delimited(2, span_id),
        5: delimited(5, name.encode()),
        6: b"\x30" + varint(kind),
        7: b"\x39" + start_ns.to_bytes(8, "little"),
        8: b"\x41" + end_ns.to_bytes(8, "little"),
        9: b"".join(key_values(9, attributes, order)),
        15: delimited(15, status),
        16: b"\x85\x01" + (0x101).to_bytes(4, "little"),
    }
    if parent_id:
        fields[4] = delimited(4, parent_id)
    numbers: Iterable[int] = sorted(fields)
    if order == "descending":
        numbers = [number for number in reversed(SPAN_DECLARATION) if number in fields]
    return b"".join(fields[number] for number in numbers)


def resource_spans(
    resource: Mapping[str, Value],
    scopes: Iterable[tuple[str, str, list[bytes]]],
    order: Order,
) -> bytes:
    """A trace.v1.ResourceSpans of (scope name, scope version, encoded spans)."""
    out = []
    for name, version, spans in scopes:
        scope = delimited(1, delimited(1, name.encode()) + delimited(2, version.encode()))
        items = b"".join(delimited(2, item) for item in spans)
        out.append(delimited(2, items + scope if order == "descending" else scope + items))
    head = delimited(1, b"".join(key_values(1, resource, order)))
    body = b"".join(out)
    return body + head if order == "descending" else head + body
