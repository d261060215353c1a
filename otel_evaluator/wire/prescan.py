"""What a request would cost, found in its bytes before anything is decoded.

What keeps this cheap: resources and scopes are few, so they are walked; a field takes at least
two bytes, so what is short cannot hold many and is not looked into; and what costs more than
its bytes is dense, so a longer body is sampled, 256 bytes of every 128 KiB at a random place.
Only where the sample looks dense is every item walked, with a budget of steps. A body of
ordinary spans costs 7 microseconds and 1 more per 128 KiB, where a walk takes 100 per 512 spans.

Field numbers: opentelemetry-proto 1.11, trace.proto, logs.proto and common.proto.
"""

import random
from typing import Final, Literal

from google.protobuf.message import DecodeError

from otel_evaluator.errors import Malformed, TooLarge
from otel_evaluator.wire.fields import LENGTH, read_field, read_varint
from otel_evaluator.wire.item_kind import first_item_kind
from otel_evaluator.wire.otlp_view_pb2 import Request

Signal = Literal["traces", "logs"]

STRATUM: Final = 128 * 1024
WINDOW: Final = 256
DENSE: Final = 72
"""Small bytes in a window above which it is dense.

Every field has a length or value byte: elements of up to 7 bytes, which decode to more than ten
times their size, exceed this; of recorded GenAI spans one place in 368 files came near it (66),
half of the files stay under 28."""

SPARSE: Final = 64
"""Bytes an item on average from which on an estimate of their number is not trusted."""

_SMALL: Final = bytes(range(9))

VIEW_ITEMS: Final = 1_000_000
"""Items up to which the wire view may count: it takes 16 to 32 bytes for each."""

FIELDS_PER_ATTRIBUTE: Final = 4
"""KeyValue, its key, its AnyValue and the value in it."""

ITEMS: Final[dict[Signal, str]] = {"traces": "spans", "logs": "log records"}


# Which fields of a message are messages that hold further values, by field number.
_Level = dict[int, "_Level"]
_ANY: _Level = {}
_KEY_VALUE: _Level = {2: _ANY}
_ANY.update({5: {1: _ANY}, 6: {1: _KEY_VALUE}})
_NESTED: dict[Signal, _Level] = {
    "traces": {9: _KEY_VALUE, 11: {3: _KEY_VALUE}, 13: {4: _KEY_VALUE}},
    "logs": {5: _ANY, 6: _KEY_VALUE},
}


def check_request(
    body: bytes, signal: Signal, max_items: int, max_resources: int, max_attributes: int
) -> str | None:
    """Refuse a request that would decode to more than it may; tell what its first item is.

    ``max_items`` bounds its spans or log records, ``max_resources`` its resources and scopes
    together, ``max_attributes`` the attributes, events, links and nested values of one item
    where they are so small that they would cost far more than their bytes.
    Returns ``spans``, ``log records``, ``metrics`` or None where the bytes do not tell.
    Raises TooLarge, or Malformed for bytes that are not an export request.
    """
    scopes = _scopes(body, max_resources)
    size = len(body)
    if size > 2 * max_items or size > 2 * FIELDS_PER_ATTRIBUTE * max_attributes:
        dense, items = _sample(body)
        if dense or items > VIEW_ITEMS:
            _check_scopes(body, scopes, signal, max_items, max_attributes)
        elif (items > max_items or size > SPARSE * max_items) and _view_count(body) > max_items:
            raise _too_many(signal, max_items)
    return first_item_kind(body, scopes)


def count_items(body: bytes, limit: int) -> int:
    """Spans (or log records) of an export request; stops counting once past ``limit``.

    Raises Malformed when the bytes are not protobuf, TooLarge when more than ``limit``
    resources, scopes or unknown fields surround the items.
    """
    items = 0
    for start, end in _scopes(body, limit):
        items, _ = _walk_scope(body, start, end, items, limit, len(body))
        if items > limit:
            break
    return items


def check_item(item: bytes, signal: Signal, max_attributes: int) -> None:
    """Refuse one span or log record with more than ``max_attributes`` values (TooLarge)."""
    if len(item) > 2 * FIELDS_PER_ATTRIBUTE * max_attributes:
        _check_values(item, 0, len(item), signal, max_attributes)


def _scopes(body: bytes, limit: int) -> list[tuple[int, int]]:
    """Where each scope is; TooLarge past ``limit`` scopes and other fields around them."""
    scopes: list[tuple[int, int]] = []
    i, size, count = 0, len(body), 0
    try:
        while i < size:
            count += 1
            number, wire, j, end = read_field(body, i)
            i = end
            if number != 1 or wire != LENGTH:
                continue
            if end > size:
                break
            while j < end:
                count += 1
                number, wire, start, j = read_field(body, j)
                if number == 2 and wire == LENGTH:
                    scopes.append((start, j))
                if count > limit:
                    break
            if j > end:
                raise Malformed("a field reaches past the end of its resource")
            if count > limit:
                break
    except IndexError:
        raise Malformed("the body ends inside a field") from None
    if count > limit:
        raise TooLarge(
            f"the request holds more than {limit} resources and scopes; send smaller batches "
            "or raise limits.max_resources_per_request"
        )
    if i > size:
        raise Malformed("the body ends inside a field")
    return scopes


def _sample(body: bytes) -> tuple[bool, int]:
    """Whether some part is dense, and about how many items there are at most.

    The places are random so that nobody can prepare for them; a dense stretch of 256 KiB is
    always met. Items are estimated by their tag byte, which other fields use too.
    """
    if len(body) <= STRATUM:
        return True, 0
    tags = windows = 0
    last = len(body) - WINDOW
    for start in range(0, last, STRATUM):
        at = min(start + int(random.random() * STRATUM), last)  # noqa: S311 - a place to look
        window = body[at : at + WINDOW]
        if len(window) - len(window.translate(None, _SMALL)) > DENSE:
            return True, 0
        tags += window.count(b"\x12")
        windows += 1
    return False, tags * len(body) // (windows * WINDOW)


def _view_count(body: bytes) -> int:
    try:
        view = Request.FromString(body)
    except DecodeError:
        raise Malformed("the body is not a protobuf export request") from None
    return sum([len(scope.items) for part in view.resources for scope in part.scopes])


def _check_scopes(
    body: bytes, scopes: list[tuple[int, int]], signal: Signal, max_items: int, max_attributes: int
) -> None:
    """Count in Python, and look into every item that is large enough to hold too much."""
    largest = 2 * FIELDS_PER_ATTRIBUTE * max_attributes
    items = 0
    for start, end in scopes:
        items, large = _walk_scope(body, start, end, items, max_items, largest)
        if items > max_items:
            raise _too_many(signal, max_items)
        for item in large:
            _check_values(body, *item, signal, max_attributes)


def _too_many(signal: Signal, limit: int) -> TooLarge:
    return TooLarge(
        f"the request holds more than {limit} {ITEMS[signal]}; send smaller batches "
        "or raise limits.max_spans_per_request"
    )


def _walk_scope(
    body: bytes, i: int, end: int, items: int, limit: int, largest: int
) -> tuple[int, list[tuple[int, int]]]:
    """Count one scope's items on from ``items``; also where those above ``largest`` bytes are."""
    large: list[tuple[int, int]] = []
    others = 0
    try:
        while i < end and items <= limit:
            if body[i] == 0x12:
                size = body[i + 1]
                i += 2
                if size > 127:  # two bytes hold the sizes of most spans: no call for these
                    more = body[i]
                    if more < 128:
                        size += (more - 1) << 7
                        i += 1
                    else:
                        size, i = read_varint(body, i - 1)
                i += size
            else:
                # The scope itself, unknown fields, and tags written in more bytes than needed.
                number, wire, start, i = read_field(body, i)
                if number != 2 or wire != LENGTH:
                    others += 1
                    if others > limit:
                        raise TooLarge(f"a scope holds more than {limit} unknown fields")
                    continue
                size = i - start
            items += 1
            if size > largest:
                large.append((i - size, i))
    except IndexError:
        raise Malformed("the body ends inside a field") from None
    if i > end:
        raise Malformed("a span or log record reaches past the end of its scope")
    return items, large


def _check_values(body: bytes, start: int, end: int, signal: Signal, max_attributes: int) -> None:
    """Walk one item's nested values within a budget of steps."""
    budget = FIELDS_PER_ATTRIBUTE * max_attributes
    pending: list[tuple[int, int, _Level]] = [(start, end, _NESTED[signal])]
    try:
        while pending:
            i, end, level = pending.pop()
            while i < end:
                budget -= 1
                if budget < 0:
                    raise TooLarge(
                        f"one of the {ITEMS[signal]} holds more than {max_attributes} attributes, "
                        f"events, links and nested values (limits.max_attributes_per_span)"
                    )
                tag, size = body[i], body[i + 1]
                if tag & 0x87 == LENGTH and size < 128:  # by far the most frequent form
                    number, inner = tag >> 3, i + 2
                    i = inner + size
                else:
                    number, wire, inner, i = read_field(body, i)
                    size = i - inner if wire == LENGTH else 0
                if size and number in level:
                    pending.append((inner, i, level[number]))
            if i != end:
                raise Malformed("a field reaches past the end of its message")
    except IndexError:
        raise Malformed("the body ends inside a field") from None
