"""Sends export requests over gRPC the way a Collector does.

UNAVAILABLE and the other retryable codes are tried again after RetryInfo's delay, or with
exponential backoff where there is none (OTLP specification 1.11, "Failures").
"""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import grpc
import grpc.aio
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_evaluator.cli.output import Failure

Signal = Literal["traces", "logs"]

_METHODS: dict[Signal, tuple[str, Any]] = {
    "traces": (
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        ExportTraceServiceResponse,
    ),
    "logs": (
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        ExportLogsServiceResponse,
    ),
}
_RETRYABLE = {
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DATA_LOSS,
}
"""Of the specification; RESOURCE_EXHAUSTED joins them when it carries RetryInfo."""

FIRST_DELAY_S = 0.5
MAX_DELAY_S = 30.0
REQUEST_TIMEOUT_S = 30.0


@dataclass
class Tally:
    """What was sent so far."""

    requests: int = 0
    bytes: int = 0
    retries: int = 0
    rejected: int = 0
    """Items the receiver refused although it took the request (partial success)."""
    messages: set[str] = field(default_factory=set)
    """What the receiver said about them."""


class Sender:
    """One channel; use as an async context manager."""

    def __init__(
        self,
        endpoint: str,
        headers: Mapping[str, str] | None = None,
        *,
        secure: bool = False,
        patience_s: float = 60.0,
    ) -> None:
        self.endpoint = endpoint
        self.tally = Tally()
        self._headers = tuple((k.lower(), v) for k, v in (headers or {}).items())
        self._secure = secure
        self._patience_s = patience_s
        """How long one request is tried again."""

    async def __aenter__(self) -> Self:
        options = [("grpc.max_send_message_length", -1), ("grpc.enable_http_proxy", 0)]
        if self._secure:
            credentials = grpc.ssl_channel_credentials()
            self._channel = grpc.aio.secure_channel(self.endpoint, credentials, options)
        else:
            self._channel = grpc.aio.insecure_channel(self.endpoint, options)
        self._calls = {
            signal: self._channel.unary_unary(
                method, request_serializer=None, response_deserializer=response.FromString
            )
            for signal, (method, response) in _METHODS.items()
        }
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._channel.close()

    async def send(self, signal: Signal, body: bytes) -> None:
        """Send one request until it is taken; Failure when it is refused or patience ends."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_s
        delay = FIRST_DELAY_S
        while True:
            try:
                response = await self._calls[signal](
                    body, timeout=REQUEST_TIMEOUT_S, metadata=self._headers
                )
            except grpc.aio.AioRpcError as error:
                told = retry_delay(error)
                wait = told if told is not None else delay * random.uniform(0.5, 1.0)  # noqa: S311
                if not _is_retryable(error.code(), told) or loop.time() + wait > deadline:
                    raise Failure(_words(self.endpoint, error)) from None
                self.tally.retries += 1
                await asyncio.sleep(wait)
                delay = min(delay * 2, MAX_DELAY_S)
                continue
            self._note(signal, body, response)
            return

    def _note(self, signal: Signal, body: bytes, response: Any) -> None:
        self.tally.requests += 1
        self.tally.bytes += len(body)
        partial = response.partial_success
        rejected = partial.rejected_spans if signal == "traces" else partial.rejected_log_records
        self.tally.rejected += rejected
        if partial.error_message:
            self.tally.messages.add(partial.error_message)


def _is_retryable(code: grpc.StatusCode, told: float | None) -> bool:
    return code in _RETRYABLE or (code is grpc.StatusCode.RESOURCE_EXHAUSTED and told is not None)


def retry_delay(error: grpc.aio.AioRpcError) -> float | None:
    """Seconds of RetryInfo in ``grpc-status-details-bin``; None when there is none."""
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        try:
            details = status_pb2.Status.FromString(value).details
        except DecodeError:
            return None
        for detail in details:
            info = error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                return max(0.0, float(info.retry_delay.seconds + info.retry_delay.nanos / 1e9))
    return None


def _words(endpoint: str, error: grpc.aio.AioRpcError) -> str:
    code = error.code()
    said = " ".join((error.details() or "").split())[:300]
    hint = {
        grpc.StatusCode.UNAVAILABLE: "is the service running, and is this its gRPC endpoint?",
        grpc.StatusCode.UNAUTHENTICATED: "give --header 'authorization=Bearer TOKEN'",
        grpc.StatusCode.INVALID_ARGUMENT: "is the file OTLP of this signal?",
        grpc.StatusCode.UNIMPLEMENTED: "what listens there takes no OTLP over gRPC",
    }.get(code, "")
    return f"{endpoint} answered {code.name}: {said}" + (f"; {hint}" if hint else "")
