"""Answers of the administration endpoint: JSON, errors included."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
from aiohttp import web

from otel_evaluator.errors import Busy
from otel_evaluator.expose.requests import BadRequest

MAX_BODY_BYTES = 64 * 1024
"""A feedback request; comments are at most 4096 characters."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = structlog.get_logger(__name__)


class Refusal(Exception):
    """An answer other than the one asked for."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error is ``{"error": sentence}``; what went wrong inside is logged, not sent."""
    try:
        return await handler(request)
    except BadRequest as error:
        return to_json({"error": str(error)}, 400)
    except Busy as error:
        after = str(max(1, round(error.retry_after_s)))
        return to_json({"error": str(error)}, 503, {"Retry-After": after})
    except Refusal as error:
        return to_json({"error": str(error)}, error.status)
    except web.HTTPException as error:
        kept = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
        return to_json({"error": _words(error)}, error.status, kept)
    except Exception as error:
        log.error("admin_request_failed", error_type=type(error).__name__, exc_info=True)
        return to_json({"error": "the request failed inside; the log says where"}, 500)


def _words(error: web.HTTPException) -> str:
    match error.status:
        case 404:
            return "there is no such path; GET / lists them"
        case 405:
            return "this path takes another method"
        case 413:
            return f"the body is larger than {MAX_BODY_BYTES // 1024} KiB"
    return error.reason.lower()


def to_json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer; NaN and infinity become null, unknown types their text."""
    return web.Response(
        body=msgspec.json.encode(value, enc_hook=str),
        status=status,
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )
