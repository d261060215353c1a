"""Errors nobody foresaw: the sender keeps the data and comes back."""

import traceback

import structlog

from otel_evaluator.errors import Busy

logger = structlog.get_logger(__name__)

RETRY_SECONDS = 5.0


def unexpected(error: Exception, protocol: str, signal: str) -> Busy:
    """Log where it happened and give the refusal; the error's text may hold content."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    logger.error(
        "request failed unexpectedly",
        error=type(error).__name__,
        place=place,
        protocol=protocol,
        signal=signal,
    )
    return Busy(
        f"an internal error ({type(error).__name__}) kept the request from being taken; "
        "send it again later",
        RETRY_SECONDS,
        "internal",
    )


def interrupted() -> Busy:
    """The refusal for a request whose handling was cancelled by nobody outside."""
    return Busy("handling was interrupted; send the request again later", RETRY_SECONDS, "internal")
