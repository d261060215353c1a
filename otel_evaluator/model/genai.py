"""What telemetry means, vendor-free: messages, model calls, tool executions, retrievals.

Every dialect is read into these values; no evaluator sees an attribute name.
"""

from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant", "tool"]


class ToolCall(msgspec.Struct, frozen=True):
    """A tool call requested by the model.

    ``arguments`` is the decoded JSON value; where the text does not decode it is the raw
    text, and ``malformed`` says so.
    """

    name: str
    arguments: Any = None
    id: str = ""
    malformed: bool = False


class Media(msgspec.Struct, frozen=True):
    """A non-text part, by reference: content bytes are never copied into the model."""

    modality: str
    mime_type: str = ""
    uri: str = ""


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation.

    ``content`` is the text parts joined by newlines; reasoning is kept apart so that it is
    never judged as the answer. A tool result has role ``tool`` and its call's id.
    """

    role: str
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    name: str = ""
    """Tool name on a tool result, participant name elsewhere."""
    error: bool = False
    """The tool result is a failure."""
    reasoning: str = ""
    media: tuple[Media, ...] = ()
    finish_reason: str = ""
    """Normalised: stop, length, content_filter, tool_calls, error or the provider's own."""
    agent: str = ""


class ToolDefinition(msgspec.Struct, frozen=True):
    """A tool offered to the model; ``parameters`` is its JSON schema, None when not recorded."""

    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None


class Usage(msgspec.Struct, frozen=True):
    """Tokens of one model call or a sum over leaf model calls; totals include the subsets."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0

    def plus(self, other: "Usage") -> "Usage":
        """The element-wise sum."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


class ModelCall(msgspec.Struct, frozen=True):
    """One request to a model, as recorded by one or more spans (duplicates are merged)."""

    span_id: str
    operation: str = "chat"
    provider: str = ""
    model: str = ""
    """The answering model when recorded, else the requested one."""
    request_model: str = ""
    input: tuple[Message, ...] = ()
    output: tuple[Message, ...] = ()
    tool_definitions: tuple[ToolDefinition, ...] = ()
    usage: Usage = Usage()
    cost_usd: float | None = None
    finish_reasons: tuple[str, ...] = ()
    response_id: str = ""
    error: str = ""
    """Error type or message; empty when the call succeeded."""
    agent: str = ""
    start_ns: int = 0
    end_ns: int = 0
    streaming: bool = False
    time_to_first_chunk_s: float | None = None


class ToolExecution(msgspec.Struct, frozen=True):
    """One execution of a tool by the application."""

    span_id: str
    name: str
    call_id: str = ""
    arguments: Any = None
    result: str = ""
    error: str = ""
    start_ns: int = 0
    end_ns: int = 0


class Document(msgspec.Struct, frozen=True):
    """A retrieved passage; ``content`` is empty where only the id was recorded."""

    id: str = ""
    content: str = ""
    score: float | None = None


class Retrieval(msgspec.Struct, frozen=True):
    """One retrieval step."""

    span_id: str
    query: str = ""
    documents: tuple[Document, ...] = ()
    start_ns: int = 0
