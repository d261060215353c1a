"""Reads chat messages of every shape that emitters use into Message values.

Known shapes: semantic conventions (``parts``), OpenAI chat completions and responses items,
Anthropic blocks, Gemini contents, LangChain constructors and dumps, Vercel AI SDK parts.
"""

from typing import Any

from otel_evaluator.decode import blocks
from otel_evaluator.decode.finish import finish_reason
from otel_evaluator.decode.values import REDACTED, json_text, strict_json, structured
from otel_evaluator.model.genai import Message

_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "aimessagechunk": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "tool": "tool",
    "function": "tool",
    "function_response": "tool",
    "humanmessage": "user",
    "aimessage": "assistant",
    "systemmessage": "system",
    "toolmessage": "tool",
}
_NESTED = ("messages", "input_messages", "contents", "input", "choices", "candidates", "output")
_MAX_DEPTH = 8


def role_of(value: Any, default: str = "user") -> str:
    """The role in our vocabulary; a role nobody knows stays as it is, in lower case."""
    if not isinstance(value, str) or not value:
        return default
    found = _ROLES.get(value)
    return found if found is not None else _ROLES.get(value.lower(), value.lower()[:64])


def messages(value: Any, role: str = "user") -> tuple[Message, ...]:
    """Messages of an attribute value: JSON text, a list, a single message or plain text.

    ``role`` is that of messages that name none. Empty when there is nothing to read.
    """
    found: list[Message] = []
    _read(structured(value), role, found, _MAX_DEPTH)
    return tuple(found)


def repeated_messages(value: Any, role: str, memo: dict[Any, Any]) -> tuple[Message, ...]:
    """As ``messages``, for values that repeat the history of an earlier call of the trace.

    ``memo`` belongs to one trace. JSON text that continues an array already read is read
    from there on; structures that log records share are read once.
    """
    if isinstance(value, list):
        found: list[Message] = []
        for item in value:
            key = (role, id(item))
            known = memo.get(key)
            if known is None:
                # The item is kept beside its messages, so that its id stays its own.
                known = memo[key] = (item, messages([item], role))
            found.extend(known[1])
        return tuple(found)
    if not isinstance(value, str) or value[:2] != "[{" or value[-1] != "]":
        return messages(value, role)
    earlier: list[tuple[str, tuple[Message, ...]]] = memo.setdefault(("arrays", role), [])
    for text, known_messages in earlier:
        if value.startswith(text) and value[len(text)] == ",":
            decoded, fine = strict_json("[" + value[len(text) + 1 :])
            if fine:
                return _remember(value, known_messages + messages(decoded, role), earlier)
    decoded, fine = strict_json(value)
    if not fine or blocks.is_block(decoded[0]):
        return messages(value, role)
    return _remember(value, messages(decoded, role), earlier)


def _remember(
    value: str, found: tuple[Message, ...], earlier: list[tuple[str, tuple[Message, ...]]]
) -> tuple[Message, ...]:
    earlier.insert(0, (value[:-1], found))
    del earlier[3:]
    return found


def _read(value: Any, role: str, found: list[Message], depth: int) -> None:
    if depth <= 0 or value is None:
        return
    if isinstance(value, dict):
        _read_mapping(value, role, found, depth)
    elif isinstance(value, str):
        if value and value not in REDACTED:
            found.append(Message(role=role, content=value))
    elif isinstance(value, list):
        if value and isinstance(value[0], dict) and blocks.is_block(value[0]):
            blocks.message(role, value, found)
            return
        for item in value:
            _read(item, role, found, depth - 1)


def _read_mapping(value: dict[str, Any], role: str, found: list[Message], depth: int) -> None:
    named = value.get("role")
    parts = value.get("parts")
    if isinstance(parts, list):
        finish = finish_reason(value.get("finish_reason") or value.get("finishReason"))
        name = value.get("name")
        name = name if isinstance(name, str) else ""
        blocks.message(role_of(named, role), parts, found, finish=finish, name=name)
    elif named is not None and not isinstance(named, dict):
        _open_ai(value, role_of(named, role), found)
    elif not _other_shape(value, role, found, depth):
        _nested(value, role, found, depth)


def _other_shape(value: dict[str, Any], role: str, found: list[Message], depth: int) -> bool:
    """Shapes without a role; False when the mapping is none of them."""
    kind = value.get("type")
    if "lc" in value and isinstance(value.get("kwargs"), dict):
        kwargs = value["kwargs"]
        names = value.get("id")
        named = names[-1] if isinstance(names, list) and names else ""
        known = kwargs.get("type") or named
        if "content" in kwargs:
            _open_ai(kwargs, role_of(known, role), found)
        return True
    if isinstance(value.get("data"), dict) and isinstance(kind, str):
        _open_ai(value["data"], role_of(kind, role), found)
    elif kind == "message" or (
        isinstance(kind, str) and kind.lower() in _ROLES and "content" in value
    ):
        _open_ai(value, role if kind == "message" else role_of(kind, role), found)
    elif isinstance(value.get("message"), dict | str | list):
        finish = finish_reason(value.get("finish_reason") or value.get("finishReason"))
        size = len(found)
        _read(value["message"], "assistant", found, depth - 1)
        _set_finish(found, size, finish)
    elif isinstance(kind, str) and blocks.is_block(value):
        blocks.message(role, [value], found)
    else:
        return False
    return True


def _nested(value: dict[str, Any], role: str, found: list[Message], depth: int) -> None:
    """A mapping that holds messages further down: requests, responses, graph states."""
    for name in ("system", "instructions", "systemInstruction", "system_instruction"):
        if name in value:
            size = len(found)
            _read(structured(value[name]), "system", found, depth - 1)
            found[size:] = [m for m in found[size:] if m.content]
    for name in _NESTED:
        inner = value.get(name)
        if isinstance(inner, list | dict) or (isinstance(inner, str) and name == "input"):
            reply = name in ("choices", "candidates", "output")
            size = len(found)
            _read(inner, "assistant" if reply else role, found, depth - 1)
            if len(found) > size:
                return
    prompt = value.get("prompt")
    if isinstance(prompt, str | list):
        _read(structured(prompt), role, found, depth - 1)
        return
    content = value.get("content")
    if isinstance(content, str | list | dict):
        finish = finish_reason(value.get("finishReason") or value.get("finish_reason"))
        size = len(found)
        if isinstance(content, str) or (isinstance(content, list) and content):
            _open_ai(value, role, found)
        else:
            _read(content, role, found, depth - 1)
        _set_finish(found, size, finish)
    elif isinstance(value.get("text"), str):
        found.append(Message(role=role, content=value["text"]))


def _set_finish(found: list[Message], start: int, finish: str) -> None:
    if not finish:
        return
    for index in range(start, len(found)):
        m = found[index]
        if not m.finish_reason:
            found[index] = _replaced(m, finish)


def _replaced(m: Message, finish: str) -> Message:
    return Message(
        role=m.role,
        content=m.content,
        tool_calls=m.tool_calls,
        tool_call_id=m.tool_call_id,
        name=m.name,
        error=m.error,
        reasoning=m.reasoning,
        media=m.media,
        finish_reason=finish,
        agent=m.agent,
    )


def _open_ai(value: dict[str, Any], role: str, found: list[Message]) -> None:
    """``{role, content, tool_calls, tool_call_id}`` and its relatives."""
    content = value.get("content")
    name = value.get("name")
    name = name if isinstance(name, str) else ""
    if role == "tool":
        call_id = value.get("tool_call_id") or value.get("id") or value.get("toolCallId") or ""
        if isinstance(content, list) and blocks.has_results(content):
            blocks.message(role, content, found, name=name)
            return
        error = value.get("status") == "error" or bool(value.get("is_error"))
        found.append(
            Message(
                role="tool",
                content=blocks.plain(content),
                tool_call_id=call_id if isinstance(call_id, str) else "",
                name=name,
                error=error,
            )
        )
        return
    calls = blocks.tool_calls(value)
    if isinstance(content, str):
        inner = _block_list(content)
    elif isinstance(content, list):
        inner = content
    elif content is None:
        inner = []
    else:
        inner = [json_text(content)]
    refusal = value.get("refusal")
    if isinstance(refusal, str) and refusal and not inner:
        inner = [refusal]
    reasoning = value.get("reasoning_content") or value.get("reasoning")
    finish = value.get("finish_reason") or value.get("finishReason")
    blocks.message(
        role,
        inner,
        found,
        finish=finish_reason(finish),
        name=name,
        calls=calls,
        reasoning=reasoning if isinstance(reasoning, str) else "",
    )


def _block_list(content: str) -> list[Any]:
    """Content text that is itself a JSON list of blocks, as some emitters write it."""
    if content.startswith("[{") and '"type"' in content:
        inner = structured(content)
        known = isinstance(inner, list) and all(isinstance(i, dict) for i in inner)
        if known and blocks.is_block(inner[0]):
            return list(inner)
    return [content]
