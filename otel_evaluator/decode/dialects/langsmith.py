"""LangSmith's OpenTelemetry export: ``langsmith.span.kind`` beside ``gen_ai.*``.

Source: langsmith-sdk 0.14.17, ``langsmith/_internal/otel/_otel_exporter.py``. Inputs and
outputs of a run are the bare attributes ``gen_ai.prompt`` and ``gen_ai.completion``.
"""

from typing import Any

from otel_evaluator.decode.definitions import documents
from otel_evaluator.decode.dialects import langchain, observed
from otel_evaluator.decode.reading import Reading, SpanKind
from otel_evaluator.decode.values import count, first_text, mapping, structured, text
from otel_evaluator.model.span import STATUS_ERROR, Span

_KIND = "langsmith.span.kind"
_INPUT = "gen_ai.prompt"
_OUTPUT = "gen_ai.completion"
_METADATA = "langsmith.metadata."
_CONVERSATION = tuple(_METADATA + n for n in ("thread_id", "session_id", "conversation_id"))
_PROMPT_NAME = (_METADATA + "lc_hub_repo", _METADATA + "prompt_name")
_PROMPT_VERSION = (_METADATA + "lc_hub_commit_hash", _METADATA + "prompt_version")

_KINDS: dict[str, SpanKind] = {
    "llm": "llm",
    "chain": "chain",
    "tool": "tool",
    "retriever": "retriever",
    "embedding": "embedding",
    "prompt": "chain",
    "parser": "chain",
}
_OPERATIONS = {"retriever": "retrieval", "embedding": "embeddings", "tool": "execute_tool"}
"""The exporter calls a retriever ``embeddings``; what the run is decides."""


class LangSmith:
    """Runs exported by the LangSmith SDK."""

    name = "langsmith"

    def matches(self, span: Span) -> bool:
        return _KIND in span.attributes

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if not reading.kind:
            reading.kind = _KINDS.get(text(attributes.get(_KIND)).lower(), "chain")
        if not reading.operation:
            reading.operation = _OPERATIONS.get(reading.kind, "")
        if reading.kind == "llm":
            _read_model(attributes, reading)
        elif reading.kind == "tool":
            names = ("gen_ai.tool.name", "langsmith.trace.name")
            reading.tool_name = reading.tool_name or first_text(attributes, names) or span.name
        if not reading.agent:
            reading.agent = text(attributes.get(_METADATA + "lc_agent_name"))
        if not reading.conversation_id:
            # langsmith.trace.session_* is the project, not a conversation.
            reading.conversation_id = first_text(attributes, _CONVERSATION)
        if not reading.user_id:
            reading.user_id = text(attributes.get(_METADATA + "user_id"))
        if not reading.prompt_name:
            reading.prompt_name = first_text(attributes, _PROMPT_NAME)
        if not reading.prompt_version:
            reading.prompt_version = first_text(attributes, _PROMPT_VERSION)
        if span.status_code == STATUS_ERROR and not reading.error:
            reading.error = _error(span)

    def content(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        sent, received = attributes.get(_INPUT), attributes.get(_OUTPUT)
        if reading.kind == "llm":
            observed.read_request(sent, _INPUT, reading)
            if not _is_null(received):
                observed.read_reply(received, _OUTPUT, reading)
                observed.read_response(received, reading)
        elif reading.kind == "tool":
            observed.read_execution(sent, received, reading)
        elif reading.kind == "retriever":
            reading.query = reading.query or langchain.query(sent)
            if not reading.documents and not _is_null(received):
                reading.documents = documents(received)
                if not reading.documents:
                    reading.note(f"unmapped:{_OUTPUT}")
        elif reading.kind != "embedding":
            observed.read_question(sent, reading)
            observed.read_answer(received, reading)


def _is_null(value: Any) -> bool:
    """Whether the run has no output: absent, or ``{"output": null}`` of a failed one."""
    return observed.is_empty(value) or structured(value) == {"output": None}


def _read_model(attributes: dict[str, Any], reading: Reading) -> None:
    if not reading.provider:
        # gen_ai.system is "langchain" where the run names no provider.
        named = first_text(attributes, (_METADATA + "ls_provider", "gen_ai.system"))
        reading.provider = "" if named == "langchain" else named
    if not reading.request_model:
        names = ("gen_ai.request.model", _METADATA + "ls_model_name")
        reading.request_model = first_text(attributes, names)
    usage = mapping(attributes.get(_METADATA + "usage_metadata"))
    if not usage:
        return
    if reading.input_tokens is None:
        reading.input_tokens = count(usage.get("input_tokens"))
    if reading.output_tokens is None:
        reading.output_tokens = count(usage.get("output_tokens"))
    sent = mapping(usage.get("input_token_details"))
    received = mapping(usage.get("output_token_details"))
    if reading.cache_read_tokens is None:
        reading.cache_read_tokens = count(sent.get("cache_read"))
    if reading.cache_write_tokens is None:
        reading.cache_write_tokens = count(sent.get("cache_creation"))
    if reading.reasoning_tokens is None:
        reading.reasoning_tokens = count(received.get("reasoning"))


def _error(span: Span) -> str:
    """The recorded error without the traceback that the exporter appends to its message."""
    for event in span.events:
        if event.name == "exception":
            message = text(event.attributes.get("exception.message"))
            return message.partition("\n\nTraceback")[0]
    return span.status_message
