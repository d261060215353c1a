"""What one span says, in vendor-free terms, while its dialects are still being asked."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from otel_evaluator.model.genai import Document, Message, ToolDefinition
from otel_evaluator.model.span import LogRecord, Span
from otel_evaluator.model.speech import Speaker

SpanKind = Literal[
    "",
    "llm",
    "embedding",
    "tool",
    "agent",
    "chain",
    "retriever",
    "reranker",
    "guardrail",
    "evaluator",
    "handoff",
    "feedback",
]
"""What a span records; empty when no dialect knows it (reference: kind mapping of the
dialects' own vocabularies)."""


class Reading(msgspec.Struct):
    """Everything the dialects found on one span; every field is optional.

    A dialect fills only fields that are still empty: the first dialect that knows wins,
    field by field. Metadata is read by ``Dialect.read``; message content, tool arguments
    and results, documents and tool definitions only by ``Dialect.content``, because parsing
    them is the expensive part and spans that merely repeat their children are never asked.
    """

    span: Span
    logs: Sequence[LogRecord] = ()
    """Log records that name this span."""
    dialects: tuple[str, ...] = ()
    kind: SpanKind = ""
    operation: str = ""
    """OpenTelemetry operation name, lower case; derived from ``kind`` when left empty."""

    # model call
    provider: str = ""
    request_model: str = ""
    response_model: str = ""
    response_id: str = ""
    finish_reasons: tuple[str, ...] = ()
    """Normalised by decode.finish."""
    streaming: bool = False
    time_to_first_chunk_s: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None

    # content (filled by Dialect.content)
    system: str = ""
    input: tuple[Message, ...] = ()
    """Messages the span received, history included, oldest first."""
    output: tuple[Message, ...] = ()
    """Messages the span produced."""
    input_text: str = ""
    """Input of an agent or chain span that is plain text, usually the user's own words."""
    output_text: str = ""
    tool_definitions: tuple[ToolDefinition, ...] = ()

    # tool execution (name and id by read, the rest by content)
    tool_name: str = ""
    tool_call_id: str = ""
    arguments: Any = None
    """Decoded JSON, or the raw text where it does not decode."""
    result: str | None = None
    """Text of the result; JSON text for structured results; None when not recorded."""
    tool_error: str = ""
    """The failure as recorded: a message or a type. Status and exceptions are looked at by
    the caller, a dialect sets this only for its own attributes."""
    retry: bool = False
    """The framework asked for this execution to be repeated."""

    # retrieval
    query: str = ""
    documents: tuple[Document, ...] = ()

    # speech
    speaker: Speaker | None = None
    """The span lasts as long as this side speaks."""
    answer_wait_s: float | None = None
    """From the end of the user's speech to the beginning of the answer."""
    interruptions: int | None = None
    """How often somebody was cut off."""
    figures_of_call: bool = False
    """Wait and interruptions are those of a whole call."""
    is_turn: bool = False
    """The span is one turn of several in its trace, and its texts are that turn's."""

    # who and what
    conversation_id: str = ""
    user_id: str = ""
    agent: str = ""
    agent_hint: str = ""
    """A name to call the agent by where no span names one."""
    prompt_name: str = ""
    prompt_version: str = ""
    handoff_to: str = ""
    blocked: bool = False
    """A guardrail or content filter stopped something."""
    feedback: float | None = None
    """User feedback, -1 (bad) to 1 (good)."""
    feedback_comment: str = ""
    error: str = ""
    """An error recorded in the dialect's own attributes."""
    notes: list[str] = []
    memo: dict[Any, Any] = {}
    """Parsed values that spans of the same trace repeat; shared by their readings."""

    def note(self, text: str) -> None:
        """Record what could not be read; ``unmapped:<attribute>`` names the attribute."""
        if text not in self.notes:
            self.notes.append(text)
