"""The published exporters against the receiver, as an application uses them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tests.receive.receiving import Running, WireIntake, receiving

pytestmark = pytest.mark.asyncio(loop_scope="session")
AUTH = {"bearer_tokens": ["the-token"]}
HEADERS = {"authorization": "Bearer the-token"}


def spans_through(exporter: Any) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("chat gpt-4o-mini") as span:
        span.set_attribute("gen_ai.operation.name", "chat")
    provider.shutdown()


def logs_through(exporter: Any) -> None:
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    provider.get_logger("test").emit(LogRecord(event_name="gen_ai.choice", body="hello"))
    provider.shutdown()


def exporters(running: Running, signal: str) -> Iterator[Any]:
    over_grpc, over_http = (GrpcSpans, HttpSpans) if signal == "traces" else (GrpcLogs, HttpLogs)
    for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
        yield over_grpc(
            endpoint=f"127.0.0.1:{running.receiver.ports['grpc']}",
            insecure=True,
            headers=tuple(HEADERS.items()),
            compression=compression,
        )
    yield over_http(endpoint=running.url(f"/v1/{signal}"), headers=HEADERS)


async def test_spans() -> None:
    async with receiving(WireIntake(), auth=AUTH) as running:
        for exporter in exporters(running, "traces"):
            await asyncio.to_thread(spans_through, exporter)
        requests = [ExportTraceServiceRequest.FromString(b) for _, _, b in running.intake.requests]
        names = [r.resource_spans[0].scope_spans[0].spans[0].name for r in requests]
        assert names == ["chat gpt-4o-mini"] * 3


async def test_log_records() -> None:
    async with receiving(WireIntake(), auth=AUTH) as running:
        for exporter in exporters(running, "logs"):
            await asyncio.to_thread(logs_through, exporter)
        requests = [ExportLogsServiceRequest.FromString(b) for _, _, b in running.intake.requests]
        names = [r.resource_logs[0].scope_logs[0].log_records[0].event_name for r in requests]
        assert names == ["gen_ai.choice"] * 3
