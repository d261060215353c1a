"""Reads the parts of a message: text, reasoning, media, tool calls and tool results."""

from typing import Any

from otel_evaluator.decode.values import REDACTED, json_text, strict_json, structured
from otel_evaluator.model.genai import Media, Message, ToolCall

_TEXT = frozenset({"text", "input_text", "output_text", "refusal", "summary_text"})
_REASONING = frozenset({"reasoning", "thinking", "redacted_thinking"})
_CALLS = frozenset(
    {"tool_call", "tool_use", "tool-call", "function_call", "server_tool_call", "server_tool_use"}
)
_RESULTS = frozenset(
    {
        "tool_call_response",
        "tool_result",
        "tool-result",
        "function_call_output",
        "function_response",
        "server_tool_call_response",
    }
)
_MEDIA = frozenset(
    {
        "audio",
        "blob",
        "document",
        "file",
        "image",
        "image-url",
        "image_url",
        "input_audio",
        "input_file",
        "input_image",
        "media",
        "uri",
        "video",
    }
)
_BLOCKS = _TEXT | _REASONING | _CALLS | _RESULTS | _MEDIA | {"compaction"}
_RESULT_KEYS = (
    "response",
    "result",
    "output",
    "content",
    "server_tool_call_response",
    "function_response",
)
_ERROR_OUTPUTS = frozenset({"error-text", "error-json"})
_OUTPUTS = frozenset({"json", "text", "content"}) | _ERROR_OUTPUTS
"""Outputs of tools in the Vercel AI SDK from version 5: ``{"type": …, "value": …}``."""


def kind_of(value: dict[str, Any]) -> str:
    """The ``type`` of a mapping; empty where it is no text."""
    kind = value.get("type")
    return kind if isinstance(kind, str) else ""


def is_block(value: dict[str, Any]) -> bool:
    """Whether the mapping is a part of a message rather than a message."""
    return kind_of(value) in _BLOCKS and "role" not in value


def has_results(parts: list[Any]) -> bool:
    """Whether any part is the result of a tool call."""
    return any(isinstance(p, dict) and (kind_of(p) in _RESULTS or "toolResult" in p) for p in parts)


def text_of(value: Any) -> str:
    """An identifier or name that must be text; empty otherwise."""
    return value if isinstance(value, str) else ""


def arguments(value: Any) -> tuple[Any, bool]:
    """Arguments of a tool call, decoded, and whether their text does not decode.

    Empty text means that the model sent no arguments: ``{}``. None means not recorded.
    """
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if not isinstance(value, str):
        return value, False
    if not value.strip():
        return {}, False
    decoded, fine = strict_json(value)
    if fine:
        if isinstance(decoded, str):
            decoded, fine = strict_json(decoded)
        return decoded, not fine
    return (None, False) if value in REDACTED else (value, True)


def tool_call(value: dict[str, Any]) -> ToolCall | None:
    """A tool call in any spelling; None when it names no tool."""
    inner: Any = value.get("function") or value.get("function_call") or value.get("functionCall")
    function = inner if isinstance(inner, dict) else value
    name = function.get("name") or function.get("toolName") or function.get("tool_name")
    if not isinstance(name, str) or not name:
        return None
    raw: Any = None
    for key in ("arguments", "args", "input", "parameters", "server_tool_call"):
        if key in function:
            raw = function[key]
            break
    decoded, malformed = arguments(raw)
    # "id" of a Responses API item names the item; the call is named by "call_id".
    names = ("call_id", "toolCallId", "toolUseId", "id")
    call_id = next((value[name] for name in names if value.get(name)), "")
    return ToolCall(name=name, arguments=decoded, id=text_of(call_id), malformed=malformed)


def tool_calls(value: dict[str, Any]) -> list[ToolCall]:
    """Tool calls beside the content of a message: ``tool_calls``, ``function_call`` and kin."""
    listed = structured(value.get("tool_calls") or value.get("toolCalls"))
    if listed is None and isinstance(extra := value.get("additional_kwargs"), dict):
        listed = extra.get("tool_calls")
    found = []
    if isinstance(listed, list):
        for item in listed:
            inner = item.get("tool_call", item) if isinstance(item, dict) else None
            call = tool_call(inner) if isinstance(inner, dict) else None
            if call is not None:
                found.append(call)
    invalid = value.get("invalid_tool_calls")
    if isinstance(invalid, list):
        for item in invalid:
            call = tool_call(item) if isinstance(item, dict) else None
            if call is not None:
                found.append(ToolCall(call.name, call.arguments, call.id, malformed=True))
    legacy = value.get("function_call")
    if isinstance(legacy, dict) and (call := tool_call(legacy)) is not None:
        found.append(call)
    return found


def plain(value: Any) -> str:
    """Text of a tool result: lists of text blocks joined, other structures as JSON text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        texts = [
            b.get("text", b.get("content"))
            for b in value
            if isinstance(b, dict) and (kind_of(b) in _TEXT or b.keys() == {"text"})
        ]
        known = [t for t in texts if isinstance(t, str)]
        if len(known) == len(value):
            return "\n".join(known)
    if isinstance(value, dict) and kind_of(value) in _OUTPUTS and "value" in value:
        return plain(value.get("value"))
    return json_text(value)


def message(
    role: str,
    parts: list[Any],
    found: list[Message],
    *,
    finish: str = "",
    name: str = "",
    calls: list[ToolCall] | None = None,
    reasoning: str = "",
) -> None:
    """Append the message made of ``parts``; every tool result becomes a message of its own."""
    gathered = _Gathered(calls or [], [reasoning] if reasoning else [])
    for part in parts:
        if isinstance(part, dict):
            _part(part, gathered)
        elif isinstance(part, str) and part:
            gathered.texts.append(part)
    if role == "tool" and not gathered.results and gathered.texts:
        gathered.results.append(Message(role="tool", content="\n".join(gathered.texts), name=name))
        gathered.texts = []
    if not gathered.empty or not gathered.results:
        texts = gathered.texts
        found.append(
            Message(
                role=role,
                content=texts[0] if len(texts) == 1 else "\n".join(texts),
                tool_calls=tuple(gathered.calls),
                name=name,
                reasoning="\n".join(gathered.reasoning),
                media=tuple(gathered.media),
                finish_reason=finish,
            )
        )
    found.extend(gathered.results)


class _Gathered:
    """What the parts of one message hold."""

    __slots__ = ("calls", "media", "reasoning", "results", "texts")

    def __init__(self, calls: list[ToolCall], reasoning: list[str]) -> None:
        self.texts: list[str] = []
        self.calls = calls
        self.reasoning = reasoning
        self.media: list[Media] = []
        self.results: list[Message] = []

    @property
    def empty(self) -> bool:
        return not (self.texts or self.calls or self.reasoning or self.media)


def _part(part: dict[str, Any], gathered: _Gathered) -> None:
    kind = kind_of(part)
    if kind in _TEXT:
        content = part.get("content", part.get("text", part.get("refusal")))
        if isinstance(content, str):
            if content and content not in REDACTED:
                gathered.texts.append(content)
        elif content is not None:
            gathered.texts.append(json_text(content))
    elif kind in _CALLS:
        call = tool_call(part)
        if call is not None:
            gathered.calls.append(call)
    elif kind in _RESULTS:
        gathered.results.append(_result(part))
    elif kind in _REASONING:
        content = part.get("content") or part.get("text") or part.get("thinking")
        if isinstance(content, str) and content:
            gathered.reasoning.append(content)
    elif kind in _MEDIA:
        gathered.media.append(_media(part, kind))
    else:
        _untyped(part, gathered)


def _untyped(part: dict[str, Any], gathered: _Gathered) -> None:
    """Gemini and Bedrock parts, and generic parts that at least have a text."""
    call = part.get("function_call") or part.get("functionCall") or part.get("toolUse")
    result = part.get("function_response") or part.get("functionResponse")
    result = result or part.get("toolResult")
    if isinstance(call, dict):
        if (read := tool_call(call)) is not None:
            gathered.calls.append(read)
    elif isinstance(result, dict):
        gathered.results.append(_result(result))
    else:
        content = part.get("text", part.get("content"))
        if isinstance(content, str) and content:
            (gathered.reasoning if part.get("thought") else gathered.texts).append(content)


def _result(part: dict[str, Any]) -> Message:
    value: Any = None
    for key in _RESULT_KEYS:
        if key in part:
            value = part[key]
            break
    failed = bool(part.get("is_error") or part.get("isError")) or part.get("status") == "error"
    if isinstance(value, dict) and kind_of(value) in _ERROR_OUTPUTS:
        failed = True
    names = ("tool_use_id", "call_id", "toolCallId", "toolUseId", "id")
    call_id = next((part[name] for name in names if part.get(name)), "")
    return Message(
        role="tool",
        content=plain(value),
        tool_call_id=text_of(call_id),
        name=text_of(part.get("name") or part.get("toolName")),
        error=failed,
    )


def _media(part: dict[str, Any], kind: str) -> Media:
    """A reference only: inline content stays behind."""
    uri: Any = part.get("uri") or part.get("file_id") or part.get("url")
    image = part.get("image_url") or part.get("image")
    if not uri and isinstance(image, dict):
        uri = image.get("url")
    elif not uri and isinstance(image, str):
        uri = image
    uri = text_of(uri)
    if uri.startswith("data:"):
        uri = uri[: uri.find(",") + 1] if "," in uri[:128] else "data:"
    modality = text_of(part.get("modality")) or kind.removeprefix("input_").split("_")[0]
    named = part.get("mime_type") or part.get("mediaType") or part.get("mimeType")
    return Media(modality=modality, mime_type=text_of(named), uri=uri[:2048])
