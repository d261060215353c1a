"""Telling spans, log records and metrics apart by the tags of a request's first item."""

import re
from typing import Final

from otel_evaluator.errors import Malformed
from otel_evaluator.wire.fields import LENGTH, read_field

# First bytes of a field (tag) that only one of the three kinds of item can have.
_SPAN_ONLY: Final = frozenset(b"\x22\x30\x39\x41\x50\x60\x6a\x70\x7a\x85")
_LOG_ONLY: Final = frozenset(b"\x09\x10\x32\x38\x45\x59")
_LOOK_AT: Final = 24

_METRIC_NAME: Final = re.compile(rb"(?![0-9a-fA-F]*$)[A-Za-z][A-Za-z0-9_./-]*")
"""The first field of a metric, unlike a trace id, is a name; ids as hexadecimal text are not."""


def first_item_kind(body: bytes, scopes: list[tuple[int, int]]) -> str | None:
    """What the first item is: the signals' requests have the same outer form.

    A sender with a wrong address is noticed here or not at all.
    """
    if not scopes:
        return None
    i, end = scopes[0]
    try:
        for _ in range(_LOOK_AT):
            if i >= end:
                return None
            number, wire, start, i = read_field(body, i)
            if number == 2 and wire == LENGTH:
                return _kind(body, start, i) if i <= end else None
    except (IndexError, Malformed):
        pass
    return None


def _kind(body: bytes, i: int, end: int) -> str | None:
    if body[i : i + 1] in (b"\x7a", b"\x85") or body[i : i + 2] == b"\n\x10":
        return "spans"  # what SDKs and Collectors begin a span with
    sizes: dict[int, int] = {}
    first = b""
    for _ in range(_LOOK_AT):
        if i >= end:
            break
        tag = body[i]
        if tag in _SPAN_ONLY:
            return "spans"
        if tag in _LOG_ONLY:
            return "log records"
        number, wire, start, i = read_field(body, i)
        if wire == LENGTH:
            sizes[number] = i - start
            if number == 1:
                first = body[start:i]
    if sizes.get(1) == 16 and sizes.get(2) == 8:
        return "spans"
    if 7 in sizes or (len(first) not in (0, 16) and _METRIC_NAME.fullmatch(first)):
        return "metrics"
    return "log records" if sizes.get(9) == 16 and sizes.get(10) == 8 else None
