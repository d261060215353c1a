"""The administration endpoint: ``/metrics``, ``/healthz``, ``/readyz`` and ``/api``.

::

    server = AdminServer(config, reader, metrics, clock)
    await server.start()      # server.port is then known
    await server.aclose()
"""

import asyncio
import hmac
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry, exposition
from prometheus_client.metrics_core import Metric

from otel_evaluator.clock import Clock
from otel_evaluator.errors import Busy, ConfigError
from otel_evaluator.expose.answers import MAX_BODY_BYTES, Handler, Refusal, errors_as_json, to_json
from otel_evaluator.expose.config import AdminConfig, is_loopback, split
from otel_evaluator.expose.reader import JOINED, Reader
from otel_evaluator.expose.requests import (
    read_feedback,
    read_quality,
    read_query,
    read_trace_id,
)
from otel_evaluator.metrics import OTHER, Metrics

T = TypeVar("T")

MAX_CONNECTIONS = 256
"""Open connections; more are closed at once, so that idle ones cannot take the file
descriptors that receivers of the same process need."""
MAX_SCRAPES = 16
"""Scrapes being sent at once; Prometheus needs one."""
SCRAPE_SECONDS = 10.0
"""Prometheus gives up after 10 s by default (``scrape_timeout``)."""

MAX_READS = 4
"""Reads of the store at once: the embedded engine also has writes to do."""
READ_SECONDS = 30.0
"""Deadline of one read of the store."""


class _Collected:
    """All metrics as of one moment."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._families = list(registry.collect())

    def collect(self) -> list[Metric]:
        """What was read."""
        return self._families


class _CutOff(asyncio.Protocol):
    """A connection that is closed at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it without an answer."""
        transport.close()


class AdminServer:
    """Serves one pipeline's state; never waits for a slow client."""

    def __init__(self, config: AdminConfig, reader: Reader, metrics: Metrics, clock: Clock) -> None:
        self._config = config
        self._reader = reader
        self._metrics = metrics
        self._clock = clock
        self._scrapes = 0
        self._reads = 0
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self.port = split(config.endpoint)[1]
        """The port listened on; the real one after ``start``."""

    async def start(self) -> None:
        """Listen; ConfigError when the address cannot be taken."""
        host, port = split(self._config.endpoint)
        runner = web.AppRunner(
            self.application(),
            access_log=None,
            handle_signals=False,
            keepalive_timeout=75.0,
            shutdown_timeout=2.0,
        )
        await runner.setup()
        loop = asyncio.get_running_loop()
        try:
            self._listener = await loop.create_server(
                lambda: self._protocol(runner), host or None, port, backlog=128
            )
        except OSError as error:
            await runner.cleanup()
            reason = (error.strerror or str(error)).lower()
            raise ConfigError(
                [f"admin.endpoint: cannot listen on {host}:{port}: {reason}; use another port"]
            ) from None
        self._runner = runner
        self.port = self._listener.sockets[0].getsockname()[1]

    async def aclose(self) -> None:
        """Stop listening and close connections; safe without ``start``."""
        if self._listener:
            self._listener.close()
            self._listener = None
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def _protocol(self, runner: web.AppRunner) -> asyncio.Protocol:
        """One connection; cut off where too many are open."""
        assert runner.server is not None
        if len(runner.server.connections) >= MAX_CONNECTIONS:
            return _CutOff()
        return runner.server()

    def application(self) -> web.Application:
        """The routes, with errors answered as JSON."""
        app = web.Application(
            middlewares=[errors_as_json, self._guard], client_max_size=MAX_BODY_BYTES
        )
        app.router.add_get("/", self._index)
        app.router.add_get("/metrics", self._get_metrics)
        app.router.add_get("/healthz", self._get_health)
        app.router.add_get("/readyz", self._get_ready)
        app.router.add_get("/api/scores", self._get_scores)
        app.router.add_get("/api/quality", self._get_quality)
        app.router.add_get("/api/why/{trace_id}", self._get_why)
        app.router.add_post("/api/feedback", self._post_feedback)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """``/api`` takes a token where tokens are set; without, only requests to this machine."""
        if request.path.startswith("/api/"):
            if self._config.bearer_tokens:
                if not self._authorised(request.headers.get(hdrs.AUTHORIZATION, "")):
                    raise Refusal(401, "a valid bearer token is required")
            elif is_loopback(split(self._config.endpoint)[0]) and not _names_this_machine(request):
                # A page in a browser can point a name of its own at 127.0.0.1.
                raise Refusal(403, "use the address 127.0.0.1, or set bearer_tokens")
        return await handler(request)

    def _authorised(self, header: str) -> bool:
        scheme, _, token = header.partition(" ")
        given = token.strip().encode("utf-8", "surrogateescape")
        # Every token is compared, so that time tells nothing.
        equal = [
            hmac.compare_digest(given, known.reveal().encode())
            for known in self._config.bearer_tokens
        ]
        return scheme.lower() == "bearer" and any(equal)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        paths = ["/metrics", "/healthz", "/readyz"]
        paths += ["/api/scores", "/api/quality", "/api/why/{trace_id}"]
        return to_json({"service": "otel-evaluator", "paths": paths})

    async def _get_metrics(self, request: web.Request) -> web.StreamResponse:
        """All metrics in the format the client asks for (Prometheus text or OpenMetrics)."""
        if self._scrapes >= MAX_SCRAPES:
            raise Refusal(503, f"{MAX_SCRAPES} scrapes are being sent")
        self._scrapes += 1
        try:
            encode, content_type = exposition.choose_encoder(request.headers.get("Accept", ""))
            # Read in one step of the event loop, so that counters agree with each other.
            families = _Collected(self._metrics.registry)
            body = await asyncio.to_thread(encode, families)
            response = web.StreamResponse(headers={"Content-Type": content_type})
            response.enable_compression()
            try:
                async with asyncio.timeout(SCRAPE_SECONDS):
                    await response.prepare(request)
                    await response.write(body)
                    await response.write_eof()
            except TimeoutError:
                if request.transport:
                    request.transport.abort()
            return response
        finally:
            self._scrapes -= 1

    async def _get_health(self, request: web.Request) -> web.StreamResponse:
        return to_json({"status": "alive"})

    async def _get_ready(self, request: web.Request) -> web.StreamResponse:
        state = self._reader.state()
        return to_json(state, 200 if state.get("ready") else 503)

    async def _get_scores(self, request: web.Request) -> web.StreamResponse:
        query = read_query(request.query, self._clock.time_ns())
        return to_json({"scores": await self._read(self._reader.scores(query))})

    async def _get_quality(self, request: web.Request) -> web.StreamResponse:
        query = read_quality(request.query, self._clock.time_ns())
        return to_json({"quality": await self._read(self._reader.quality(query))})

    async def _read(self, read: Coroutine[Any, Any, T]) -> T:
        if self._reads >= MAX_READS:
            read.close()
            raise Busy(f"{MAX_READS} reads are under way; ask again")
        self._reads += 1
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await read
        except TimeoutError:
            raise Busy(f"the store did not answer within {READ_SECONDS:g} s", 5.0) from None
        finally:
            self._reads -= 1

    async def _get_why(self, request: web.Request) -> web.StreamResponse:
        trace_id = read_trace_id(request.match_info["trace_id"])
        found = await self._reader.why(trace_id)
        if found is None:
            raise Refusal(
                404,
                f"nothing is known of trace {trace_id}: it was not received, carried no GenAI "
                "span, or is older than what is kept",
            )
        return to_json(found)

    async def _post_feedback(self, request: web.Request) -> web.StreamResponse:
        # Asking for this type makes browsers ask first, so no page can post here unnoticed.
        if request.content_type != "application/json":
            raise Refusal(415, "send Content-Type: application/json")
        joined = await self._reader.feedback(read_feedback(await request.read()))
        self._metrics.child("feedback", joined if joined in JOINED else OTHER).inc()
        return to_json({"joined": joined}, 202)


def _names_this_machine(request: web.Request) -> bool:
    host = request.headers.get(hdrs.HOST, "localhost")
    bare = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return is_loopback(bare.removeprefix("[").removesuffix("]"))
