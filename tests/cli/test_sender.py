"""Sending over gRPC against a real server that answers as it is told."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from otel_evaluator.cli import sender as sender_module
from otel_evaluator.cli.output import Failure
from otel_evaluator.cli.sender import Sender

TRACE_METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def refusal(code: grpc.StatusCode, retry_s: float | None = None) -> tuple[grpc.StatusCode, Any]:
    if retry_s is None:
        return code, ()
    detail = AnyMessage()
    info = error_details_pb2.RetryInfo()
    info.retry_delay.FromNanoseconds(int(retry_s * 1e9))
    detail.Pack(info)
    status = status_pb2.Status(code=code.value[0], message="busy", details=[detail])
    return code, (("grpc-status-details-bin", status.SerializeToString()),)


class Scripted:
    """A trace service that gives the next answer of a list, then takes everything."""

    def __init__(self) -> None:
        self.script: list[Any] = []
        self.taken: list[bytes] = []
        self.metadata: list[dict[str, str]] = []

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if details.method != TRACE_METHOD:
            return None
        return grpc.unary_unary_rpc_method_handler(self.export)

    async def export(self, body: bytes, context: grpc.aio.ServicerContext) -> bytes:
        self.metadata.append(dict(context.invocation_metadata()))
        answer = self.script.pop(0) if self.script else b""
        if isinstance(answer, tuple):
            context.set_trailing_metadata(answer[1])
            await context.abort(answer[0], "told so")
        self.taken.append(body)
        return answer


class Handler(grpc.GenericRpcHandler):
    def __init__(self, scripted: Scripted) -> None:
        self.scripted = scripted

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        return self.scripted.service(details)


@pytest.fixture
async def receiver(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Scripted, str]]:
    monkeypatch.setattr(sender_module, "FIRST_DELAY_S", 0.01)
    scripted = Scripted()
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([Handler(scripted)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield scripted, f"127.0.0.1:{port}"
    await server.stop(None)


async def test_bytes_and_headers_arrive(receiver: tuple[Scripted, str]):
    scripted, endpoint = receiver
    async with Sender(endpoint, {"Authorization": "Bearer x"}) as sender:
        await sender.send("traces", b"abc")
    assert scripted.taken == [b"abc"]
    assert scripted.metadata[0]["authorization"] == "Bearer x"
    assert (sender.tally.requests, sender.tally.bytes, sender.tally.retries) == (1, 3, 0)


@pytest.mark.parametrize(
    "answer",
    [
        refusal(grpc.StatusCode.UNAVAILABLE),
        refusal(grpc.StatusCode.UNAVAILABLE, 0.02),
        refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, 0.02),
        refusal(grpc.StatusCode.ABORTED),
    ],
)
async def test_busy_receivers_are_tried_again(receiver: tuple[Scripted, str], answer: Any):
    scripted, endpoint = receiver
    scripted.script = [answer, answer]
    async with Sender(endpoint) as sender:
        await sender.send("traces", b"abc")
    assert scripted.taken == [b"abc"]
    assert sender.tally.retries == 2


async def test_the_time_the_receiver_names_is_kept(receiver: tuple[Scripted, str]):
    scripted, endpoint = receiver
    scripted.script = [refusal(grpc.StatusCode.UNAVAILABLE, 3600)]
    async with Sender(endpoint, patience_s=5) as sender:
        with pytest.raises(Failure, match="UNAVAILABLE"):
            await sender.send("traces", b"abc")
    assert len(scripted.metadata) == 1, "asked again before the time it was given"


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, "is the file OTLP"),
        (grpc.StatusCode.UNAUTHENTICATED, "--header"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED: told so"),
        (grpc.StatusCode.INTERNAL, "INTERNAL: told so"),
    ],
)
async def test_refusals_are_told_at_once(
    receiver: tuple[Scripted, str], code: grpc.StatusCode, hint: str
):
    scripted, endpoint = receiver
    scripted.script = [refusal(code)]
    async with Sender(endpoint) as sender:
        with pytest.raises(Failure, match=hint):
            await sender.send("traces", b"abc")
    assert len(scripted.metadata) == 1


async def test_partial_success_is_counted(receiver: tuple[Scripted, str]):
    scripted, endpoint = receiver
    partial = ExportTracePartialSuccess(rejected_spans=2, error_message="bad ids")
    scripted.script = [ExportTraceServiceResponse(partial_success=partial).SerializeToString()]
    async with Sender(endpoint) as sender:
        await sender.send("traces", b"abc")
    assert (sender.tally.rejected, sender.tally.messages) == (2, {"bad ids"})


async def test_another_service_there_is_named(receiver: tuple[Scripted, str]):
    async with Sender(receiver[1]) as sender:
        with pytest.raises(Failure, match="takes no OTLP over gRPC"):
            await sender.send("logs", b"abc")


async def test_nobody_there(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sender_module, "FIRST_DELAY_S", 0.01)
    async with Sender("127.0.0.1:1", patience_s=0.1) as sender:
        with pytest.raises(Failure, match="is the service running"):
            await sender.send("traces", b"abc")
