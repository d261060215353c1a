"""OTLP/JSON values and the pieces of protobuf wire form they become.

Tags are written as in opentelemetry-proto 1.11: (field number << 3) | wire type.
"""

import base64
import binascii
import math
import struct
from typing import Final

import msgspec

from otel_evaluator.errors import Malformed

MAX_DEPTH: Final = 30
"""Nested values; a kvlist level is three messages and protobuf parsers stop at 100."""

Number = int | float | str
"""A 64-bit integer as OTLP/JSON writes it: a string, or a number all the same."""


class ArrayValue(msgspec.Struct, rename="camel"):
    """common.v1.ArrayValue."""

    values: "list[AnyValue | None] | None" = None


class KeyValueList(msgspec.Struct, rename="camel"):
    """common.v1.KeyValueList."""

    values: "list[KeyValue] | None" = None


class AnyValue(msgspec.Struct, rename="camel"):
    """common.v1.AnyValue; the first field that is present counts."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Number | None = None
    double_value: Number | None = None
    array_value: ArrayValue | None = None
    kvlist_value: KeyValueList | None = None
    bytes_value: str | None = None


class KeyValue(msgspec.Struct, rename="camel"):
    """common.v1.KeyValue."""

    key: str | None = None
    value: AnyValue | None = None


def put_varint(out: bytearray, value: int) -> None:
    """Append an unsigned varint."""
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def put_message(out: bytearray, tag: int, body: bytes | bytearray) -> None:
    """Append a length-delimited field of one-byte tag, empty or not."""
    out.append(tag)
    put_varint(out, len(body))
    out += body


def put_text(out: bytearray, tag: int, text: str | None) -> None:
    """Append a string field unless it is absent or empty."""
    if text:
        put_message(out, tag, text.encode("utf-8", "replace"))


def put_count(out: bytearray, tag: int, number: Number | None, name: str) -> None:
    """Append a uint32 field unless it is absent or 0."""
    value = integer(number, name, 0, 2**32 - 1)
    if value:
        out.append(tag)
        put_varint(out, value)


def put_fixed64(out: bytearray, tag: int, number: Number | None, name: str) -> None:
    """Append a fixed64 field unless it is absent or 0."""
    value = integer(number, name, 0, 2**64 - 1)
    if value:
        out.append(tag)
        out += value.to_bytes(8, "little")


def put_values(out: bytearray, tag: int, values: list[KeyValue] | None, depth: int = 0) -> None:
    """Append repeated KeyValue messages."""
    for pair in values or ():
        body = bytearray()
        put_text(body, 0x0A, pair.key)
        if pair.value is not None:
            put_message(body, 0x12, any_value(pair.value, depth))
        put_message(out, tag, body)


def any_value(value: AnyValue, depth: int = 0) -> bytearray:
    """An AnyValue in wire form; Malformed when it nests deeper than MAX_DEPTH."""
    if depth > MAX_DEPTH:
        raise Malformed(f"a value is nested deeper than {MAX_DEPTH} levels")
    out = bytearray()
    if value.string_value is not None:
        put_message(out, 0x0A, value.string_value.encode("utf-8", "replace"))
    elif value.bool_value is not None:
        out += b"\x10\x01" if value.bool_value else b"\x10\x00"
    elif value.int_value is not None:
        out.append(0x18)
        put_varint(out, integer(value.int_value, "intValue", -(2**63), 2**63 - 1) % 2**64)
    elif value.double_value is not None:
        out.append(0x21)
        out += struct.pack("<d", _double(value.double_value))
    elif value.array_value is not None:
        inner = bytearray()
        for element in value.array_value.values or ():
            put_message(inner, 0x0A, any_value(element or AnyValue(), depth + 1))
        put_message(out, 0x2A, inner)
    elif value.kvlist_value is not None:
        inner = bytearray()
        put_values(inner, 0x0A, value.kvlist_value.values, depth + 1)
        put_message(out, 0x32, inner)
    elif value.bytes_value is not None:
        put_message(out, 0x3A, _base64(value.bytes_value))
    return out


def integer(number: Number | None, name: str, low: int, high: int) -> int:
    """The integer of a JSON number or decimal string, 0 when absent; Malformed otherwise."""
    if number is None:
        return 0
    try:
        value = int(number)
    except (ValueError, OverflowError):
        raise Malformed(f"{name} is not an integer") from None
    if (isinstance(number, float) and value != number) or not low <= value <= high:
        raise Malformed(f"{name} is not an integer between {low} and {high}")
    return value


def _double(number: Number) -> float:
    if isinstance(number, str) and number not in ("NaN", "Infinity", "-Infinity"):
        try:
            parsed = float(number)
        except ValueError:
            parsed = math.nan
        if not math.isfinite(parsed):
            raise Malformed("doubleValue is not a number")
        return parsed
    try:
        return float(number)
    except OverflowError:
        raise Malformed("doubleValue is out of range") from None


def _base64(text: str) -> bytes:
    """Base64 of either alphabet, with or without padding, as protobuf's JSON form allows."""
    standard = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("bytesValue is not base64") from None
