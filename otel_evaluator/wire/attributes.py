"""Reads single attributes of an encoded span without decoding the others."""

from collections.abc import Sequence

from google.protobuf.message import DecodeError

from otel_evaluator.wire.otlp_view_pb2 import Attribute, SpanAttributes, Text


def text_attributes(span: bytes, names: Sequence[bytes]) -> dict[bytes, str]:
    """Values of those attributes of an encoded Span that are non-empty text.

    Exact for any field order; of duplicate keys the first counts. Bytes that do not parse
    give no attributes: decoding reports them.
    """
    found: dict[bytes, str] = {}
    try:
        for encoded in SpanAttributes.FromString(span).attributes:
            for name in names:
                if name in encoded:
                    _read(encoded, name, found)
    except DecodeError:
        pass
    return found


def _read(encoded: bytes, name: bytes, found: dict[bytes, str]) -> None:
    attribute = Attribute.FromString(encoded)
    if attribute.key == name and name not in found:
        value = Text.FromString(attribute.value).string_value.decode(errors="replace")
        if value:
            found[name] = value
