"""OTLP/JSON to the protobuf bytes of the same request.

Rules of the OTLP specification ("JSON Protobuf Encoding"): ids are hexadecimal, 64-bit
integers are decimal strings (numbers are taken too), enums are integers (their names are
taken too, as the Collector does), unknown keys are ignored, null means absent.

``json_format.ParseDict`` needs 10 to 20 times as long for the same request and builds the
whole object tree; here one span at a time is decoded into msgspec structs and written in
wire form, so a request costs little more than its bytes.
"""

import re
from typing import Final, TypeVar

import msgspec

from otel_evaluator.errors import Malformed, TooLarge
from otel_evaluator.receive.json_items import LogRecord, Span, Tally, put_log, put_span
from otel_evaluator.receive.json_wire import KeyValue, put_message, put_text, put_values
from otel_evaluator.wire.prescan import Signal

MAX_OBJECTS: Final = 1_000_000
"""JSON objects in one request; legitimate ones average more than 24 bytes each."""

T = TypeVar("T")
Buffer = bytes | msgspec.Raw

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


class _Resource(msgspec.Struct, rename="camel"):
    attributes: list[KeyValue] | None = None


class _Scope(msgspec.Struct, rename="camel"):
    name: str | None = None
    version: str | None = None
    attributes: list[KeyValue] | None = None


class _ScopeItems(msgspec.Struct, rename="camel"):
    scope: _Scope | None = None
    spans: list[msgspec.Raw] | None = None
    log_records: list[msgspec.Raw] | None = None
    schema_url: str | None = None


class _ResourceItems(msgspec.Struct, rename="camel"):
    resource: _Resource | None = None
    scope_spans: list[_ScopeItems] | None = None
    scope_logs: list[_ScopeItems] | None = None
    schema_url: str | None = None


class _Request(msgspec.Struct, rename="camel"):
    resource_spans: list[_ResourceItems] | None = None
    resource_logs: list[_ResourceItems] | None = None


class Converted(msgspec.Struct, frozen=True):
    """A converted request."""

    body: bytes
    """The same request in protobuf."""

    bad_ids: int
    """Ids that are not hexadecimal; they are empty in ``body``."""

    repaired: int
    """Spans or log records with invalid UTF-8, which was replaced."""


_REQUEST = msgspec.json.Decoder(_Request)
_SPAN = msgspec.json.Decoder(Span)
_LOG = msgspec.json.Decoder(LogRecord)


def to_protobuf(body: bytes, signal: Signal, max_items: int) -> Converted:
    """Convert a request; Malformed with the place of the problem, TooLarge for bombs."""
    _check_objects(body)
    try:
        tally = Tally()
        request = _decoded(_REQUEST, body.removeprefix(b"\xef\xbb\xbf"), tally)
        resources = request.resource_spans if signal == "traces" else request.resource_logs
        if resources is None and (request.resource_spans or request.resource_logs):
            raise Malformed(f"the request was sent to the {signal} endpoint but holds no {signal}")
        out = bytearray()
        count = 0
        for resource in resources or ():
            inner = bytearray()
            if resource.resource is not None:
                put_message(inner, 0x0A, _resource(resource.resource))
            scopes = resource.scope_spans if signal == "traces" else resource.scope_logs
            for scope in scopes or ():
                items = (scope.spans if signal == "traces" else scope.log_records) or []
                count += len(items)
                if count > max_items:
                    raise TooLarge(f"the request holds more than {max_items} items")
                put_message(inner, 0x12, _scope_items(scope, items, signal, tally))
            put_text(inner, 0x1A, resource.schema_url)
            put_message(out, 0x0A, inner)
    except msgspec.DecodeError as error:  # ValidationError too; both name the place only
        raise Malformed(f"the body is not valid OTLP/JSON: {error}") from None
    except RecursionError:
        raise Malformed("the JSON is nested too deep") from None
    return Converted(bytes(out), tally.bad_ids, tally.repaired)


def _decoded(decoder: msgspec.json.Decoder[T], raw: Buffer, tally: Tally) -> T:
    """Decode; where a text is not UTF-8, replace what is wrong and decode again."""
    try:
        return decoder.decode(raw)
    except UnicodeDecodeError:
        tally.repaired += 1
        return decoder.decode(bytes(raw).decode("utf-8", "replace"))


def _resource(resource: _Resource) -> bytearray:
    out = bytearray()
    put_values(out, 0x0A, resource.attributes)
    return out


def _scope_items(
    scope: _ScopeItems, items: list[msgspec.Raw], signal: Signal, tally: Tally
) -> bytearray:
    out = bytearray()
    if scope.scope is not None:
        head = bytearray()
        put_text(head, 0x0A, scope.scope.name)
        put_text(head, 0x12, scope.scope.version)
        put_values(head, 0x1A, scope.scope.attributes)
        put_message(out, 0x0A, head)
    if signal == "traces":
        for raw in items:
            put_message(out, 0x12, put_span(_decoded(_SPAN, raw, tally), tally))
    else:
        for raw in items:
            put_message(out, 0x12, put_log(_decoded(_LOG, raw, tally), tally))
    put_text(out, 0x1A, scope.schema_url)
    return out


def _check_objects(body: bytes) -> None:
    """Refuse a request of more than MAX_OBJECTS objects and arrays, before decoding it."""
    if body.count(b"{") + body.count(b"[") <= MAX_OBJECTS:
        return
    # Content may hold many braces of its own: count again without the strings.
    bare = _STRING.sub(b"", body)
    if bare.count(b"{") + bare.count(b"[") > MAX_OBJECTS:
        raise TooLarge(f"the request holds more than {MAX_OBJECTS} JSON objects")
