"""Encoded spans and log records into plain values.

Field semantics: OTLP 1.11 ``trace.proto``, ``logs.proto`` and ``common.proto``. String
table references of the profiles signal (``key_strindex``) have no meaning here.
"""

from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from otel_evaluator.decode import repair
from otel_evaluator.model.raw import RawItem
from otel_evaluator.model.span import Event, LogRecord, Scope, Span

MAX_DEPTH = 32
"""Nesting of attribute values; what lies deeper is read as None."""

_NO_RESOURCE: dict[str, Any] = {}


class Undecodable(ValueError):
    """The bytes are not the message they should be, not even with invalid text replaced."""


class Wire:
    """Decodes the items of one trace; resources and scopes are decoded once.

    ``repaired`` counts items with invalid UTF-8 that were decoded with the replacement
    character in place of the invalid bytes.
    """

    def __init__(self) -> None:
        self.repaired = 0
        self._shared: dict[bytes, Any] = {}
        self._resources: dict[bytes, dict[str, Any]] = {}
        self._scopes: dict[bytes, Scope] = {}

    def span(self, item: RawItem) -> Span:
        """The span of an item. Raises Undecodable."""
        encoded = item[2]
        try:
            message = trace_pb2.Span.FromString(encoded)
        except DecodeError:
            message = self._repaired(trace_pb2.Span, encoded)
        status = message.status
        events = message.events
        return Span(
            message.trace_id.hex(),
            message.span_id.hex(),
            message.parent_span_id.hex(),
            message.name,
            message.kind,
            message.start_time_unix_nano,
            message.end_time_unix_nano,
            plain_attributes(message.attributes),
            tuple([_event(event) for event in events]) if events else (),
            status.code,
            status.message,
            message.trace_state,
            message.flags,
            message.dropped_attributes_count,
            self._resource(item[0]),
            self._scope(item[1]),
        )

    def log(self, item: RawItem) -> LogRecord:
        """The log record of an item. Raises Undecodable.

        The event name of SDKs that predate the field comes from attribute ``event.name``.
        """
        encoded = item[2]
        try:
            message = logs_pb2.LogRecord.FromString(encoded)
        except DecodeError:
            message = self._repaired(logs_pb2.LogRecord, encoded)
        attributes = self._attributes(message.attributes)
        name = message.event_name or attributes.get("event.name")
        return LogRecord(
            trace_id=message.trace_id.hex(),
            span_id=message.span_id.hex(),
            event_name=name if isinstance(name, str) else "",
            time_ns=message.time_unix_nano or message.observed_time_unix_nano,
            body=self._value(message.body) if message.HasField("body") else None,
            attributes=attributes,
            resource=self._resource(item[0]),
            scope=self._scope(item[1]),
        )

    def _attributes(self, key_values: Any) -> dict[str, Any]:
        """Attributes of a log record; messages in arrays are shared between records."""
        found: dict[str, Any] = {}
        for pair in key_values:
            value = pair.value
            if value.WhichOneof("value") == "array_value":
                read: Any = [self._value(item) for item in value.array_value.values]
            else:
                read = plain_value(value)
            found.setdefault(pair.key, read)
        return found

    def _value(self, value: Any) -> Any:
        """The value, the same object for equal structures: calls log their whole history."""
        if value.WhichOneof("value") != "kvlist_value":
            return plain_value(value)
        key = value.SerializeToString()
        known = self._shared.get(key)
        if known is None:
            known = self._shared[key] = plain_value(value)
        return known

    def _repaired(self, kind: Any, encoded: bytes) -> Any:
        try:
            message = kind.FromString(repair.with_valid_text(kind.DESCRIPTOR, encoded))
        except DecodeError as error:
            raise Undecodable(kind.DESCRIPTOR.name) from error
        self.repaired += 1
        return message

    def _resource(self, encoded: bytes) -> dict[str, Any]:
        found = self._resources.get(encoded)
        if found is None:
            try:
                message = resource_pb2.Resource.FromString(encoded)
            except DecodeError:
                try:
                    message = self._repaired(resource_pb2.Resource, encoded)
                except Undecodable:
                    message = resource_pb2.Resource()
            found = self._resources[encoded] = plain_attributes(message.attributes)
        return found

    def _scope(self, encoded: bytes) -> Scope:
        found = self._scopes.get(encoded)
        if found is None:
            try:
                message = common_pb2.InstrumentationScope.FromString(encoded)
            except DecodeError:
                try:
                    message = self._repaired(common_pb2.InstrumentationScope, encoded)
                except Undecodable:
                    message = common_pb2.InstrumentationScope()
            found = self._scopes[encoded] = Scope(message.name, message.version)
        return found


def decode_span(item: RawItem) -> Span:
    """The span of a single item. Raises Undecodable."""
    return Wire().span(item)


def decode_log(item: RawItem) -> LogRecord:
    """The log record of a single item. Raises Undecodable."""
    return Wire().log(item)


def plain_attributes(key_values: Any) -> dict[str, Any]:
    """Repeated KeyValue as a dictionary; of duplicate keys the first counts."""
    # Most values are non-empty text: reading it first spares asking which one it is.
    found = {p.key: p.value.string_value or plain_value(p.value) for p in key_values}
    if len(found) != len(key_values):
        return {pair.key: plain_value(pair.value) for pair in reversed(key_values)}
    return found


def plain_value(value: Any, depth: int = MAX_DEPTH) -> Any:
    """An AnyValue as str, bool, int, float, bytes, list, dict or None."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        if depth <= 0:
            return None
        return [plain_value(item, depth - 1) for item in value.array_value.values]
    if kind == "kvlist_value":
        if depth <= 0:
            return None
        pairs = value.kvlist_value.values
        found = {pair.key: plain_value(pair.value, depth - 1) for pair in pairs}
        if len(found) != len(pairs):
            for pair in reversed(pairs):
                found[pair.key] = plain_value(pair.value, depth - 1)
        return found
    if kind == "string_value_strindex":
        return None
    return getattr(value, kind)


def _event(event: Any) -> Event:
    return Event(event.name, event.time_unix_nano, plain_attributes(event.attributes))
