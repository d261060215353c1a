"""Score spans and records as OTLP requests; pure.

Spans go through the encoder of opentelemetry-exporter-otlp. Its exporters themselves are not
used: they retry on their own and answer only success or failure, so that neither the status
code nor a partial success could be told apart. Log records are encoded here because the SDK's
classes for them are not public.
"""

from collections.abc import Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as LogRecordMessage
from opentelemetry.proto.logs.v1.logs_pb2 import ResourceLogs, SeverityNumber
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.status import Status, StatusCode

from otel_evaluator.model.span import STATUS_ERROR, LogRecord, Scope, Span
from otel_evaluator.write.spans import ERROR_TYPE
from otel_evaluator.write.text import clean


def traces_request(spans: Sequence[Span]) -> bytes:
    """``ExportTraceServiceRequest`` with the ids and times of the given spans."""
    resources = {_key(span.resource): Resource(clean(span.resource)) for span in spans}
    scopes = {span.scope: _scope(span.scope) for span in spans}
    return bytes(
        encode_spans(
            [_readable(span, resources[_key(span.resource)], scopes[span.scope]) for span in spans]
        ).SerializeToString()
    )


def logs_request(records: Sequence[LogRecord]) -> bytes:
    """``ExportLogsServiceRequest`` of the given records."""
    request = ExportLogsServiceRequest()
    groups: dict[Any, ResourceLogs] = {}
    for record in records:
        key = (_key(record.resource), record.scope)
        if key not in groups:
            group = groups[key] = request.resource_logs.add()
            group.resource.attributes.extend(_attributes(record.resource))
            scope = group.scope_logs.add().scope
            scope.name, scope.version = record.scope.name, record.scope.version
        groups[key].scope_logs[0].log_records.append(_record(record))
    return request.SerializeToString()


def _readable(span: Span, resource: Resource, scope: InstrumentationScope) -> ReadableSpan:
    trace_id = int(span.trace_id, 16)
    state = TraceState.from_header([span.trace_state])
    flags = TraceFlags(TraceFlags.SAMPLED)
    parent = (
        SpanContext(trace_id, int(span.parent_span_id, 16), is_remote=True, trace_flags=flags)
        if span.parent_span_id
        else None
    )
    failed = span.status_code == STATUS_ERROR
    return ReadableSpan(
        name=clean(span.name),
        context=SpanContext(trace_id, int(span.span_id, 16), False, flags, state),
        parent=parent,
        resource=resource,
        attributes=clean(span.attributes),
        events=[Event(e.name, clean(e.attributes), e.time_ns) for e in span.events],
        links=[
            Link(SpanContext(int(x.trace_id, 16), int(x.span_id, 16), True, flags))
            for x in span.links
        ],
        kind=SpanKind.INTERNAL,
        instrumentation_scope=scope,
        status=Status(StatusCode.ERROR, clean(span.status_message)) if failed else Status(),
        start_time=span.start_ns,
        end_time=span.end_ns,
    )


def _record(record: LogRecord) -> LogRecordMessage:
    failed = ERROR_TYPE in record.attributes
    number = SeverityNumber.SEVERITY_NUMBER_ERROR if failed else SeverityNumber.SEVERITY_NUMBER_INFO
    return LogRecordMessage(
        time_unix_nano=record.time_ns,
        observed_time_unix_nano=record.time_ns,
        severity_number=number,
        severity_text="ERROR" if failed else "INFO",
        event_name=record.event_name,
        trace_id=bytes.fromhex(record.trace_id),
        span_id=bytes.fromhex(record.span_id),
        attributes=_attributes(record.attributes),
        flags=TraceFlags.SAMPLED,
    )


def _attributes(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in clean(attributes).items()]


def _value(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=str(value))


def _scope(scope: Scope) -> InstrumentationScope:
    return InstrumentationScope(scope.name, scope.version)


def _key(attributes: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, str(value)) for key, value in attributes.items()))
