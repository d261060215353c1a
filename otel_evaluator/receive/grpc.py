"""OTLP over gRPC: raw bytes in, an empty answer out.

The methods are served as stream-unary, which is the same on the wire and as fast as
unary-unary, but leaves the reading to the handler: a sender without a token, or one that
comes while there is no room, is answered before its body is read.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from otel_evaluator.api.intake import Intake, Receipt
from otel_evaluator.errors import Busy, ConfigError, Malformed, Refused
from otel_evaluator.metrics import Metrics
from otel_evaluator.receive.admission import Admission
from otel_evaluator.receive.auth import BearerAuth
from otel_evaluator.receive.config import GrpcConfig, OtlpReceiverConfig, split_endpoint
from otel_evaluator.receive.faults import interrupted, unexpected
from otel_evaluator.receive.replies import reply_to, success
from otel_evaluator.receive.tls import server_credentials
from otel_evaluator.wire.prescan import Signal

logger = structlog.get_logger(__name__)

TRACE_SERVICE: Final = "opentelemetry.proto.collector.trace.v1.TraceService"
LOGS_SERVICE: Final = "opentelemetry.proto.collector.logs.v1.LogsService"
METRICS_SERVICE: Final = "opentelemetry.proto.collector.metrics.v1.MetricsService"

SWEEP_SECONDS: Final = 0.25
PATIENCE_SECONDS: Final = 0.5
"""How long a read may take while memory is above its ceiling: gRPC buffers what it reads."""

ANSWERED_SECONDS: Final = 0.02

Handler = Callable[[Any, Any], Awaitable[bytes]]
Take = Callable[[bytes, str], Awaitable[Receipt]]


class GrpcListener:
    """The gRPC server of the receiver."""

    def __init__(
        self,
        config: OtlpReceiverConfig,
        listener: GrpcConfig,
        intake: Intake,
        admission: Admission,
        metrics: Metrics,
    ) -> None:
        self._config = config
        self._listener = listener
        self._intake = intake
        self._admission = admission
        self._seconds = metrics.child("request_seconds", "grpc")
        self._auth = BearerAuth(config.auth) if config.auth else None
        self._reading: dict[asyncio.Task[Any], float] = {}
        self._health = health.aio.HealthServicer()
        self._server: grpc.aio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        """Bind and serve; ConfigError when the address cannot be had or TLS files are bad."""
        server = grpc.aio.server(options=self._options())
        for service, signal, take in (
            (TRACE_SERVICE, "traces", self._intake.traces),
            (LOGS_SERVICE, "logs", self._intake.logs),
        ):
            method = grpc.stream_unary_rpc_method_handler(self._export(signal, take))  # type: ignore[arg-type]
            server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler(service, {"Export": method}),)
            )
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)
        refusal = grpc.stream_unary_rpc_method_handler(_metrics_not_taken)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(METRICS_SERVICE, {"Export": refusal}),)
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        self.port = self._bind(server)
        await server.start()
        self._server = server
        self._sweeper = asyncio.create_task(self._sweep(), name="grpc read timeouts")

    async def not_serving(self) -> None:
        """Answer health checks with NOT_SERVING from now on."""
        await self._health.enter_graceful_shutdown()

    async def stop(self, grace_s: float) -> None:
        """Take no more, let running requests finish within ``grace_s`` seconds."""
        if self._server is not None:
            await self._server.stop(grace_s)
            self._server = None
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
            self._sweeper = None

    def _options(self) -> list[tuple[str, int]]:
        return [
            ("grpc.max_receive_message_length", self._listener.max_message_size),
            # On by default in gRPC, where a second process would share the port in silence.
            ("grpc.so_reuseport", int(self._listener.reuse_port)),
            # Clients may ping every 10 s, also without calls; the default is a GOAWAY.
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
            ("grpc.http2.max_ping_strikes", 5),
            # Finds peers that vanished without a word.
            ("grpc.keepalive_time_ms", 60_000),
            ("grpc.keepalive_timeout_ms", 20_000),
            ("grpc.max_metadata_size", 16 * 1024),
            ("grpc.absolute_max_metadata_size", 32 * 1024),
            ("grpc.max_concurrent_streams", 1024),
            ("grpc.server_handshake_timeout_ms", 10_000),
            ("grpc.max_allowed_incoming_connections", self._config.limits.max_connections),
        ]

    def _bind(self, server: grpc.aio.Server) -> int:
        host, port = split_endpoint(self._listener.endpoint)
        address = f"[{host or '::'}]:{port}" if ":" in host or not host else f"{host}:{port}"
        try:
            if self._config.tls is None:
                return int(server.add_insecure_port(address))
            return int(server.add_secure_port(address, server_credentials(self._config.tls)))
        except RuntimeError:
            raise ConfigError(
                [
                    f"receivers.otlp.grpc.endpoint: {self._listener.endpoint} cannot be listened "
                    "on; is another process using the port, and does the address exist?"
                ]
            ) from None

    def _export(self, signal: Signal, take: Take) -> Handler:
        admission, auth, reading = self._admission, self._auth, self._reading
        check, enter, leave = admission.check, admission.enter, admission.leave
        inspect, accepted = admission.inspect, admission.accepted
        observe, now, current = self._seconds.observe, time.perf_counter, asyncio.current_task

        async def export(_: Any, context: Any) -> bytes:
            body: bytes | None = None
            task = current()
            assert task is not None
            started = 1.0
            try:
                if auth is not None:
                    auth.check(_authorization(context))
                check()
                reading[task] = now()
                try:
                    message = await context.read()
                finally:
                    started = reading.pop(task, 0.0)
                if message is grpc.aio.EOF:
                    # gRPC has answered a message above the limit itself, and cancels us now.
                    await asyncio.sleep(ANSWERED_SECONDS)
                    raise Malformed("the call carried no message")
                body = message
                size = len(message)
                started = now()
                enter(size)
                try:
                    inspect(message, signal)
                    receipt = await take(message, "grpc")
                finally:
                    leave(size)
            except Refused as error:
                refusal = error
            except asyncio.CancelledError:
                if not started:  # by _sweep
                    task.uncancel()
                    refusal = Busy(
                        "the body did not arrive in time (limits.read_timeout)", 5.0, "slow"
                    )
                elif task.cancelling():  # the client left, or the grace is over
                    raise
                else:
                    refusal = interrupted()
            except Exception as error:
                refusal = unexpected(error, "grpc", signal)
            else:
                accepted()
                observe(now() - started)
                if not receipt.rejected and not receipt.message:
                    return b""
                return success(receipt, signal)
            return await self._refuse(context, refusal, signal, body)

        return export

    async def _refuse(
        self, context: Any, error: Refused, signal: Signal, body: bytes | None
    ) -> bytes:
        """End the call with the error's status; never returns."""
        self._admission.refused(error, signal, "grpc", body)
        delay = self._admission.delay(error) if isinstance(error, Busy) else None
        reply = reply_to(error, delay)
        await context.abort(reply.code, reply.message, reply.trailing_metadata())
        return b""

    async def _sweep(self) -> None:
        """End reads of bodies that do not arrive."""
        patience = self._config.limits.read_timeout
        while True:
            await asyncio.sleep(min(SWEEP_SECONDS, patience))
            limit = min(patience, PATIENCE_SECONDS) if self._admission.over_memory() else patience
            oldest = time.perf_counter() - limit
            for task, started in list(self._reading.items()):
                if started < oldest:
                    # The handler tells this cancellation from a client's by the missing entry.
                    del self._reading[task]
                    task.cancel()


def _authorization(context: Any) -> str | None:
    for key, value in context.invocation_metadata() or ():
        if key == "authorization":
            return value if isinstance(value, str) else value.decode("latin-1")
    return None


async def _metrics_not_taken(_: Any, context: Any) -> bytes:
    await context.abort(
        grpc.StatusCode.UNIMPLEMENTED,
        "otel-evaluator takes traces and logs, not metrics; leave it out of the metrics pipeline",
    )
    return b""
