"""HTTP connections: how many there are and how long they may stay silent."""

import asyncio
import logging
from typing import Any, Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

HEADER_SECONDS: Final = 10.0
"""How long a new connection may take to send its first request's headers."""

HANDSHAKE_SECONDS: Final = 10.0


class _Quiet(logging.Filter):
    """Drops the HTTP library's own lines: a peer could fill the log with broken requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        return False


library_log = logging.getLogger("otel_evaluator.receive.http.library")
library_log.addFilter(_Quiet())


class Connections(web.Server):
    """Bounds how many connections there are and how long they may stay silent."""

    def __init__(self, handler: Any, limit: int, **options: Any) -> None:
        super().__init__(handler, request_factory=self._request, **options)
        self._limit = limit
        self._silent: dict[RequestHandler, asyncio.TimerHandle] = {}

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        loop = asyncio.get_running_loop()
        if len(self._connections) > self._limit:
            loop.call_soon(transport.abort)  # not at once: the library expects a moment of life
            return
        self._silent[handler] = loop.call_later(HEADER_SECONDS, self._hang_up, handler, transport)

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        self._heard(handler)
        super().connection_lost(handler, exc)

    def _request(self, message: Any, payload: Any, protocol: Any, *rest: Any) -> web.BaseRequest:
        self._heard(protocol)
        return self._make_request(message, payload, protocol, *rest)

    def _heard(self, handler: Any) -> None:
        timer = self._silent.pop(handler, None)
        if timer is not None:
            timer.cancel()

    def _hang_up(self, handler: Any, transport: asyncio.Transport) -> None:
        self._silent.pop(handler, None)
        transport.abort()
