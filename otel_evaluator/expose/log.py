"""Structured logs that carry no user content and cannot be flooded.

``configure`` is called once by a process. A line is an event name and keys; text is let
through only under keys known to carry no content (``SAFE_KEYS``), other text is replaced by its
length. Exceptions are reduced to their types and places: their messages may quote what they
choked on, except those of this package's own errors.
"""

import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog

from otel_evaluator.clock import Clock, SystemClock
from otel_evaluator.errors import EvaluatorError

EventDict = MutableMapping[str, Any]
Format = Literal["auto", "json", "console"]

SAFE_KEYS = frozenset(
    {
        "event", "level", "timestamp", "logger", "suppressed", "exception",
        "action", "address", "batch", "class_name", "code", "column", "component",
        "configuration",
        "database", "decision", "dialect", "dsn", "durability", "endpoint", "engine", "env",
        "error", "error_type", "evaluator", "file", "function", "generation", "hint",
        "host", "joined", "judge", "key_id", "kind", "method", "module", "name", "outcome",
        "path", "place", "plugin", "problem", "protocol", "quarantine", "reason", "receiver",
        "revision",
        "room", "score_id", "score_ids", "setting", "signal", "sink", "span_id", "stage",
        "state", "status", "subject_kind", "table", "task", "tier", "trace_id", "type",
        "version", "worker",
    }
)  # fmt: skip
"""Keys whose text comes from the configuration, the code or a closed set, never from traffic.

``error`` is for the text of this package's own errors; a test refuses others there."""

MAX_TEXT = 300
PER_MINUTE = 30
"""Lines of one event name a minute; the rest is counted and named by the next line."""

_INHERITED = "OTEL_EVALUATOR_LOG"
"""How worker processes learn what was configured: form and level."""

_HEX = re.compile(r"[0-9a-f]{16,32}")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def configure(
    format: Format = "auto",  # noqa: A002  (the word users write)
    level: int = logging.INFO,
    stream: TextIO | None = None,
    clock: Clock | None = None,
) -> None:
    """Set structlog up for this process, and send the libraries' warnings the same way.

    ``auto`` writes for people on a terminal and JSON lines elsewhere.
    """
    stream = stream or sys.stderr
    console = format == "console" or (format == "auto" and stream.isatty())
    renderer = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            RateLimit(clock or SystemClock(), _suppressed),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            shorten_exceptions,
            withhold_content,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Libraries()]
    root.setLevel(logging.WARNING)
    os.environ[_INHERITED] = f"{'console' if console else 'json'},{level}"


def configure_like_parent() -> None:
    """Set a worker process up as ``configure`` did its parent; JSON where there was none.

    Without it structlog and the libraries of a worker would print whatever they are given.
    """
    form, _, level = os.environ.get(_INHERITED, "").partition(",")
    configure("console" if form == "console" else "json", int(level or logging.INFO))


def on_suppressed(call: Callable[[], None]) -> None:
    """Call this for every line held back: how a service counts them, once it has metrics."""
    _listeners[:] = [call]


_listeners: list[Callable[[], None]] = []


def _suppressed() -> None:
    for call in _listeners:
        call()


def withhold_content(logger: Any, method: str, event: EventDict) -> EventDict:
    """Processor: numbers pass, text passes under a safe key, everything else is withheld."""
    return {str(key)[:64]: _allowed(str(key), value) for key, value in event.items()}


def _allowed(key: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, EvaluatorError):
        return _clean(str(value))
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, list | tuple) and key in SAFE_KEYS:
        return [_allowed(key, item) for item in value[:50]]
    if not isinstance(value, str):
        return f"[{type(value).__name__} withheld]"
    if key in ("trace_id", "span_id", "score_id") and not _HEX.fullmatch(value):
        return f"[{len(value)} characters withheld]"
    return _clean(value) if key in SAFE_KEYS else f"[{len(value)} characters withheld]"


def _clean(text: str) -> str:
    """One line, bounded, without the password of an address."""
    text = _CREDENTIALS.sub("[REDACTED]@", _CONTROL.sub(" ", text))
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def shorten_exceptions(logger: Any, method: str, event: EventDict) -> EventDict:
    """Processor: ``exc_info`` becomes ``exception``, types and places without messages."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()[1]
    elif isinstance(info, tuple):
        info = info[1]
    if isinstance(info, BaseException):
        event["exception"] = ", from ".join(_place(error) for error in _chain(info))
    return event


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and len(found) < 5:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def _place(error: BaseException) -> str:
    own = f": {error}" if isinstance(error, EvaluatorError) else ""
    return f"{type(error).__name__}{own} at {_frames(error.__traceback__)}"


def _frames(trace: TracebackType | None) -> str:
    """The innermost three places, nearest first."""
    frames = traceback.extract_tb(trace)[-3:]
    places = [f"{frame.filename.split('site-packages/')[-1]}:{frame.lineno}" for frame in frames]
    return " < ".join(reversed(places)) or "unknown"


class RateLimit:
    """Processor: at most ``per_minute`` lines of one event; says how many were held back."""

    def __init__(
        self, clock: Clock, on_suppressed: Callable[[], None], per_minute: int = PER_MINUTE
    ) -> None:
        self._clock = clock
        self._on_suppressed = on_suppressed
        self._per_minute = per_minute
        self._windows: dict[str, list[float]] = {}
        """Event name to start of its minute, lines written, lines held back."""

    def __call__(self, logger: Any, method: str, event: EventDict) -> EventDict:
        """The event, or DropEvent when its minute is full."""
        now = self._clock.monotonic()
        name = f"{event.get('event')}"[:64]
        window = self._windows.get(name)
        if window is None or now - window[0] >= 60:
            if window and window[2]:
                event["suppressed"] = int(window[2])
            if len(self._windows) > 1000:
                # Event names are constants; if they are not, forgetting bounds the memory.
                self._windows.clear()
            window = self._windows[name] = [now, 0, 0]
        if window[1] >= self._per_minute:
            window[2] += 1
            self._on_suppressed()
            raise structlog.DropEvent
        window[1] += 1
        return event


class _Libraries(logging.Handler):
    """Warnings of libraries: their text template without what was filled in."""

    _TRUSTED = ("asyncio",)
    """Loggers whose first line is a constant although it has no arguments."""

    def emit(self, record: logging.LogRecord) -> None:
        template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        constant = bool(record.args) or record.name.split(".")[0] in self._TRUSTED
        first = template.split("\n")[0][:120]
        structlog.get_logger().log(
            record.levelno,
            "library_warning",
            logger=record.name,
            problem=first if constant else f"[{len(template)} characters withheld]",
            exc_info=record.exc_info,
        )
