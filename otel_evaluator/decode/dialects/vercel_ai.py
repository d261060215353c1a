"""Vercel AI SDK 3 to 6, and the legacy telemetry of 7: ``ai.*``.

Source: vercel/ai ``packages/ai/src/telemetry`` of 4.3 and 5.0, ``@ai-sdk/otel`` 1.0. The
default telemetry of version 7 (scope ``gen_ai``) follows the semantic conventions; only what
it adds to them is read here.
"""

from typing import Any

from otel_evaluator.decode import blocks
from otel_evaluator.decode.definitions import tool_definition
from otel_evaluator.decode.finish import finish_reason, finish_reasons
from otel_evaluator.decode.messages import messages
from otel_evaluator.decode.reading import Reading, SpanKind
from otel_evaluator.decode.values import (
    count,
    first_count,
    first_text,
    json_text,
    mapping,
    number,
    structured,
    text,
)
from otel_evaluator.model.genai import Document, Media, Message
from otel_evaluator.model.span import Span

_OUTER = ("ai.generateText", "ai.streamText", "ai.generateObject", "ai.streamObject")
_INPUT_TOKENS = ("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens")
_OUTPUT_TOKENS = ("ai.usage.outputTokens", "ai.usage.completionTokens")
_CACHE_READ = ("ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens")
_CACHE_WRITE = ("ai.usage.inputTokenDetails.cacheWriteTokens",)
_REASONING = ("ai.usage.reasoningTokens", "ai.usage.outputTokenDetails.reasoningTokens")
_FIRST_CHUNK = ("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk")
_PROMPT = ("ai.prompt.messages", "ai.prompt")
_METADATA = ("ai.telemetry.metadata.", "ai.settings.context.")
_CONVERSATION = ("sessionId", "threadId")


class VercelAI:
    """Spans with ``ai.operationId``, also where another product re-exports them."""

    name = "vercel_ai"

    def matches(self, span: Span) -> bool:
        attributes = span.attributes
        return (
            "ai.operationId" in attributes
            or span.scope.name == "gen_ai"
            or ("operation.name" in attributes and _operation(attributes).startswith("ai."))
        )

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        operation = _operation(attributes)
        if not operation:
            _read_version_7(attributes, reading)
            return
        if not reading.kind:
            reading.kind = _kind(operation)
        if not reading.agent:
            reading.agent = text(attributes.get("ai.telemetry.functionId"))
        if reading.kind == "tool":
            reading.tool_name = reading.tool_name or text(attributes.get("ai.toolCall.name"))
            reading.tool_call_id = reading.tool_call_id or text(attributes.get("ai.toolCall.id"))
        elif reading.kind != "chain":
            _read_model(attributes, operation, reading)
        _read_identity(attributes, reading)

    def content(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        kind = reading.kind
        if kind in ("llm", "agent"):
            _read_prompt(attributes, reading)
            if not reading.output:
                reading.output = _answer(attributes, with_calls=kind == "llm")
            if not reading.tool_definitions:
                reading.tool_definitions = _tools(attributes.get("ai.prompt.tools"))
        elif kind == "tool":
            _read_tool(attributes, reading)
        elif kind == "reranker" and not reading.documents:
            reading.documents = _ranked(attributes)


def _operation(attributes: dict[str, Any]) -> str:
    found = text(attributes.get("ai.operationId"))
    return found or text(attributes.get("operation.name")).partition(" ")[0]


def _read_version_7(attributes: dict[str, Any], reading: Reading) -> None:
    waited = number(attributes.get("gen_ai.client.operation.time_to_first_chunk"))
    if reading.time_to_first_chunk_s is None and waited is not None:
        reading.time_to_first_chunk_s = waited
        reading.streaming = True


def _kind(operation: str) -> SpanKind:
    if operation.endswith((".doGenerate", ".doStream")):
        return "llm"
    if operation.endswith(".doEmbed"):
        return "embedding"
    if operation.endswith(".doRerank"):
        return "reranker"
    if operation == "ai.toolCall":
        return "tool"
    return "agent" if operation in _OUTER else "chain"


def _read_model(attributes: dict[str, Any], operation: str, reading: Reading) -> None:
    if not reading.provider:
        # "openai.chat", "anthropic.messages": the part after the dot is the endpoint.
        named = first_text(attributes, ("ai.model.provider", "gen_ai.system"))
        reading.provider = named.partition(".")[0]
    if not reading.request_model:
        reading.request_model = text(attributes.get("ai.model.id"))
    if not reading.response_model:
        reading.response_model = text(attributes.get("ai.response.model"))
    if not reading.response_id:
        reading.response_id = text(attributes.get("ai.response.id"))
    if not reading.finish_reasons:
        names = ("ai.response.finishReason", "ai.finishReason")
        reading.finish_reasons = finish_reasons(first_text(attributes, names))
    _read_usage(attributes, reading)
    if "stream" in operation.lower():
        reading.streaming = True
    if reading.time_to_first_chunk_s is None:
        waited = next(
            (n for k in _FIRST_CHUNK if (n := number(attributes.get(k))) is not None), None
        )
        reading.time_to_first_chunk_s = None if waited is None else waited / 1000


def _read_usage(attributes: dict[str, Any], reading: Reading) -> None:
    if reading.input_tokens is not None:
        return
    provided = mapping(attributes.get("ai.response.providerMetadata"))
    inner = next((v for v in provided.values() if isinstance(v, dict)), {})
    cached = first_count(attributes, _CACHE_READ)
    if cached is None:
        cached = first_count(inner, ("cachedPromptTokens", "cacheReadInputTokens"))
    written = first_count(attributes, _CACHE_WRITE)
    if written is None:
        written = count(inner.get("cacheCreationInputTokens"))
    reasoning = first_count(attributes, _REASONING)
    if reasoning is None:
        reasoning = count(inner.get("reasoningTokens"))
    sent = first_count(attributes, _INPUT_TOKENS)
    exclusive = "anthropic" in provided and not any(
        name.startswith("ai.usage.inputTokenDetails.") for name in attributes
    )
    if sent is not None and (exclusive or (cached or 0) > sent):
        # Up to version 5 Anthropic's own count is passed on, which leaves cached tokens out.
        sent += (cached or 0) + (written or 0)
    reading.input_tokens = sent
    reading.output_tokens = first_count(attributes, _OUTPUT_TOKENS)
    reading.cache_read_tokens = cached
    reading.cache_write_tokens = written
    reading.reasoning_tokens = reasoning


def _read_identity(attributes: dict[str, Any], reading: Reading) -> None:
    """What applications put into the telemetry metadata; there are no keys for it."""
    for prefix in _METADATA:
        if not reading.conversation_id:
            names = tuple(prefix + name for name in _CONVERSATION)
            reading.conversation_id = first_text(attributes, names)
        if not reading.user_id:
            reading.user_id = text(attributes.get(prefix + "userId"))
        if not reading.prompt_name:
            linked = mapping(attributes.get(prefix + "langfusePrompt"))
            names = (prefix + "promptName", prefix + "prompt_name")
            reading.prompt_name = text(linked.get("name")) or first_text(attributes, names)
            names = (prefix + "promptVersion", prefix + "prompt_version")
            version = text(linked.get("version")) or first_text(attributes, names)
            reading.prompt_version = reading.prompt_version or version


def _read_prompt(attributes: dict[str, Any], reading: Reading) -> None:
    for name in _PROMPT:
        value = attributes.get(name)
        if reading.input or value is None or not value or value == "{}":
            continue
        reading.input = messages(value)
        if not reading.input:
            reading.note(f"unmapped:{name}")


def _answer(attributes: dict[str, Any], *, with_calls: bool) -> tuple[Message, ...]:
    """The answer of one call. An outer span lists the calls of all steps beside its last text."""
    content = ""
    for name in ("text", "object"):
        for prefix in ("ai.response.", "ai.result.", "ai.stream."):
            value = attributes.get(prefix + name)
            content = content or (json_text(value) if value is not None else "")
    listed = structured(
        attributes.get("ai.response.toolCalls", attributes.get("ai.result.toolCalls"))
    )
    found = (
        [blocks.tool_call(c) for c in listed if isinstance(c, dict)]
        if isinstance(listed, list)
        else []
    )
    calls = tuple(c for c in found if c is not None) if with_calls or not content else ()
    reasoning = _reasoning(attributes.get("ai.response.reasoning"))
    media = _files(attributes.get("ai.response.files"))
    if not (content or calls or reasoning or media):
        return ()
    return (
        Message(
            role="assistant",
            content=content,
            tool_calls=calls,
            reasoning=reasoning,
            media=media,
            finish_reason=finish_reason(attributes.get("ai.response.finishReason")),
        ),
    )


def _reasoning(value: Any) -> str:
    decoded = structured(value)
    if isinstance(decoded, list):
        texts = [item.get("text") for item in decoded if isinstance(item, dict)]
        return "\n".join(t for t in texts if isinstance(t, str))
    return decoded if isinstance(decoded, str) else ""


def _files(value: Any) -> tuple[Media, ...]:
    decoded = structured(value)
    listed = (
        [item for item in decoded if isinstance(item, dict)] if isinstance(decoded, list) else []
    )
    kinds = [
        text(item.get("mediaType") or item.get("mimeType") or item.get("mimetype"))
        for item in listed
    ]
    return tuple(Media(modality=kind.partition("/")[0] or "file", mime_type=kind) for kind in kinds)


def _tools(value: Any) -> tuple[Any, ...]:
    decoded = structured(value)
    if not isinstance(decoded, list):
        return ()
    return tuple(d for d in (tool_definition(item) for item in decoded) if d is not None)


def _read_tool(attributes: dict[str, Any], reading: Reading) -> None:
    if reading.arguments is None and "ai.toolCall.args" in attributes:
        reading.arguments = blocks.arguments(attributes["ai.toolCall.args"])[0]
    value = attributes.get("ai.toolCall.result")
    if reading.result is None and value is not None:
        # The result is encoded as JSON, text too; structures keep their text.
        decoded = structured(value)
        reading.result = decoded if isinstance(decoded, str) else json_text(value)


def _ranked(attributes: dict[str, Any]) -> tuple[Document, ...]:
    """Documents by rank: the ranking names them by their index."""
    listed = structured(attributes.get("ai.documents"))
    ranking = structured(attributes.get("ai.ranking"))
    if not isinstance(listed, list) or not isinstance(ranking, list):
        return ()
    found = []
    for entry in (structured(item) for item in ranking):
        if not isinstance(entry, dict):
            continue
        index = entry.get("index", entry.get("originalIndex"))
        if isinstance(index, int) and 0 <= index < len(listed):
            score = number(entry.get("relevanceScore", entry.get("score")))
            found.append(Document(content=json_text(listed[index]), score=score))
    return tuple(found)
