"""Score spans and evaluation events over OTLP: what is sent, and what each answer means."""

from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio
import pytest
import trustme
from aiohttp import web
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from pydantic import ValidationError

from otel_evaluator.errors import ConfigError, Held, Permanent, Retryable
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.outcome import Failed, Scored
from otel_evaluator.write.batch import halves
from otel_evaluator.write.otlp import OtlpExporterConfig, OtlpWriter
from otel_evaluator.write.otlp.answer import retry_after_s
from otel_evaluator.write.otlp.encode import logs_request, traces_request
from otel_evaluator.write.spans import score_record, score_span
from tests.support.outcomes import a_batch, an_outcome, one_of_each

TRACES = "opentelemetry.proto.collector.trace.v1.TraceService"
LOGS = "opentelemetry.proto.collector.logs.v1.LogsService"


class Receiver:
    """Keeps requests as they came; answers from a list, then with success."""

    def __init__(self) -> None:
        self.requests: dict[str, list[bytes]] = {"traces": [], "logs": []}
        self.headers: list[dict[str, str]] = []
        self.answers: dict[str, list[Any]] = {"traces": [], "logs": []}
        self.endpoint = ""

    def next(self, signal: str, body: bytes, headers: Any) -> Any:
        self.requests[signal].append(body)
        self.headers.append({str(key).lower(): str(value) for key, value in headers})
        return self.answers[signal].pop(0) if self.answers[signal] else b""

    @property
    def spans(self) -> list[Any]:
        found = [ExportTraceServiceRequest.FromString(body) for body in self.requests["traces"]]
        scopes = [scope for r in found for group in r.resource_spans for scope in group.scope_spans]
        return [span for scope in scopes for span in scope.spans]


def _handlers(receiver: Receiver) -> list[Any]:
    def export(signal: str) -> Callable[..., Any]:
        async def handle(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
            answer = receiver.next(signal, request, context.invocation_metadata() or ())
            if isinstance(answer, bytes):
                return answer
            code, trailing = answer
            await context.abort(code, "some detail", trailing_metadata=trailing)
            raise AssertionError

        return handle

    return [
        grpc.method_handlers_generic_handler(
            service, {"Export": grpc.unary_unary_rpc_method_handler(export(signal))}
        )
        for service, signal in ((TRACES, "traces"), (LOGS, "logs"))
    ]


@pytest.fixture
async def grpc_receiver():
    receiver, server = Receiver(), grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers(_handlers(receiver))
    receiver.endpoint = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield receiver
    await server.stop(None)


@pytest.fixture
async def http_receiver():
    receiver, app = Receiver(), web.Application()

    async def handle(request: web.Request) -> web.Response:
        assert request.content_type == "application/x-protobuf"
        signal = request.path.rpartition("/")[2]
        answer = receiver.next(signal, await request.read(), request.headers.items())
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="application/x-protobuf")
        status, headers = answer
        return web.Response(status=status, headers=headers)

    app.router.add_post("/v1/traces", handle)
    app.router.add_post("/v1/logs", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield receiver
    await runner.cleanup()


@pytest.fixture
def receivers(grpc_receiver, http_receiver) -> dict[str, Receiver]:
    return {"grpc": grpc_receiver, "http": http_receiver}


@pytest.fixture
async def writing(clock):
    writers: list[OtlpWriter] = []

    async def start(receiver: Receiver, metrics: Metrics | None = None, **settings: Any):
        http = receiver.endpoint.startswith("http")
        protocol = "http/protobuf" if http else "grpc"
        values = {"endpoint": receiver.endpoint, "protocol": protocol, "insecure": True} | settings
        writer = OtlpWriter(OtlpExporterConfig.model_validate(values), clock, metrics)
        writers.append(writer)
        await writer.start()
        return writer

    yield start
    for writer in writers:
        await writer.aclose()


def test_the_span_on_the_wire_is_the_span_meant() -> None:
    outcome = an_outcome(
        verdict=Scored(0.25, passed=False, explanation="why", span_id="00f067aa0ba902b7"),
        trace_state="ot=th:8,vendor=x",
        response_id="chatcmpl-1",
    )
    meant = score_span(outcome)
    assert meant is not None
    (group,) = ExportTraceServiceRequest.FromString(traces_request([meant])).resource_spans
    (span,) = group.scope_spans[0].spans
    assert span.trace_id.hex() == outcome.trace_id
    assert span.span_id.hex() == outcome.score_id[:16]
    assert span.parent_span_id.hex() == outcome.span_id
    assert (span.name, span.kind, span.trace_state) == (meant.name, 1, "ot=th:8,vendor=x")
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (meant.start_ns, meant.end_ns)
    sent = {item.key: item.value for item in span.attributes}
    assert set(sent) == set(meant.attributes)
    assert sent["gen_ai.evaluation.score.value"].double_value == 0.25
    assert sent["otel_evaluator.passed"].bool_value is False
    assert sent["otel_evaluator.passed"].WhichOneof("value") == "bool_value"
    assert sent["otel_evaluator.subject.revision"].WhichOneof("value") == "int_value"
    assert [event.name for event in span.events] == ["gen_ai.evaluation.result"]
    (link,) = span.links
    assert (link.trace_id.hex(), link.span_id.hex()) == (outcome.trace_id, "00f067aa0ba902b7")
    assert group.scope_spans[0].scope.name == "otel_evaluator"
    assert {
        item.key: item.value.string_value for item in group.resource.attributes
    } == meant.resource


def test_a_failure_is_an_error_status() -> None:
    span = score_span(an_outcome(verdict=Failed("timeout", "TimeoutError")))
    assert span is not None
    (group,) = ExportTraceServiceRequest.FromString(traces_request([span])).resource_spans
    assert group.scope_spans[0].spans[0].status.code == 2
    assert group.scope_spans[0].spans[0].status.message == "TimeoutError"


def test_an_event_on_the_wire() -> None:
    outcome = an_outcome()
    record = score_record(outcome)
    assert record is not None
    (group,) = ExportLogsServiceRequest.FromString(logs_request([record])).resource_logs
    (sent,) = group.scope_logs[0].log_records
    assert sent.event_name == "gen_ai.evaluation.result"
    assert (sent.trace_id.hex(), sent.span_id.hex()) == (outcome.trace_id, outcome.span_id)
    assert sent.time_unix_nano == record.time_ns
    assert {item.key for item in sent.attributes} == set(record.attributes)


def test_text_without_a_utf8_form_is_sent() -> None:
    outcome = an_outcome(verdict=Scored(value=1.0, explanation="half \ud83d"), service="\udc00")
    span, record = score_span(outcome), score_record(outcome)
    assert span is not None
    assert record is not None
    assert b"half ?" in traces_request([span])
    assert b"half ?" in logs_request([record])


@pytest.mark.parametrize("kind", ["grpc", "http"])
async def test_both_signals_arrive(receivers, writing, kind) -> None:
    receiver = receivers[kind]
    writer = await writing(
        receiver, signals=["traces", "logs"], headers={"X-Api-Key": "k"}, compression="none"
    )
    await writer.write(a_batch(*one_of_each()))
    assert len(receiver.spans) == 2
    (logs,) = [ExportLogsServiceRequest.FromString(body) for body in receiver.requests["logs"]]
    assert len(logs.resource_logs[0].scope_logs[0].log_records) == 2
    assert receiver.headers[0]["x-api-key"] == "k"


async def test_http_bodies_are_compressed(http_receiver, writing) -> None:
    writer = await writing(http_receiver)
    await writer.write(a_batch())
    assert http_receiver.headers[0]["content-encoding"] == "gzip"


async def test_nothing_is_sent_for_outcomes_that_become_no_span(grpc_receiver, writing) -> None:
    writer = await writing(grpc_receiver)
    await writer.write(a_batch(*one_of_each()[2:]))
    assert grpc_receiver.requests["traces"] == []


RETRY = {"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"}
HELD = {"UNAUTHENTICATED", "PERMISSION_DENIED", "UNIMPLEMENTED", "NOT_FOUND"}


@pytest.mark.parametrize("code", [c for c in grpc.StatusCode if c is not grpc.StatusCode.OK])
@pytest.mark.fault("C13")
async def test_every_grpc_code(grpc_receiver, writing, code) -> None:
    expected = Retryable if code.name in RETRY else Held if code.name in HELD else Permanent
    grpc_receiver.answers["traces"] = [(code, ())]
    writer = await writing(grpc_receiver)
    with pytest.raises(expected) as failure:
        await writer.write(a_batch())
    assert type(failure.value) is expected
    assert code.name in str(failure.value)
    assert len(grpc_receiver.requests["traces"]) == 1


@pytest.mark.parametrize("code", [grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE])
@pytest.mark.fault("C13")
async def test_retry_info_says_when(grpc_receiver, writing, code) -> None:
    detail = AnyMessage()
    detail.Pack(RetryInfo(retry_delay=Duration(seconds=3, nanos=500_000_000)))
    encoded = Status(code=code.value[0], message="some detail", details=[detail])
    trailing = (("grpc-status-details-bin", encoded.SerializeToString()),)
    grpc_receiver.answers["traces"] = [(code, trailing)]
    writer = await writing(grpc_receiver)
    with pytest.raises(Retryable) as failure:
        await writer.write(a_batch())
    assert failure.value.retry_after_s == 3.5


@pytest.mark.parametrize(
    ("status", "expected"),
    [(429, Retryable), (502, Retryable), (503, Retryable), (504, Retryable), (400, Permanent),
     (413, Permanent), (500, Permanent), (401, Held), (403, Held), (404, Held), (307, Held)],
)  # fmt: skip
@pytest.mark.fault("C13")
async def test_every_http_status(http_receiver, writing, status, expected) -> None:
    http_receiver.answers["traces"] = [(status, {"Retry-After": "5"})]
    writer = await writing(http_receiver)
    with pytest.raises(expected) as failure:
        await writer.write(a_batch())
    assert type(failure.value) is expected
    if expected is Retryable:
        assert failure.value.retry_after_s == 5
    assert len(http_receiver.requests["traces"]) == 1


@pytest.mark.parametrize("kind", ["grpc", "http"])
@pytest.mark.fault("C13")
async def test_a_partial_success_is_counted_and_never_sent_again(receivers, writing, kind) -> None:
    receiver, metrics = receivers[kind], Metrics()
    partial = ExportTraceServiceResponse()
    partial.partial_success.rejected_spans = 1
    partial.partial_success.error_message = "one of them"
    partial_logs = ExportLogsServiceResponse()
    partial_logs.partial_success.rejected_log_records = 2
    receiver.answers["traces"] = [partial.SerializeToString()]
    receiver.answers["logs"] = [partial_logs.SerializeToString()]
    writer = await writing(receiver, metrics, signals=["traces", "logs"])
    await writer.write(a_batch(an_outcome(0), an_outcome(1)))
    assert writer.rejected == 3
    assert len(receiver.requests["traces"]) == 1
    assert metrics.value("sink_writes_total", sink="otlp", outcome="rejected") == 2


async def test_a_warning_is_no_rejection(grpc_receiver, writing) -> None:
    warning = ExportTraceServiceResponse()
    warning.partial_success.error_message = "deprecated attribute"
    grpc_receiver.answers["traces"] = [warning.SerializeToString()]
    writer = await writing(grpc_receiver)
    await writer.write(a_batch())
    assert writer.rejected == 0


async def test_a_signal_that_arrived_is_not_sent_again(grpc_receiver, writing) -> None:
    grpc_receiver.answers["logs"] = [(grpc.StatusCode.UNAVAILABLE, ())]
    writer = await writing(grpc_receiver, signals=["traces", "logs"])
    batch = a_batch(an_outcome(0), an_outcome(1))
    with pytest.raises(Retryable):
        await writer.write(batch)
    for half in halves(batch):
        await writer.write(half)
    assert len(grpc_receiver.requests["traces"]) == 1
    assert len(grpc_receiver.requests["logs"]) == 3


async def test_nobody_listens(writing) -> None:
    for endpoint in ("127.0.0.1:1", "http://127.0.0.1:1"):
        receiver = Receiver()
        receiver.endpoint = endpoint
        writer = await writing(receiver, timeout="2s")
        with pytest.raises(Retryable):
            await writer.write(a_batch())


@pytest.mark.fault("C14")
async def test_tls(writing, tmp_path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("localhost")
    credentials = grpc.ssl_server_credentials(
        [(issued.private_key_pem.bytes(), issued.cert_chain_pems[0].bytes())]
    )
    receiver, server = Receiver(), grpc.aio.server()
    server.add_generic_rpc_handlers(_handlers(receiver))
    port = server.add_secure_port("localhost:0", credentials)
    await server.start()
    receiver.endpoint = f"localhost:{port}"
    writer = await writing(receiver, insecure=False, tls={"ca_file": str(tmp_path / "ca.pem")})
    await writer.write(a_batch())
    assert len(receiver.spans) == 1
    await server.stop(None)


async def test_an_unreadable_certificate_is_named(clock, tmp_path) -> None:
    for protocol in ("grpc", "http/protobuf"):
        config = OtlpExporterConfig(
            endpoint="h:1", protocol=protocol, tls={"ca_file": str(tmp_path / "no.pem")}
        )
        with pytest.raises(ConfigError, match=r"exporters\.otlp\.tls\.ca_file: cannot read"):
            await OtlpWriter(config, clock).start()


async def test_an_empty_endpoint_sends_nothing(clock) -> None:
    writer = OtlpWriter(OtlpExporterConfig(), clock)
    await writer.start()
    await writer.write(a_batch())
    await writer.aclose()


@pytest.mark.parametrize(
    ("endpoint", "insecure", "secure", "address", "url"),
    [
        ("h:4317", True, False, "h:4317", "http://h:4317/v1/traces"),
        ("h:4317", False, True, "h:4317", "https://h:4317/v1/traces"),
        ("http://h:4318/", False, False, "h:4318", "http://h:4318/v1/traces"),
        ("https://h/otlp", True, True, "h", "https://h/otlp/v1/traces"),
    ],
)
def test_endpoints(endpoint, insecure, secure, address, url) -> None:
    config = OtlpExporterConfig(endpoint=endpoint, insecure=insecure)
    assert (config.secure, config.address, config.url("traces")) == (secure, address, url)


@pytest.mark.parametrize(
    "settings",
    [
        {"endpoint": "ftp://h"},
        {"endpoint": "http://me:pw@h"},
        {"signals": []},
        {"signals": ["logs", "logs"]},
    ],
)
def test_impossible_settings_are_refused(settings) -> None:
    with pytest.raises(ValidationError):
        OtlpExporterConfig.model_validate(settings)


def test_headers_never_print() -> None:
    config = OtlpExporterConfig.model_validate(
        {"endpoint": "h", "headers": {"X-Api-Key": "s3cret"}}
    )
    assert "s3cret" not in f"{config!r} {config.model_dump_json()}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("7", 7.0), ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0), ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
     ("soon", None), ("", None)],
)  # fmt: skip
def test_retry_after_in_both_forms(value, expected) -> None:
    assert retry_after_s(value, now_s=60.0) == expected
