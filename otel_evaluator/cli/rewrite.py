"""New times and ids for stored requests, in place.

Every value replaced has the size of the one it replaces (fixed64 times, 16 and 8 byte ids, text
of equal length), so nothing is decoded or encoded again: the order of a sender's fields, which
differs between SDKs and Collectors, stays what it was.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from otel_evaluator.cli.sender import Signal
from otel_evaluator.errors import Malformed


class Field(NamedTuple):
    """One field of an encoded message; ``start`` and ``end`` enclose its value."""

    number: int
    wire_type: int
    start: int
    end: int


@dataclass(frozen=True)
class _Items:
    """Where ids and times stand in a span or log record (opentelemetry-proto 1.11)."""

    times: frozenset[int]
    ids: frozenset[int]
    nested: Mapping[int, "_Items"]


_NONE: frozenset[int] = frozenset()
_EVENT = _Items(frozenset({1}), _NONE, {})
_LINK = _Items(_NONE, frozenset({1, 2}), {})
_SPAN = _Items(frozenset({7, 8}), frozenset({1, 2, 4}), {11: _EVENT, 13: _LINK})
_LOG = _Items(frozenset({1, 11}), frozenset({9, 10}), {})
_LAYOUT: Mapping[Signal, _Items] = {"traces": _SPAN, "logs": _LOG}

_ITEMS_PATH = (1, 2, 2)
"""Request → resource_spans/logs → scope_spans/logs → spans/log_records."""


def fields(data: bytes | bytearray, start: int, end: int) -> Iterator[Field]:
    """Fields of the message in ``data[start:end]``; Malformed when it is not one."""
    at = start
    while at < end:
        tag, at = _varint(data, at, end)
        wire_type = tag & 7
        if wire_type == 0:
            _, stop = _varint(data, at, end)
        elif wire_type == 1:
            stop = at + 8
        elif wire_type == 2:
            length, at = _varint(data, at, end)
            stop = at + length
        elif wire_type == 5:
            stop = at + 4
        else:
            raise Malformed(f"wire type {wire_type} at byte {at}: not an OTLP request")
        if stop > end:
            raise Malformed(f"a field at byte {at} ends beyond its message: not an OTLP request")
        yield Field(tag >> 3, wire_type, at, stop)
        at = stop


def _varint(data: bytes | bytearray, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise Malformed(f"a number at byte {at} does not end: not an OTLP request")


def last_time(signal: Signal, bodies: Iterable[bytes]) -> int:
    """The latest time in the requests, nanoseconds since the Unix epoch; 0 without any."""
    latest = 0
    layout = _LAYOUT[signal]
    for body in bodies:
        for item in _items(body):
            for field in fields(body, item.start, item.end):
                if field.number in layout.times and field.wire_type == 1:
                    latest = max(latest, int.from_bytes(body[field.start : field.end], "little"))
    return latest


def rewrite(
    signal: Signal,
    body: bytes,
    *,
    shift_ns: int = 0,
    seed: str | None = None,
    texts: Iterable[str] = (),
) -> bytes:
    """The request with times moved by ``shift_ns``.

    With a ``seed``, trace and span ids become others, the same ones in every request rewritten
    with that seed, and so do the identifiers in ``texts`` (conversation ids) wherever they
    stand.
    """
    data = bytearray(body)
    for item in _items(body):
        _patch(data, item, _LAYOUT[signal], shift_ns, seed)
    if seed is None:
        return bytes(data)
    result = bytes(data)
    for text in texts:
        result = result.replace(text.encode(), new_text(text, seed).encode())
    return result


def new_text(text: str, seed: str) -> str:
    """An identifier of the same length and shape: hexadecimal runs of 6 and more are new."""

    def renew(match: re.Match[str]) -> str:
        digest = hashlib.shake_128(f"{seed}/{match[0]}".encode()).hexdigest(len(match[0]))
        return digest[: len(match[0])]

    return re.sub(r"[0-9a-f]{6,}", renew, text)


def new_id(old: bytes, seed: str) -> bytes:
    """Another id of the same size; an empty, zero or malformed id stays."""
    if not any(old) or len(old) not in (8, 16):
        return old
    digest = hashlib.blake2b(old, key=seed.encode()[:64], digest_size=len(old)).digest()
    return digest if any(digest) else b"\x01" * len(old)


def _items(body: bytes) -> Iterator[Field]:
    """Spans or log records of a request."""

    def descend(parent: Field, path: tuple[int, ...]) -> Iterator[Field]:
        for field in fields(body, parent.start, parent.end):
            if field.number == path[0] and field.wire_type == 2:
                if len(path) == 1:
                    yield field
                else:
                    yield from descend(field, path[1:])

    return descend(Field(0, 2, 0, len(body)), _ITEMS_PATH)


def _patch(data: bytearray, item: Field, layout: _Items, shift_ns: int, seed: str | None) -> None:
    for field in fields(data, item.start, item.end):
        value = data[field.start : field.end]
        if field.number in layout.times and field.wire_type == 1:
            old = int.from_bytes(value, "little")
            moved = min(max(old + shift_ns, 0), 2**64 - 1) if old else 0
            data[field.start : field.end] = moved.to_bytes(8, "little")
        elif seed is not None and field.wire_type == 2 and field.number in layout.ids:
            data[field.start : field.end] = new_id(bytes(value), seed)
        if field.number in layout.nested and field.wire_type == 2:
            _patch(data, field, layout.nested[field.number], shift_ns, seed)
