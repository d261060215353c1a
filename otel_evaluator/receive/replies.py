"""What a sender is told: status codes, details and partial success, for both transports."""

import json
import math
from typing import Any, Final

import grpc
import msgspec
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_evaluator.api.intake import Receipt
from otel_evaluator.errors import Busy, Malformed, Refused, TooLarge, Unauthenticated
from otel_evaluator.wire.prescan import Signal

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
DETAILS_KEY: Final = "grpc-status-details-bin"

# Error class → gRPC status, its number (google.rpc.Code) and the HTTP status.
_CODES: Final[tuple[tuple[type[Refused], grpc.StatusCode, int, int], ...]] = (
    (Malformed, grpc.StatusCode.INVALID_ARGUMENT, 3, 400),
    (TooLarge, grpc.StatusCode.RESOURCE_EXHAUSTED, 8, 413),
    (Unauthenticated, grpc.StatusCode.UNAUTHENTICATED, 16, 401),
    (Busy, grpc.StatusCode.UNAVAILABLE, 14, 503),
)


class Reply(msgspec.Struct, frozen=True):
    """An error, said in the words of both transports."""

    code: grpc.StatusCode
    number: int
    http_status: int
    message: str
    delay_s: float | None = None
    """Set only where a retry makes sense: its presence makes senders retry."""

    def status(self) -> status_pb2.Status:
        """The error as google.rpc.Status, with RetryInfo or BadRequest where they apply."""
        status = status_pb2.Status(code=self.number, message=self.message)
        if self.delay_s is not None:
            retry = error_details_pb2.RetryInfo(retry_delay=_duration(self.delay_s))
            status.details.add().Pack(retry)
        elif self.http_status == 400:
            violation = error_details_pb2.BadRequest.FieldViolation(description=self.message)
            status.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
        return status

    def trailing_metadata(self) -> tuple[tuple[str, bytes], ...]:
        """What makes a gRPC client see the details."""
        return ((DETAILS_KEY, self.status().SerializeToString()),)

    def http_body(self, content_type: str) -> bytes:
        """The Status in the request's own encoding (OTLP specification, "Failures")."""
        if content_type != JSON:
            return bytes(self.status().SerializeToString())
        body: dict[str, Any] = {"code": self.number, "message": self.message}
        if self.delay_s is not None:
            body["details"] = [
                {
                    "@type": "type.googleapis.com/google.rpc.RetryInfo",
                    "retryDelay": f"{self.delay_s:.3f}s",
                }
            ]
        return json.dumps(body).encode()

    def retry_after(self) -> str | None:
        """Value of the Retry-After header: whole seconds, rounded up."""
        return None if self.delay_s is None else str(max(1, math.ceil(self.delay_s)))


def reply_to(error: Refused, delay_s: float | None = None) -> Reply:
    """The reply for a refusal; ``delay_s`` only for Busy."""
    for kind, code, number, http_status in _CODES:
        if isinstance(error, kind):
            return Reply(code, number, http_status, str(error), delay_s)
    return Reply(grpc.StatusCode.FAILED_PRECONDITION, 9, 400, str(error))


def success(receipt: Receipt, signal: Signal, content_type: str = PROTOBUF) -> bytes:
    """The success response; empty unless something was rejected or there is a warning."""
    rejected, message = receipt.rejected, receipt.message
    if content_type == JSON:
        if not rejected and not message:
            return b"{}"
        name = "rejectedSpans" if signal == "traces" else "rejectedLogRecords"
        partial = {name: str(rejected), "errorMessage": message}
        return json.dumps({"partialSuccess": partial}).encode()
    if not rejected and not message:
        return b""
    if signal == "traces":
        traces = ExportTraceServiceResponse()
        traces.partial_success.rejected_spans = rejected
        traces.partial_success.error_message = message
        return bytes(traces.SerializeToString())
    logs = ExportLogsServiceResponse()
    logs.partial_success.rejected_log_records = rejected
    logs.partial_success.error_message = message
    return bytes(logs.SerializeToString())


def _duration(seconds: float) -> duration_pb2.Duration:
    whole = int(seconds)
    return duration_pb2.Duration(seconds=whole, nanos=int((seconds - whole) * 1e9))
