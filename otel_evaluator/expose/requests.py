"""Requests of the read API to values; a BadRequest carries the sentence of the 400 answer."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from otel_evaluator.config.base import parse_duration
from otel_evaluator.expose.reader import Feedback, QualityQuery, ScoresQuery

MAX_LIMIT = 10_000
MAX_COMMENT = 4096
MAX_ID = 256
MAX_SOURCE = 64


class BadRequest(Exception):
    """The request cannot be answered; the text says what would be right."""


_TRACE_ID = re.compile(r"[0-9a-fA-F]{32}")
_EVALUATOR = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_QUALITY = ("evaluator", "since")
_QUERY = (*_QUALITY, "below", "limit", "trace_id")
_FEEDBACK = ("trace_id", "conversation_id", "score", "comment", "source")


def read_trace_id(text: str) -> str:
    """A trace id in lower case."""
    if not _TRACE_ID.fullmatch(text) or not text.strip("0"):
        raise BadRequest("a trace id is 32 hexadecimal characters, not all of them zero")
    return text.lower()


def read_query(parameters: Mapping[str, str], now_ns: int) -> ScoresQuery:
    """Parameters of ``/api/scores``; ``now_ns`` anchors a ``since`` such as ``1h``."""
    quality = _quality(parameters, now_ns, _QUERY)
    trace_id = parameters.get("trace_id")
    return ScoresQuery(
        evaluator=quality.evaluator,
        since_ns=quality.since_ns,
        trace_id=None if trace_id is None else read_trace_id(trace_id),
        below=_number(parameters["below"]) if "below" in parameters else None,
        limit=_limit(parameters.get("limit", "100")),
    )


def read_quality(parameters: Mapping[str, str], now_ns: int) -> QualityQuery:
    """Parameters of ``/api/quality``."""
    return _quality(parameters, now_ns, _QUALITY)


def _quality(parameters: Mapping[str, str], now_ns: int, known: tuple[str, ...]) -> QualityQuery:
    unknown = [name for name in parameters if name not in known]
    if unknown:
        raise BadRequest(f"{unknown[0][:64]!r} is not a parameter; use {', '.join(known)}")
    evaluator = parameters.get("evaluator")
    if evaluator is not None and not _EVALUATOR.fullmatch(evaluator):
        raise BadRequest("evaluator is not the name of an evaluator")
    since = parameters.get("since")
    return QualityQuery(evaluator, None if since is None else _since(since, now_ns))


def _since(text: str, now_ns: int) -> int:
    """A duration back from now, or an ISO 8601 time; without a zone it is UTC."""
    try:
        return _bounded(now_ns - int(parse_duration(text) * 1e9))
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(
            "since is a duration such as 1h, or a time such as 2026-01-31T12:00Z"
        ) from None
    utc = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return _bounded(int(utc.timestamp() * 1e9))


def _bounded(nanoseconds: int) -> int:
    """A time the store can compare with: 1970 to 2262."""
    return min(max(nanoseconds, 0), 2**63 - 1)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadRequest("below is a number, such as 0.5")
    return value


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MAX_LIMIT:
        raise BadRequest(f"limit is a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def read_feedback(body: bytes) -> Feedback:
    """The body of ``POST /api/feedback``; every field is checked, unknown ones are refused."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise BadRequest("the body is not valid JSON") from None
    if not isinstance(value, dict):
        raise BadRequest("the body is a JSON object with trace_id or conversation_id, and score")
    unknown = [name for name in value if name not in _FEEDBACK]
    if unknown:
        raise BadRequest(f"{unknown[0][:64]!r} is not a field; use {', '.join(_FEEDBACK)}")
    trace_id = _text(value, "trace_id", MAX_ID)
    conversation_id = _text(value, "conversation_id", MAX_ID)
    if bool(trace_id) == bool(conversation_id):
        raise BadRequest("give exactly one of trace_id and conversation_id")
    return Feedback(
        score=_score(value.get("score")),
        trace_id=read_trace_id(trace_id) if trace_id else "",
        conversation_id=conversation_id,
        comment=_text(value, "comment", MAX_COMMENT),
        source=_text(value, "source", MAX_SOURCE),
    )


def _text(value: dict[str, Any], name: str, longest: int) -> str:
    text = value.get(name)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise BadRequest(f"{name} must be text")
    if len(text) > longest:
        raise BadRequest(f"{name} is longer than {longest} characters")
    return text


def _score(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        raise BadRequest("score must be a number from -1 (bad) to 1 (good)")
    return float(value)
