"""OTLP over HTTP: POST /v1/traces and /v1/logs, protobuf and JSON, plain and gzip."""

import asyncio
import io
import ssl
import time
from typing import Final

from aiohttp import web

from otel_evaluator.api.intake import Intake, Receipt
from otel_evaluator.errors import Busy, ConfigError, Malformed, Refused, TooLarge
from otel_evaluator.metrics import Metrics
from otel_evaluator.receive.admission import Admission, Hold
from otel_evaluator.receive.auth import BearerAuth
from otel_evaluator.receive.config import HttpConfig, OtlpReceiverConfig, split_endpoint
from otel_evaluator.receive.connections import HANDSHAKE_SECONDS, Connections, library_log
from otel_evaluator.receive.faults import interrupted, unexpected
from otel_evaluator.receive.inflate import Inflater
from otel_evaluator.receive.json import to_protobuf
from otel_evaluator.receive.replies import JSON, PROTOBUF, Reply, reply_to, success
from otel_evaluator.receive.tls import ssl_context
from otel_evaluator.wire.prescan import Signal

PATHS: Final[dict[str, Signal]] = {"/v1/traces": "traces", "/v1/logs": "logs"}

IDLE_SECONDS: Final = 75.0
LINGER_SECONDS: Final = 5.0
"""How long an unread body is discarded after an early answer, so that the sender sees it."""

IN_THREAD: Final = 64 * 1024
"""Bytes of JSON from which on conversion leaves the event loop."""


class _Answer(Exception):
    """Ends a request with a fixed plain answer."""

    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.response = web.Response(status=status, text=text + "\n", headers=headers)


class HttpListener:
    """The HTTP server of the receiver."""

    def __init__(
        self,
        config: OtlpReceiverConfig,
        listener: HttpConfig,
        intake: Intake,
        admission: Admission,
        metrics: Metrics,
    ) -> None:
        self._config = config
        self._listener = listener
        self._admission = admission
        self._seconds = metrics.child("request_seconds", "http")
        self._repaired = metrics["spans_repaired"]
        self._auth = BearerAuth(config.auth) if config.auth else None
        self._take = {"traces": intake.traces, "logs": intake.logs}
        self._json = asyncio.Semaphore(1)
        self._connections: Connections | None = None
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        """Bind and serve; ConfigError when the address cannot be had or TLS files are bad."""
        context = ssl_context(self._config.tls) if self._config.tls else None
        self._connections = Connections(
            self._handle,
            self._config.limits.max_connections,
            auto_decompress=False,
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=LINGER_SECONDS,
            max_field_size=16 * 1024,
            access_log=None,
            logger=library_log,
        )
        self._server = await self._bind(context)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self, grace_s: float) -> None:
        """Take no more, let running requests finish within ``grace_s`` seconds."""
        if self._server is None or self._connections is None:
            return
        self._server.close()
        self._connections.pre_shutdown()
        await self._connections.shutdown(grace_s)
        await self._server.wait_closed()
        self._server = None

    async def _bind(self, context: ssl.SSLContext | None) -> asyncio.Server:
        host, port = split_endpoint(self._listener.endpoint)
        assert self._connections is not None
        try:
            return await asyncio.get_running_loop().create_server(
                self._connections,
                host or None,
                port,
                ssl=context,
                ssl_handshake_timeout=HANDSHAKE_SECONDS if context else None,
                reuse_port=self._listener.reuse_port or None,
                backlog=1024,
            )
        except OSError as error:
            raise ConfigError(
                [
                    f"receivers.otlp.http.endpoint: {self._listener.endpoint} cannot be listened "
                    f"on ({error.strerror or error}); is another process using the port, and does "
                    "the address exist?"
                ]
            ) from None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            signal = _route(request)
            content_type, gzip = _encoding(request)
        except _Answer as answer:
            return answer.response
        body: bytes | None = None
        try:
            if self._auth is not None:
                self._auth.check(request.headers.get("Authorization"))
            self._admission.check()
            with self._admission.hold() as hold:
                body = await self._read(request, gzip, hold)
                started = time.perf_counter()
                receipt = await self._taken(body, signal, content_type, hold)
        except Refused as error:
            return self._refuse(error, signal, content_type, body)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return self._refuse(interrupted(), signal, content_type, body)
        except ConnectionError:
            raise  # the sender is gone
        except Exception as error:
            return self._refuse(unexpected(error, "http", signal), signal, content_type, body)
        self._admission.accepted()
        self._seconds.observe(time.perf_counter() - started)
        payload = success(receipt, signal, content_type)
        return web.Response(body=payload, content_type=content_type)

    async def _read(self, request: web.BaseRequest, gzip: bool, hold: Hold) -> bytes:
        """The inflated body; in-flight bytes grow as it does."""
        limit = self._listener.max_message_size
        if (request.content_length or 0) > limit:
            raise _too_large(limit)
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        buffer = io.BytesIO()  # its value is handed over without a copy
        inflater = Inflater(limit) if gzip else None
        read = 0
        try:
            async with asyncio.timeout(self._config.limits.read_timeout):
                async for chunk in request.content.iter_any():
                    read += len(chunk)
                    if read > limit:
                        raise _too_large(limit)
                    for piece in inflater.feed(chunk) if inflater else (chunk,):
                        hold.add(len(piece))
                        buffer.write(piece)
        except TimeoutError:
            raise Busy(
                "the body did not arrive in time (limits.read_timeout)", 5.0, "slow"
            ) from None
        except web.RequestPayloadError:
            raise Malformed("the body's transfer encoding is broken") from None
        if inflater is not None:
            inflater.finish()
        return buffer.getvalue()

    async def _taken(self, body: bytes, signal: Signal, content_type: str, hold: Hold) -> Receipt:
        if content_type != JSON:
            self._admission.inspect(body, signal)
            return await self._take[signal](body, "http")
        max_items = self._config.limits.max_spans_per_request
        if len(body) < IN_THREAD:
            converted = to_protobuf(body, signal, max_items)
        else:
            async with self._json:
                converted = await asyncio.to_thread(to_protobuf, body, signal, max_items)
        if converted.repaired:
            self._repaired.inc(converted.repaired)
        hold.add(len(converted.body))
        self._admission.inspect(converted.body, signal)
        receipt = await self._take[signal](converted.body, "http")
        if receipt.rejected and converted.bad_ids:
            note = "ids in OTLP/JSON are hexadecimal, not base64"
            return Receipt(receipt.rejected, f"{receipt.message}; {note}".removeprefix("; "))
        return receipt

    def _refuse(
        self, error: Refused, signal: Signal, content_type: str, body: bytes | None
    ) -> web.Response:
        self._admission.refused(error, signal, "http", body if content_type == PROTOBUF else None)
        delay = self._admission.delay(error) if isinstance(error, Busy) else None
        return _response(reply_to(error, delay), content_type)


def _response(reply: Reply, content_type: str) -> web.Response:
    response = web.Response(
        status=reply.http_status, body=reply.http_body(content_type), content_type=content_type
    )
    retry_after = reply.retry_after()
    if retry_after is not None:
        response.headers["Retry-After"] = retry_after
    if reply.http_status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _route(request: web.BaseRequest) -> Signal:
    signal = PATHS.get(request.path)
    if request.path == "/v1/metrics":
        raise _Answer(
            501, "otel-evaluator takes traces and logs, not metrics: send these elsewhere"
        )
    if signal is None:
        raise _Answer(404, "nothing is here; OTLP goes to POST /v1/traces and POST /v1/logs")
    if request.method != "POST":
        raise _Answer(405, f"{request.path} takes POST only", Allow="POST")
    return signal


def _encoding(request: web.BaseRequest) -> tuple[str, bool]:
    content_type = request.content_type
    if content_type not in (PROTOBUF, JSON):
        raise _Answer(415, f"the content type must be {PROTOBUF} or {JSON}")
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("gzip", "identity", ""):
        raise _Answer(
            415,
            "the content encoding must be gzip or identity; in a Collector: compression: gzip",
            **{"Accept-Encoding": "gzip, identity"},
        )
    return content_type, encoding == "gzip"


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the request is larger than {limit} bytes (max_message_size)")
