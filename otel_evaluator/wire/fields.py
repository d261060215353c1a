"""Reading protobuf fields in place (protobuf encoding: tags, varints, wire types)."""

from otel_evaluator.errors import Malformed

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""Wire types; the two for groups do not occur in OTLP."""


def read_field(body: bytes, i: int) -> tuple[int, int, int, int]:
    """The field at ``i``: number, wire type, start and end of its value."""
    tag = body[i]
    if tag > 127:
        tag, i = read_varint(body, i)
    else:
        i += 1
    wire = tag & 7
    if wire == LENGTH:
        size = body[i]
        if size > 127:
            size, i = read_varint(body, i)
        else:
            i += 1
        return tag >> 3, wire, i, i + size
    if wire == VARINT:
        _, end = read_varint(body, i)
        return tag >> 3, wire, i, end
    if wire == FIXED64:
        return tag >> 3, wire, i, i + 8
    if wire == FIXED32:
        return tag >> 3, wire, i, i + 4
    raise Malformed(f"wire type {wire} does not occur in OTLP")


def read_varint(body: bytes, i: int) -> tuple[int, int]:
    """The varint at ``i`` and the index after it; at most ten bytes (protobuf encoding)."""
    value = 0
    for shift in range(0, 70, 7):
        byte = body[i]
        i += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, i
    raise Malformed("a varint is longer than ten bytes")
