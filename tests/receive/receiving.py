"""Doubles and senders shared by the receiver's tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_evaluator.api.intake import Receipt
from otel_evaluator.clock import SystemClock
from otel_evaluator.errors import Malformed
from otel_evaluator.metrics import Metrics
from otel_evaluator.receive.admission import Admission
from otel_evaluator.receive.config import OtlpReceiverConfig
from otel_evaluator.receive.server import Receiver
from otel_evaluator.wire.otlp_view_pb2 import Request

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
PROTOBUF = "application/x-protobuf"
JSON = "application/json"
FREE = {"grpc": {"endpoint": "127.0.0.1:0"}, "http": {"endpoint": "127.0.0.1:0"}}


class RecordingIntake:
    """Keeps every request; answers ``receipt``, raises ``error``, or waits for ``gate``."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, bytes]] = []
        self.receipt = Receipt()
        self.error: BaseException | None = None
        self.gate: asyncio.Event | None = None
        self.entered = asyncio.Event()

    async def traces(self, body: bytes, protocol: str) -> Receipt:
        return await self._take("traces", body, protocol)

    async def logs(self, body: bytes, protocol: str) -> Receipt:
        return await self._take("logs", body, protocol)

    async def _take(self, signal: str, body: bytes, protocol: str) -> Receipt:
        self.entered.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.requests.append((signal, protocol, body))
        return self.receipt


class WireIntake(RecordingIntake):
    """Splits requests by the wire view as the pipeline does, and rejects spans without ids."""

    async def _take(self, signal: str, body: bytes, protocol: str) -> Receipt:
        try:
            view = Request.FromString(body)
        except DecodeError:
            raise Malformed("the body is not a protobuf export request") from None
        items = [i for r in view.resources for s in r.scopes for i in s.items]
        bad = 0
        for item in items if signal == "traces" else ():
            bad += item[:2] != b"\n\x10" and item[-18:-16] != b"\n\x10"
        self.requests.append((signal, protocol, body))
        return Receipt(bad, "spans without a 16-byte trace id were rejected" if bad else "")


@dataclass
class Running:
    """A receiver with everything around it."""

    receiver: Receiver
    intake: Any
    admission: Admission
    metrics: Metrics
    channels: list[grpc.aio.Channel] = field(default_factory=list)

    def channel(self, **options: int) -> grpc.aio.Channel:
        settings = {"grpc.max_send_message_length": -1, "grpc.use_local_subchannel_pool": 1}
        settings |= {f"grpc.{name}": value for name, value in options.items()}
        channel = grpc.aio.insecure_channel(
            f"127.0.0.1:{self.receiver.ports['grpc']}", options=list(settings.items())
        )
        self.channels.append(channel)
        return channel

    def url(self, path: str = "/v1/traces", scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.receiver.ports['http']}{path}"

    def refused(self, reason: str) -> float:
        return self.metrics.value("requests_refused_total", reason=reason)


@asynccontextmanager
async def receiving(
    intake: Any = None,
    pressure: Callable[[], Any] | None = None,
    resident: Callable[[], int] | None = None,
    **sections: Any,
) -> AsyncIterator[Running]:
    """A real receiver on loopback; ``sections`` replace those of the configuration."""
    config = OtlpReceiverConfig.model_validate(FREE | sections)
    metrics, clock = Metrics(), SystemClock()
    intake = RecordingIntake() if intake is None else intake
    admission = Admission(config.limits, metrics, clock, pressure, resident)
    receiver = Receiver(config, intake, admission, metrics, clock)
    await receiver.start()
    running = Running(receiver, intake, admission, metrics)
    try:
        yield running
    finally:
        for channel in running.channels:
            await channel.close()
        await receiver.stop(0.2)


def trace_request(spans: int = 1, trace_id: bytes = b"\x01" * 16) -> ExportTraceServiceRequest:
    """A small request of valid spans."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for number in range(spans):
        span = scope.spans.add(trace_id=trace_id, span_id=(number + 1).to_bytes(8, "big"))
        span.name = "chat"
        span.attributes.add(key="gen_ai.operation.name").value.string_value = "chat"
    return request


def log_request() -> ExportLogsServiceRequest:
    """A small request of one log record."""
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.time_unix_nano = 1_767_225_600_000_000_000
    record.body.string_value = "hello"
    return request


def metric_request() -> ExportMetricsServiceRequest:
    """A small request of one gauge."""
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="cpu", unit="1")
    metric.gauge.data_points.add(as_double=1.0)
    return request


def varint(number: int) -> bytes:
    """A protobuf varint."""
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def message(number: int, body: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(body)) + body


BOMBS: dict[str, Callable[[], bytes]] = {
    "2 M empty spans": lambda: message(1, message(2, b"\x12\x00" * 2_000_000)),
    "2 M attributes": lambda: message(1, message(2, message(2, b"J\x00" * 2_000_000))),
    "1 M events": lambda: message(1, message(2, message(2, b"Z\x00" * 1_000_000))),
    "1 M links": lambda: message(1, message(2, message(2, b"j\x00" * 1_000_000))),
    "100 k resources": lambda: b"\n\x00" * 100_000,
    "100 k scopes": lambda: message(1, b"\x12\x00" * 100_000),
    "1 M array elements": lambda: message(
        1,
        message(2, message(2, message(9, message(2, message(5, b"\n\x00" * 1_000_000))))),
    ),
    "5 M unknown fields": lambda: message(1, message(2, message(2, b"\x08\x00" * 5_000_000))),
}
"""Small on the wire, huge once decoded."""
