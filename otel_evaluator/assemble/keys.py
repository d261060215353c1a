"""Which conversation a trace belongs to, as its encoded spans say."""

from collections.abc import Sequence

import stringzilla

from otel_evaluator.wire.attributes import text_attributes


def conversation_of(
    spans: Sequence[bytes], joined: bytes, keys: Sequence[bytes]
) -> tuple[str, bool]:
    """The conversation id and whether several were named; ``joined`` is all spans in one.

    The first key of precedence that any span carries wins; of several values under it the
    smallest, so that the order of arrival does not matter. Empty when none is named.
    """
    contains = stringzilla.contains
    for key in keys:
        if not contains(joined, key):
            continue
        values: set[str] = set()
        known = b""
        # The smallest first: its value is cheapest to read, the others are only compared.
        for span in sorted((span for span in spans if contains(span, key)), key=len):
            if known and contains(span, known):
                continue
            for value, encoded in text_attributes(span, (key,)).values():
                values.add(value)
                known = _as_attribute(encoded)
        if values:
            return min(values), len(values) > 1
    return "", False


def _as_attribute(encoded: bytes) -> bytes:
    """An encoded KeyValue with tag and length of Span field 9, unlike one nested in a value."""
    length = len(encoded)
    prefix = bytearray(b"J")
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + encoded
