"""The two transports: gRPC and HTTP with protobuf. One call, one answer, no own retry."""

import gzip
import ssl
from typing import Any, Protocol

import aiohttp
import grpc
import grpc.aio

from otel_evaluator.clock import Clock
from otel_evaluator.errors import ConfigError, Retryable
from otel_evaluator.write.otlp.answer import from_grpc, from_http
from otel_evaluator.write.otlp.config import OtlpExporterConfig, Signal

METHODS: dict[Signal, str] = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}

MAX_ANSWER_BYTES = 4 * 2**20
"""Recommended limit of an answer (OTLP 1.11)."""


class Transport(Protocol):
    """Sends one encoded request and gives the encoded answer; raises SinkError."""

    async def send(self, signal: Signal, request: bytes) -> bytes: ...

    async def aclose(self) -> None: ...


class GrpcTransport:
    """OTLP/gRPC."""

    def __init__(self, config: OtlpExporterConfig) -> None:
        self._config = config
        options = [("grpc.max_receive_message_length", MAX_ANSWER_BYTES)]
        gzipped = config.compression == "gzip"
        compression = grpc.Compression.Gzip if gzipped else grpc.Compression.NoCompression
        if config.secure:
            self._channel = grpc.aio.secure_channel(
                config.address, _credentials(config), options, compression
            )
        else:
            self._channel = grpc.aio.insecure_channel(config.address, options, compression)
        self._calls = {
            signal: self._channel.unary_unary(method) for signal, method in METHODS.items()
        }
        self._metadata = [(k.lower(), v.reveal()) for k, v in config.headers.items()]

    async def send(self, signal: Signal, request: bytes) -> bytes:
        """One Export call."""
        try:
            answer = await self._calls[signal](
                request, metadata=self._metadata, timeout=self._config.timeout
            )
        except grpc.RpcError as error:
            raise from_grpc(error, f"otlp {self._config.address}: {signal}") from None
        return bytes(answer)

    async def aclose(self) -> None:
        """Close the channel."""
        await self._channel.close()


class HttpTransport:
    """OTLP/HTTP with protobuf bodies."""

    def __init__(self, config: OtlpExporterConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._tls = _tls_context(config) if config.secure else None
        self._session: aiohttp.ClientSession | None = None
        self._headers = {
            **{key: value.reveal() for key, value in config.headers.items()},
            "Content-Type": "application/x-protobuf",
        }
        if config.compression == "gzip":
            self._headers["Content-Encoding"] = "gzip"

    async def send(self, signal: Signal, request: bytes) -> bytes:
        """One POST."""
        where = f"otlp {self._config.address}: {signal}"
        body = gzip.compress(request, 1) if self._config.compression == "gzip" else request
        arguments: dict[str, Any] = {"ssl": self._tls} if self._tls else {}
        try:
            async with self._opened().post(
                self._config.url(signal),
                data=body,
                headers=self._headers,
                allow_redirects=False,
                **arguments,
            ) as answer:
                if not 200 <= answer.status < 300:
                    now_s = self._clock.time_ns() / 1e9
                    raise from_http(answer.status, answer.headers, now_s, where)
                return await _read(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Retryable(f"{where}: {type(error).__name__}") from None

    async def aclose(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self._config.timeout)
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    # A success whose body is longer than any answer is still a success.
    body = b""
    async for chunk in answer.content.iter_chunked(65_536):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            return b""
    return body


def _credentials(config: OtlpExporterConfig) -> grpc.ChannelCredentials:
    tls = config.tls
    return grpc.ssl_channel_credentials(
        _content(tls.ca_file, "ca_file"),
        _content(tls.key_file, "key_file"),
        _content(tls.cert_file, "cert_file"),
    )


def _tls_context(config: OtlpExporterConfig) -> ssl.SSLContext:
    tls = config.tls
    for name in ("ca_file", "cert_file", "key_file"):
        _content(getattr(tls, name), name)
    try:
        context = ssl.create_default_context(cafile=tls.ca_file or None)
        if tls.cert_file:
            context.load_cert_chain(tls.cert_file, tls.key_file or None)
    except ssl.SSLError as error:
        raise ConfigError(
            [f"exporters.otlp.tls: the files are not usable certificates ({error.reason})"]
        ) from None
    return context


def _content(path: str, name: str) -> bytes | None:
    if not path:
        return None
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ConfigError(
            [f"exporters.otlp.tls.{name}: cannot read {path}: {error.strerror}"]
        ) from None
