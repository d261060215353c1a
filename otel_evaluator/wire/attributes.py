"""Reads single attributes of an encoded span without decoding the others."""

from collections.abc import Sequence

from google.protobuf.message import DecodeError

from otel_evaluator.wire.otlp_view_pb2 import Attribute, SpanAttributes, Text


def text_attributes(span: bytes, names: Sequence[bytes]) -> dict[bytes, tuple[str, bytes]]:
    """Values of those attributes of an encoded Span that are non-empty text.

    With each value comes the encoded KeyValue, by which other spans can be searched. Exact
    for any field order; of duplicate keys the first counts. Bytes that do not parse give no
    attributes: decoding reports them.
    """
    found: dict[bytes, tuple[str, bytes]] = {}
    try:
        for encoded in SpanAttributes.FromString(span).attributes:
            for name in names:
                if name in encoded:
                    _read(encoded, name, found)
    except DecodeError:
        pass
    return found


def has_key(span: bytes, prefix: bytes) -> bool:
    """Whether an attribute key of an encoded Span, not just some text, starts with ``prefix``."""
    try:
        return any(
            Attribute.FromString(encoded).key.startswith(prefix)
            for encoded in SpanAttributes.FromString(span).attributes
            if prefix in encoded
        )
    except DecodeError:
        return False


def _read(encoded: bytes, name: bytes, found: dict[bytes, tuple[str, bytes]]) -> None:
    attribute = Attribute.FromString(encoded)
    if attribute.key == name and name not in found:
        value = Text.FromString(attribute.value).string_value.decode(errors="replace")
        if value:
            found[name] = value, encoded
