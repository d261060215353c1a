"""Asks the dialects about one span, and reads what no dialect owns: errors and identity."""

from collections.abc import Sequence
from typing import Any

from otel_evaluator.decode.dialects import DIALECTS
from otel_evaluator.decode.dialects.base import Dialect
from otel_evaluator.decode.dialects.langchain import is_control_flow
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import first_text, text
from otel_evaluator.model.markers import CONVERSATION_KEYS
from otel_evaluator.model.span import STATUS_ERROR, LogRecord, Span

_CONVERSATION = tuple(key.decode() for key in CONVERSATION_KEYS)
_CONVERSATION_SET = frozenset(_CONVERSATION)
_USER = (
    "user.id",
    "enduser.id",
    "langfuse.user.id",
    "traceloop.association.properties.user_id",
    "ai.telemetry.metadata.userId",
    "langsmith.metadata.user_id",
    "litellm.end_user.id",
    "langwatch.user.id",
    "gen_ai.user",
    "gen_ai.user.id",
    "gen_ai.request.user",
    "llm.user",
)
_USER_SET = frozenset(_USER)
_PROMPT_NAME = (
    "app.prompt.name",
    "prompt.name",
    "traceloop.association.properties.prompt_name",
)
_PROMPT_VERSION = (
    "app.prompt.version",
    "prompt.version",
    "traceloop.association.properties.prompt_version",
)
_RETRIES = ("pydantic_ai.tool.retry.attempt", "pydantic_ai.output.retry.attempt")


_matched: dict[int, tuple[Dialect, ...]] = {}
_MATCHED_LIMIT = 4096


def matching(span: Span) -> tuple[Dialect, ...]:
    """The dialects that wrote the span, in order.

    Spans of one kind look alike, so the answer is remembered by all that ``matches`` may
    look at: the scope, the attribute names, ``operation.name`` and the names of events.
    """
    attributes = span.attributes
    events = tuple([e.name for e in span.events]) if span.events else ()
    key = hash((span.scope.name, str(attributes.get("operation.name")), events, *attributes))
    found = _matched.get(key)
    if found is None:
        if len(_matched) >= _MATCHED_LIMIT:
            _matched.clear()
        found = _matched[key] = tuple([d for d in DIALECTS if d.matches(span)])
    return found


class Source:
    """A reading and the dialects that made it, so that content can be asked for later."""

    __slots__ = ("_has_content", "_matching", "reading")

    def __init__(
        self,
        span: Span,
        logs: Sequence[LogRecord] = (),
        *,
        memo: dict[Any, Any] | None = None,
        plain: bool = False,
    ) -> None:
        """Read metadata; a ``plain`` span carries no GenAI marker and no dialect is asked."""
        self._matching: tuple[Dialect, ...] = () if plain else matching(span)
        self._has_content = False
        names = tuple([d.name for d in self._matching])
        shared = {} if memo is None else memo
        self.reading = reading = Reading(span=span, logs=logs, dialects=names, memo=shared)
        for dialect in self._matching:
            dialect.read(span, reading)
        _read_error(span, reading)

    def content(self) -> Reading:
        """The reading with its content; read at the first call."""
        if not self._has_content:
            self._has_content = True
            for dialect in self._matching:
                dialect.content(self.reading.span, self.reading)
        return self.reading


def conversation(attributes: dict[str, Any]) -> tuple[int, str]:
    """Rank of the best key that names the conversation, and the id; rank 99 when none does."""
    if _CONVERSATION_SET.isdisjoint(attributes):
        return 99, ""
    for rank, name in enumerate(_CONVERSATION):
        found = text(attributes.get(name))
        if found:
            return rank, found
    return 99, ""


def user(attributes: dict[str, Any]) -> str:
    """The end user's id; empty when the span names none."""
    return "" if _USER_SET.isdisjoint(attributes) else first_text(attributes, _USER)


def prompt(attributes: dict[str, Any]) -> tuple[str, str]:
    """Prompt name and version in keys that belong to no dialect."""
    return first_text(attributes, _PROMPT_NAME), first_text(attributes, _PROMPT_VERSION)


def _read_error(span: Span, reading: Reading) -> None:
    """Status, ``error.type`` and exception events; LangGraph's routing is no error."""
    attributes = span.attributes
    failed = span.status_code == STATUS_ERROR
    kind = text(attributes.get("error.type"))
    if not failed and not kind:
        return
    message = span.status_message
    for event in span.events:
        if event.name == "exception":
            kind = text(event.attributes.get("exception.type")) or kind
            message = text(event.attributes.get("exception.message")) or message
    if is_control_flow(kind):
        reading.error = ""
        reading.tool_error = ""
        return
    if not reading.error:
        reading.error = message or kind or "error"
    if reading.kind == "tool" and not reading.tool_error:
        reading.tool_error = reading.error
    if not reading.retry:
        reading.retry = any(name in attributes for name in _RETRIES)
