import asyncio
import contextlib
import gzip
import io
import json
from typing import Any

import aiohttp
import pytest
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from otel_evaluator.api.intake import Receipt
from otel_evaluator.errors import Busy, Malformed, TooLarge
from otel_evaluator.receive import connections
from tests.receive.receiving import (
    BOMBS,
    JSON,
    PROTOBUF,
    Running,
    WireIntake,
    log_request,
    message,
    metric_request,
    receiving,
    trace_request,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
BODY = trace_request(3).SerializeToString()
SPAN = {"traceId": "01" * 16, "spanId": "02" * 8, "name": "chat"}
JSON_BODY = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}).encode()


class Answer:
    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def problem(self) -> status_pb2.Status:
        return status_pb2.Status.FromString(self.body)


async def post(
    running: Running, body: Any, path: str = "/v1/traces", method: str = "POST", **headers: str
) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    names.setdefault("Content-Type", PROTOBUF)
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, running.url(path), data=body, headers=names) as answer,
    ):
        return Answer(answer.status, answer.headers, await answer.read())


async def test_protobuf_arrives_as_sent_and_the_answer_is_empty() -> None:
    async with receiving() as running:
        for body, path in ((BODY, "/v1/traces"), (log_request().SerializeToString(), "/v1/logs")):
            answer = await post(running, body, path)
            assert (answer.status, answer.body) == (200, b"")
            assert answer.headers["Content-Type"] == PROTOBUF
            assert running.intake.requests[-1] == (path[4:], "http", body)
        assert (await post(running, b"")).status == 200
        assert running.metrics.value("request_seconds_count", protocol="http") == 3


async def test_json_arrives_as_protobuf_and_is_answered_in_json() -> None:
    async with receiving() as running:
        answer = await post(running, JSON_BODY, Content_Type="application/json; charset=utf-8")
        assert (answer.status, answer.body) == (200, b"{}")
        assert answer.headers["Content-Type"] == JSON
        request = ExportTraceServiceRequest.FromString(running.intake.requests[0][2])
        assert request.resource_spans[0].scope_spans[0].spans[0].trace_id == b"\x01" * 16
        logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "7"}]}]}]}
        answer = await post(running, json.dumps(logs).encode(), "/v1/logs", Content_Type=JSON)
        assert answer.status == 200
        records = ExportLogsServiceRequest.FromString(running.intake.requests[1][2])
        assert records.resource_logs[0].scope_logs[0].log_records[0].time_unix_nano == 7


async def test_large_json_is_converted_off_the_event_loop() -> None:
    spans = [SPAN | {"attributes": [{"key": "k", "value": {"stringValue": "x" * 500}}]}] * 300
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
    async with receiving(WireIntake()) as running:
        answers = await asyncio.gather(*[post(running, body, Content_Type=JSON) for _ in range(4)])
        assert [answer.status for answer in answers] == [200] * 4
        assert running.admission.in_flight == 0


@pytest.mark.parametrize(("content_type", "body"), [(PROTOBUF, BODY), (JSON, JSON_BODY)])
async def test_gzip_is_taken(content_type: str, body: bytes) -> None:
    async with receiving() as running:
        await post(running, body, Content_Type=content_type)
        packed = gzip.compress(body)
        answer = await post(running, packed, Content_Type=content_type, Content_Encoding="gzip")
        assert answer.status == 200
        assert running.intake.requests[0] == running.intake.requests[1]


async def test_chunked_bodies_are_taken() -> None:
    async def pieces() -> Any:
        for i in range(0, len(BODY), 10):
            yield BODY[i : i + 10]

    async with receiving() as running:
        assert (await post(running, pieces())).status == 200
        assert running.intake.requests[0][2] == BODY


async def test_partial_success() -> None:
    async with receiving() as running:
        running.intake.receipt = Receipt(2, "2 spans without ids")
        answer = await post(running, BODY)
        response = ExportTraceServiceResponse.FromString(answer.body)
        assert answer.status == 200
        assert response.partial_success.rejected_spans == 2
        answer = await post(running, JSON_BODY, Content_Type=JSON)
        assert json.loads(answer.body) == {
            "partialSuccess": {"rejectedSpans": "2", "errorMessage": "2 spans without ids"}
        }


async def test_base64_ids_in_json_are_explained() -> None:
    span = SPAN | {"traceId": "W47/95gDgQPSabYzgT/GDA=="}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN, span]}]}]}
    async with receiving(WireIntake()) as running:
        answer = await post(running, json.dumps(body).encode(), Content_Type=JSON)
        partial = json.loads(answer.body)["partialSuccess"]
        assert partial["rejectedSpans"] == "1"
        assert "hexadecimal, not base64" in partial["errorMessage"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Malformed("bad"), 400, 3),
        (TooLarge("big"), 413, 8),
        (Busy("full", 3.0, "journal_full"), 503, 14),
        (RuntimeError("secret text"), 503, 14),
        (MemoryError(), 503, 14),
        (asyncio.CancelledError(), 503, 14),
    ],
)
@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
async def test_every_failure_has_its_status(
    error: BaseException, status: int, code: int, content_type: str
) -> None:
    async with receiving() as running:
        running.intake.error = error
        body = BODY if content_type == PROTOBUF else JSON_BODY
        answer = await post(running, body, Content_Type=content_type)
        assert answer.status == status
        assert answer.headers["Content-Type"] == content_type
        assert b"secret" not in answer.body
        if content_type == JSON:
            assert json.loads(answer.body)["code"] == code
        else:
            assert answer.problem.code == code
        assert ("Retry-After" in answer.headers) == (status == 503)
        assert running.admission.in_flight == 0
        assert running.refused(getattr(error, "reason", "internal")) == 1


async def test_retry_after_and_retry_info_agree() -> None:
    async with receiving(pressure=lambda: Busy("full", 4.0)) as running:
        answer = await post(running, BODY)
        retry = error_details_pb2.RetryInfo()
        assert answer.problem.details[0].Unpack(retry)
        delay = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
        assert delay >= 3.0
        assert delay <= int(answer.headers["Retry-After"]) < delay + 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff" * 40, PROTOBUF),
        (message(1, b"\x12\x7fabc"), PROTOBUF),
        (b"{", JSON),
        (b'{"resourceSpans": NaN}', JSON),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, JSON),
        (JSON_BODY, PROTOBUF),
        (BODY, JSON),
    ],
)
async def test_bad_bodies_are_400_and_say_why(body: bytes, content_type: str) -> None:
    async with receiving(WireIntake()) as running:
        answer = await post(running, body, Content_Type=content_type)
        assert answer.status == 400
        if content_type == PROTOBUF:
            assert answer.problem.details[0].Unpack(error_details_pb2.BadRequest())
        else:
            assert json.loads(answer.body)["message"]


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(BODY)[:-4],
        gzip.compress(BODY) + b"junk",
        BODY,
        b"",
    ],
)
async def test_bad_gzip_is_400(body: bytes) -> None:
    async with receiving() as running:
        answer = await post(running, body, Content_Encoding="gzip")
        assert answer.status == 400
        assert running.intake.requests == []


async def test_other_encodings_types_methods_and_paths() -> None:
    async with receiving() as running:
        answer = await post(running, BODY, Content_Encoding="zstd")
        assert answer.status == 415
        assert "gzip" in answer.headers["Accept-Encoding"]
        for content_type in ("text/plain", "application/octet-stream"):
            assert (await post(running, BODY, Content_Type=content_type)).status == 415
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            answer = await post(running, None, method=method)
            assert answer.status == 405
            assert answer.headers["Allow"] == "POST"
        answer = await post(running, BODY, "/")
        assert answer.status == 404
        assert b"/v1/traces" in answer.body
        answer = await post(running, metric_request().SerializeToString(), "/v1/metrics")
        assert answer.status == 501
        assert b"not metrics" in answer.body
        assert running.intake.requests == []


async def test_misdirected_signals_are_told_where_to_go() -> None:
    async with receiving() as running:
        answer = await post(running, log_request().SerializeToString())
        assert answer.status == 400
        assert "log records, sent to the traces" in answer.problem.message
        answer = await post(running, BODY, "/v1/logs")
        assert "spans, sent to the logs" in answer.problem.message
        answer = await post(running, b'{"resourceLogs":[{}]}', Content_Type=JSON)
        assert answer.status == 400


async def test_sizes_before_and_after_inflation() -> None:
    listener = {"endpoint": "127.0.0.1:0", "max_message_size": "100KiB"}
    big = message(2, bytes(100 * 1024))
    async with receiving(http=listener) as running:

        async def pieces() -> Any:
            for i in range(0, len(big), 10_000):
                yield big[i : i + 10_000]

        for body, headers in (
            (big, {}),
            (pieces(), {}),
            (gzip.compress(big), {"Content_Encoding": "gzip"}),
        ):
            answer = await post(running, body, **headers)
            assert answer.status == 413
            assert answer.problem.code == 8
        assert running.refused("too_large") == 3
        assert (await post(running, BODY)).status == 200


@pytest.mark.fault("E4")
async def test_a_declared_gigabyte_is_refused_unread() -> None:
    async with receiving() as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.receiver.ports["http"])
        head = f"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: {PROTOBUF}\r\n"
        writer.write(f"{head}Content-Length: {2**30}\r\n\r\n".encode())
        assert b"413" in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_expect_100_continue() -> None:
    async with (
        receiving() as running,
        aiohttp.ClientSession() as session,
        session.post(
            running.url(), data=BODY, headers={"Content-Type": PROTOBUF}, expect100=True
        ) as answer,
    ):
        assert answer.status == 200
        assert running.intake.requests[0][2] == BODY


@pytest.mark.parametrize("name", ["2 M empty spans", "2 M attributes"])
async def test_decode_bombs_are_413(name: str) -> None:
    async with receiving() as running:
        answer = await post(running, io.BytesIO(BOMBS[name]()))
        assert answer.status == 413
        assert running.intake.requests == []


async def test_a_sender_that_leaves_frees_its_bytes() -> None:
    async with receiving() as running:
        port = running.receiver.ports["http"]
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: {PROTOBUF}\r\n"
        writer.write(f"{head}Content-Length: 1000\r\n\r\n".encode() + b"x" * 500)
        await until(lambda: running.admission.in_flight == 500)
        writer.transport.abort()
        await until(lambda: running.admission.in_flight == 0)


async def test_a_body_that_never_ends_is_ended() -> None:
    async with receiving(limits={"read_timeout": "100ms"}) as running:

        async def drip() -> Any:
            for _ in range(100):
                yield b"\x12\x00"
                await asyncio.sleep(0.02)

        answer = await post(running, drip())
        assert answer.status == 503
        assert running.refused("slow") == 1
        assert running.admission.in_flight == 0


@pytest.mark.fault("E9")
async def test_silent_and_dripping_connections_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.2)
    async with receiving() as running, aiohttp.ClientSession() as session:
        port = running.receiver.ports["http"]
        silent, silent_writer = await asyncio.open_connection("127.0.0.1", port)
        drip, drip_writer = await asyncio.open_connection("127.0.0.1", port)
        headers = {"Content-Type": PROTOBUF}
        async with session.post(running.url(), data=BODY, headers=headers) as answer:
            assert answer.status == 200
        drip_writer.write(b"POST /v1/traces HTTP/1.1\r\n")
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(silent.read(), 5) == b""
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(drip.read(), 5) == b""
        # A connection that has sent a request may rest.
        async with session.post(running.url(), data=BODY, headers=headers) as answer:
            assert answer.status == 200
        assert running.receiver._http._connections.requests_count == 2
        for writer in (silent_writer, drip_writer):
            writer.close()


async def test_broken_http_is_answered_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with receiving() as running:
        port = running.receiver.ports["http"]
        for text in (b"\x16\x03\x01\x02\x00 TLS?", b"GET\r\n\r\n", b"POST / HTTP/9\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(text)
            writer.write_eof()
            assert b" 200 " not in await asyncio.wait_for(reader.read(), 5)
            writer.close()
        assert caplog.records == []


async def test_bytes_in_flight_are_bounded() -> None:
    listener = {"endpoint": "127.0.0.1:0", "max_message_size": "900KiB"}
    big = message(2, bytes(600_000))
    async with receiving(http=listener, grpc=None, limits={"max_in_flight": "1MiB"}) as running:
        running.intake.gate = asyncio.Event()
        first = asyncio.create_task(post(running, big))
        await running.intake.entered.wait()
        answer = await post(running, big)
        assert answer.status == 503
        assert running.refused("in_flight") == 1
        running.intake.gate.set()
        assert (await first).status == 200
        assert running.admission.in_flight == 0


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)
