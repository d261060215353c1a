"""What an evaluator sees: a span, a trace or a conversation, normalised."""

from typing import Any, Literal

import msgspec

from otel_evaluator.model.genai import (
    Message,
    ModelCall,
    Retrieval,
    ToolDefinition,
    ToolExecution,
    Usage,
)
from otel_evaluator.model.speech import Speech

SubjectKind = Literal["span", "trace", "conversation"]


class Signals(msgspec.Struct, frozen=True):
    """Facts that sampling tiers and ``when`` conditions may ask about.

    The default of every field is its value on a subject without anything remarkable.
    """

    errors: int = 0
    """Spans that failed, tool failures included."""
    tool_calls: int = 0
    tool_errors: int = 0
    retries: int = 0
    handoffs: int = 0
    """Agent-to-agent hand-overs."""
    escalated: bool = False
    """The user was handed to a human."""
    feedback: float = 0.0
    """The lowest user feedback, -1 (bad) to 1 (good); 0 when there is none."""
    truncated: bool = False
    blocked: bool = False
    """A content filter or guardrail stopped an answer."""
    model_calls: int = 0
    turns: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    """As recorded by the instrumentation; 0 when not recorded."""
    duration_ms: float = 0.0
    language: str = "en"
    """ISO 639-1 code of the user's language; "und" when it cannot be told."""
    injections: int = 0
    """Kinds of instructions to a model that what it was given to read shows signs of."""
    agent_age_days: float = 0.0
    """Days since this agent name was first seen."""


class Subject(msgspec.Struct, frozen=True):
    """One thing to evaluate, complete with everything an evaluator may look at.

    ``messages`` is the deduplicated transcript in order; ``input`` the last user message and
    ``output`` the final assistant text. A span subject holds exactly one entry in ``calls``,
    ``tools`` or ``retrievals``.
    """

    kind: SubjectKind
    key: str
    """span: ``trace_id/span_id``; trace: the trace id; conversation: the conversation id."""
    trace_id: str
    span_id: str
    """The evaluated span; the root span of a trace, empty when it was not seen."""
    revision: int = 0
    complete: bool = True
    operation: str = ""
    """chat, embeddings, execute_tool, retrieval, invoke_agent …; empty on traces."""
    conversation_id: str = ""
    user_id: str = ""
    service: str = ""
    environment: str = ""
    agent: str = ""
    provider: str = ""
    model: str = ""
    request_model: str = ""
    response_id: str = ""
    prompt_name: str = ""
    prompt_version: str = ""
    start_ns: int = 0
    end_ns: int = 0
    messages: tuple[Message, ...] = ()
    history: int = 0
    """Leading ``messages`` that were replayed from earlier traces of the conversation."""
    input: str = ""
    output: str = ""
    system: str = ""
    tool_definitions: tuple[ToolDefinition, ...] = ()
    calls: tuple[ModelCall, ...] = ()
    tools: tuple[ToolExecution, ...] = ()
    retrievals: tuple[Retrieval, ...] = ()
    speech: tuple[Speech, ...] = ()
    """What was spoken, one for each trace that has any; none on spans."""
    usage: Usage = Usage()
    signals: Signals = Signals()
    finish_reasons: tuple[str, ...] = ()
    error: str = ""
    dialects: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be read, by attribute name: ``unmapped:x``, ``truncated:x``, ``evicted``."""
    resource: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    """Attributes of the evaluated span, or of the root span."""

    @property
    def has_content(self) -> bool:
        """Whether any message text or arguments of a tool call were recorded."""
        return any(
            m.content or any(call.arguments is not None for call in m.tool_calls)
            for m in self.messages
        )
