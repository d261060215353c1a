"""A sender of OTLP that behaves as a Collector does: the same bytes again until it is told OK."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tests.fault.oracle import Oracle

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
RETRIED = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.ABORTED,
}
_CHANNEL = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)]


@dataclass
class Sent:
    """What the driver did."""

    requests: int = 0
    acknowledged: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    """Seconds of RetryInfo, in order."""


async def export(service: Any, body: bytes) -> int:
    """Send one request once; how many spans were rejected. Raises AioRpcError when refused."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{service.grpc_port}") as channel:
        answer = await channel.unary_unary(TRACES)(body, timeout=10, wait_for_ready=True)
    response = ExportTraceServiceResponse.FromString(answer)
    return int(response.partial_success.rejected_spans)


async def send(oracle: Oracle, service: Any, requests: int) -> None:
    """Send some requests one after the other until each is acknowledged."""
    for _ in range(requests):
        body, trace_ids = oracle.issue()
        assert not await export(service, body)
        oracle.acknowledged(trace_ids)


def advised(error: grpc.aio.AioRpcError) -> list[float]:
    """Seconds that the refusal says to wait; empty when it says nothing."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            for detail in status.details:
                info = error_details_pb2.RetryInfo()
                if detail.Unpack(info):
                    return [info.retry_delay.ToTimedelta().total_seconds()]
    return []


class Driver:
    """Sends the oracle's requests until it is stopped; acknowledgements go to the oracle."""

    def __init__(
        self, oracle: Oracle, port: int, *, senders: int = 8, pause_s: float = 0.0, seed: int = 0
    ) -> None:
        self._oracle = oracle
        self._port = port
        self._senders = senders
        self._pause_s = pause_s
        self._random = random.Random(seed)
        self._stopping = False
        self.sent = Sent()

    async def run(self) -> Sent:
        """Send until ``stop``; requests under way are retried until they are acknowledged."""
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self._port}", options=_CHANNEL) as to:
            export = to.unary_unary(TRACES)
            await asyncio.gather(*(self._send(export) for _ in range(self._senders)))
        return self.sent

    def stop(self) -> None:
        """Issue nothing new."""
        self._stopping = True

    async def _send(self, export: grpc.aio.UnaryUnaryMultiCallable) -> None:
        while not self._stopping:
            body, trace_ids = self._oracle.issue()
            self.sent.requests += 1
            await self._until_acknowledged(export, body, trace_ids)
            await asyncio.sleep(self._pause_s * self._random.random() * 2)

    async def _until_acknowledged(
        self, export: grpc.aio.UnaryUnaryMultiCallable, body: bytes, trace_ids: list[str]
    ) -> None:
        while True:
            try:
                answer = await export(body, timeout=5)
            except grpc.aio.AioRpcError as error:
                if error.code() not in RETRIED:
                    raise
                self.sent.delays += advised(error)
                name = error.code().name
                self.sent.refusals[name] = self.sent.refusals.get(name, 0) + 1
                await asyncio.sleep(0.02 + 0.08 * self._random.random())
                continue
            rejected = ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans
            if not rejected:
                self._oracle.acknowledged(trace_ids)
                self.sent.acknowledged += len(trace_ids)
            return
