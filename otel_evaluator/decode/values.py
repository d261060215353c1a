"""Reads attribute values of every shape that emitters use, without ever raising."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from otel_evaluator.decode.partial import recover

REDACTED = frozenset(
    {
        "__REDACTED__",
        "<REDACTED>",
        "[REDACTED]",
        "<elided>",
        "<fully masked due to failed mask function>",
    }
)
"""Texts that emitters put in the place of content they were told not to record."""

PLACEHOLDERS = REDACTED | {"", "{}", "[]", "null", "None", "N/A", "unknown"}
"""Values of identifiers and names that mean "not recorded". Not applied to messages, where
``unknown`` or ``{}`` may be an answer."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def text(value: Any) -> str:
    """A short text value; empty for placeholders, absent values and containers."""
    if isinstance(value, str):
        return "" if value in PLACEHOLDERS else value
    if value is None or isinstance(value, bool | list | dict):
        return ""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return str(value)


def first_text(attributes: Mapping[str, Any], names: Iterable[str]) -> str:
    """The first of the named attributes that has a text; empty when none has."""
    for name in names:
        value = attributes.get(name)
        if value is not None:
            found = text(value)
            if found:
                return found
    return ""


def number(value: Any) -> float | None:
    """A finite number, also from its text; None otherwise."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, int | float):
        try:
            found = float(value)
        except OverflowError:
            return None
        return found if math.isfinite(found) else None
    return None


def count(value: Any) -> int | None:
    """A count of tokens: a non-negative integer, also from its text; None otherwise."""
    if type(value) is int:
        return value if value >= 0 else None
    found = number(value)
    return int(found) if found is not None and 0 <= found < 2**62 else None


def first_count(attributes: Mapping[str, Any], names: Iterable[str]) -> int | None:
    """The first of the named attributes that is a count."""
    for name in names:
        value = attributes.get(name)
        if value is not None:
            found = count(value)
            if found is not None:
                return found
    return None


def structured(value: Any) -> Any:
    """The value with JSON text decoded, at most twice (some emitters quote JSON as JSON).

    Truncated JSON gives the complete part of it; text that is not JSON comes back as it
    is, bytes as text. Numbers and literals in text stay text: ``"42"`` may be an answer.
    """
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    for _ in range(2):
        if not isinstance(value, str):
            return value
        head = value.lstrip()[:1]
        if head not in ("{", "[", '"'):
            return value
        try:
            decoded = _decode(value)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            recovered = recover(value) if head != '"' else None
            return value if recovered is None else recovered
        value = decoded
    return value


def strict_json(value: str) -> tuple[Any, bool]:
    """The decoded text and True, or the text itself and False where it is not JSON."""
    try:
        return _decode(value), True
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return value, False


def json_text(value: Any) -> str:
    """Text as it is; anything else as JSON text; None as empty text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    try:
        return _encode(value).decode()
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError, msgspec.MsgspecError):
        return str(value)


def mapping(value: Any) -> dict[str, Any]:
    """The value as a dictionary, decoded from JSON text if need be; empty if it is none."""
    decoded = structured(value)
    return decoded if isinstance(decoded, dict) else {}
