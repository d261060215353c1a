import asyncio
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_evaluator.api.intake import Receipt
from otel_evaluator.errors import Busy, Malformed, TooLarge
from tests.receive.receiving import (
    BOMBS,
    LOGS,
    METRICS,
    TRACES,
    RecordingIntake,
    WireIntake,
    log_request,
    message,
    metric_request,
    receiving,
    trace_request,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
BODY = trace_request(3).SerializeToString()


async def failed(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def details(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    """The google.rpc.Status of the trailing metadata, which must agree with the outer status."""
    trailing = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    assert status.code == error.code().value[0]
    assert status.message == error.details()
    return status


def retry_delay(error: grpc.aio.AioRpcError) -> float | None:
    for detail in details(error).details:
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(retry):
            return retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    return None


async def test_the_bytes_arrive_as_sent_and_the_answer_is_empty() -> None:
    async with receiving() as running:
        logs = log_request().SerializeToString()
        channel = running.channel()
        assert await channel.unary_unary(TRACES)(BODY) == b""
        assert await channel.unary_unary(LOGS)(logs) == b""
        assert await channel.unary_unary(TRACES)(b"") == b""
        assert running.intake.requests == [
            ("traces", "grpc", BODY),
            ("logs", "grpc", logs),
            ("traces", "grpc", b""),
        ]
        assert running.metrics.value("request_seconds_count", protocol="grpc") == 3


async def test_gzip_is_taken() -> None:
    async with receiving() as running:
        call = running.channel().unary_unary(TRACES)
        assert await call(BODY, compression=grpc.Compression.Gzip) == b""
        assert running.intake.requests[0][2] == BODY


async def test_partial_success() -> None:
    async with receiving() as running:
        running.intake.receipt = Receipt(2, "2 spans without ids")
        channel = running.channel()
        traces = ExportTraceServiceResponse.FromString(await channel.unary_unary(TRACES)(BODY))
        assert traces.partial_success.rejected_spans == 2
        assert traces.partial_success.error_message == "2 spans without ids"
        running.intake.receipt = Receipt(0, "a warning")
        body = log_request().SerializeToString()
        logs = ExportLogsServiceResponse.FromString(await channel.unary_unary(LOGS)(body))
        assert logs.partial_success.rejected_log_records == 0
        assert logs.partial_success.error_message == "a warning"


@pytest.mark.parametrize(
    ("error", "code", "retry"),
    [
        (Malformed("bad"), grpc.StatusCode.INVALID_ARGUMENT, False),
        (TooLarge("big"), grpc.StatusCode.RESOURCE_EXHAUSTED, False),
        (Busy("full", 3.0, "journal_full"), grpc.StatusCode.UNAVAILABLE, True),
        (RuntimeError("secret text"), grpc.StatusCode.UNAVAILABLE, True),
        (MemoryError(), grpc.StatusCode.UNAVAILABLE, True),
        (RecursionError(), grpc.StatusCode.UNAVAILABLE, True),
        (asyncio.CancelledError(), grpc.StatusCode.UNAVAILABLE, True),
    ],
)
async def test_every_failure_has_its_status(
    error: BaseException, code: grpc.StatusCode, retry: bool
) -> None:
    async with receiving() as running:
        running.intake.error = error
        seen = await failed(running.channel().unary_unary(TRACES)(BODY))
        assert seen.code() == code
        assert "secret" not in (seen.details() or "")
        delay = retry_delay(seen)
        assert (delay is not None) == retry
        if retry:
            assert delay >= 0.75 * getattr(error, "retry_after_s", 1.0)
        assert running.admission.in_flight == 0
        reason = getattr(error, "reason", "internal")
        assert running.refused(reason) == 1
        assert running.metrics.value("spans_refused_total", reason=reason) == 3


@pytest.mark.parametrize("body", [b"\xff" * 40, b"\n\x05abc", message(1, b"\x12\x7fabc")])
async def test_what_is_not_protobuf_is_invalid(body: bytes) -> None:
    async with receiving(WireIntake()) as running:
        error = await failed(running.channel().unary_unary(TRACES)(body))
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
        violation = error_details_pb2.BadRequest()
        assert details(error).details[0].Unpack(violation)


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_messages_above_the_limit_are_too_large(compression: grpc.Compression) -> None:
    listener = {"endpoint": "127.0.0.1:0", "max_message_size": "1MiB"}
    async with receiving(grpc=listener) as running:
        call = running.channel().unary_unary(TRACES)
        error = await failed(call(bytes(2**20 + 1), compression=compression))
        assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert running.intake.requests == []
        assert await call(BODY) == b""
        assert running.refused("malformed") == 0


@pytest.mark.parametrize("name", ["2 M empty spans", "100 k resources"])
async def test_decode_bombs_are_too_large(name: str) -> None:
    async with receiving() as running:
        error = await failed(running.channel().unary_unary(TRACES)(BOMBS[name]()))
        assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert retry_delay(error) is None
        assert running.intake.requests == []


async def test_misdirected_signals_are_told_where_to_go() -> None:
    async with receiving() as running:
        channel = running.channel()
        logs, metrics = log_request().SerializeToString(), metric_request().SerializeToString()
        for method, body, words in (
            (TRACES, logs, "log records, sent to the traces"),
            (TRACES, metrics, "metrics, sent to the traces"),
            (LOGS, BODY, "spans, sent to the logs"),
        ):
            error = await failed(channel.unary_unary(method)(body))
            assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
            assert words in (error.details() or "")
        error = await failed(channel.unary_unary(METRICS)(metrics))
        assert error.code() == grpc.StatusCode.UNIMPLEMENTED
        assert "not metrics" in (error.details() or "")
        assert running.intake.requests == []


async def test_pressure_refuses_before_reading() -> None:
    busy = Busy("the journal is full", 2.0, "journal_full")
    async with receiving(pressure=lambda: busy) as running:
        error = await failed(running.channel().unary_unary(TRACES)(BODY))
        assert error.code() == grpc.StatusCode.UNAVAILABLE
        assert error.details() == "the journal is full"
        assert (retry_delay(error) or 0) >= 1.5
        assert running.refused("journal_full") == 1


async def test_memory_above_the_ceiling_is_unavailable() -> None:
    async with receiving(resident=lambda: 2**40) as running:
        error = await failed(running.channel().unary_unary(TRACES)(BODY))
        assert error.code() == grpc.StatusCode.UNAVAILABLE
        assert running.refused("memory") == 1


async def test_bytes_in_flight_are_bounded_over_all_calls() -> None:
    gate = asyncio.Event()
    listener = {"endpoint": "127.0.0.1:0", "max_message_size": "900KiB"}
    limits = {"max_in_flight": "1MiB"}
    big = message(2, bytes(600_000))  # an unknown field
    async with receiving(grpc=listener, http=None, limits=limits) as running:
        running.intake.gate = gate
        call = running.channel().unary_unary(TRACES)
        first = call(big)
        await running.intake.entered.wait()
        assert running.metrics.value("in_flight_bytes") == len(big)
        error = await failed(call(big))
        assert error.code() == grpc.StatusCode.UNAVAILABLE
        assert retry_delay(error) is not None
        assert running.refused("in_flight") == 1
        gate.set()
        assert await first == b""
        assert await call(big) == b""
        assert running.admission.in_flight == 0


async def test_a_cancelled_call_leaves_no_bytes_behind() -> None:
    async with receiving() as running:
        running.intake.gate = asyncio.Event()
        for _ in range(20):
            running.intake.entered.clear()
            call = running.channel().unary_unary(TRACES)(BODY)
            await running.intake.entered.wait()
            assert running.admission.in_flight == len(BODY)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await until(lambda: running.admission.in_flight == 0)


async def test_a_client_deadline_leaves_no_bytes_behind() -> None:
    async with receiving() as running:
        running.intake.gate = asyncio.Event()
        error = await failed(running.channel().unary_unary(TRACES)(BODY, timeout=0.05))
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        await until(lambda: running.admission.in_flight == 0)


async def test_a_call_without_a_message_is_invalid() -> None:
    async with receiving() as running:
        call = running.channel().stream_unary(TRACES)()
        await call.done_writing()
        assert (await failed(call)).code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_body_that_never_comes_is_ended() -> None:
    async with receiving(limits={"read_timeout": "100ms"}) as running:
        call = running.channel().stream_unary(TRACES)()
        error = await failed(call)
        assert error.code() == grpc.StatusCode.UNAVAILABLE
        assert retry_delay(error) is not None
        assert running.refused("slow") == 1


async def test_slow_bodies_are_ended_sooner_when_memory_is_short() -> None:
    resident = [0]
    async with receiving(resident=lambda: resident[0]) as running:
        call = running.channel().stream_unary(TRACES)()
        await until(lambda: running.receiver._grpc._reading)
        resident[0] = 2**40
        async with asyncio.timeout(5):
            error = await failed(call)
        assert error.code() == grpc.StatusCode.UNAVAILABLE
        assert running.refused("slow") == 1


async def test_health_follows_the_receiver() -> None:
    serving = health_pb2.HealthCheckResponse.SERVING
    async with receiving(RecordingIntake()) as running:
        stub = health_pb2_grpc.HealthStub(running.channel())
        for name in ("", TRACES.split("/")[1], LOGS.split("/")[1]):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == serving
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=""))
        assert (await watch.read()).status == serving
        stopping = asyncio.create_task(running.receiver.stop(1.0))
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watch.cancel()
        await stopping


async def test_keepalive_pings_every_ten_seconds_are_not_too_many() -> None:
    async with receiving() as running:
        options = dict(running.receiver._grpc._options())
        assert options["grpc.http2.min_recv_ping_interval_without_data_ms"] <= 10_000
        assert options["grpc.keepalive_permit_without_calls"] == 1


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)
