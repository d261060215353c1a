"""Reads messages, tools and documents that were flattened into indexed attribute keys.

Keys look like ``llm.input_messages.3.message.tool_calls.0.tool_call.function.name``.
Indices only order the entries: a hostile ``999999999`` allocates nothing, and gaps left by
evicted attributes are closed.
"""

from collections.abc import Mapping
from typing import Any

from otel_evaluator.decode import blocks
from otel_evaluator.decode.finish import finish_reason
from otel_evaluator.decode.messages import role_of
from otel_evaluator.decode.values import json_text, structured
from otel_evaluator.model.genai import Message

Entries = list[tuple[int, dict[str, Any]]]

MAX_ENTRIES = 20_000
"""Entries read below one prefix; further ones are dropped."""


def entries(attributes: Mapping[str, Any], prefix: str) -> Entries:
    """Index and remaining keys of every ``<prefix><index>.<rest>``, by ascending index.

    ``prefix`` ends with a dot.
    """
    found: dict[int, dict[str, Any]] = {}
    size = len(prefix)
    for key, value in attributes.items():
        if not key.startswith(prefix):
            continue
        digits, _, rest = key[size:].partition(".")
        if len(digits) > 10 or not (digits.isascii() and digits.isdigit()):
            continue
        index = int(digits)
        entry = found.get(index)
        if entry is None:
            if len(found) >= MAX_ENTRIES:
                continue
            entry = found[index] = {}
        entry[rest] = value
    if len(found) > 1:
        return sorted(found.items())
    return list(found.items())


def has_gap(found: Entries) -> bool:
    """Whether entries are missing: evicted by an attribute limit, or never sent."""
    return bool(found) and found[-1][0] != len(found) - 1


def flat_messages(
    attributes: Mapping[str, Any], prefix: str, role: str = "user"
) -> tuple[tuple[Message, ...], bool]:
    """Messages below ``prefix`` (such as ``llm.input_messages.``), and whether some are missing.

    ``role`` is that of a message whose role was lost.
    """
    listed = entries(attributes, prefix)
    found: list[Message] = []
    for _, fields in listed:
        _message({k.removeprefix("message."): v for k, v in fields.items()}, role, found)
    return tuple(found), has_gap(listed)


def _message(fields: dict[str, Any], role: str, found: list[Message]) -> None:
    named = fields.get("role")
    call_id = blocks.text_of(fields.get("tool_call_id") or fields.get("tool_calls.id"))
    role = role_of(named, "tool" if call_id else role)
    content = fields.get("content")
    calls = _calls(fields, "tool_calls.")
    parts: list[Any] = []
    for _, inner in entries(fields, "contents."):
        parts.extend(_content(inner, calls))
    if not parts and content is not None:
        parts = _listed(content)
    name = blocks.text_of(fields.get("name"))
    if role == "tool" and not blocks.has_results(parts):
        text = blocks.plain(content) if content is not None else blocks.plain(parts)
        text = "" if content is None and not parts else text
        found.append(Message(role="tool", content=text, tool_call_id=call_id, name=name))
        return
    legacy = fields.get("function_call_name", fields.get("function_call.name"))
    if isinstance(legacy, str) and legacy:
        names = ("function_call_arguments_json", "function_call.arguments")
        raw = {"name": legacy, "arguments": next((fields[n] for n in names if n in fields), None)}
        call = blocks.tool_call(raw)
        calls += [call] if call is not None else []
    reasoning = blocks.text_of(fields.get("reasoning") or fields.get("reasoning_content"))
    finish = finish_reason(fields.get("finish_reason"))
    refusal = fields.get("refusal")
    if isinstance(refusal, str) and refusal and not parts:
        parts = [refusal]
    blocks.message(role, parts, found, finish=finish, name=name, calls=calls, reasoning=reasoning)


def _listed(content: Any) -> list[Any]:
    """Content as parts; JSON text that is a list of typed blocks is read as such."""
    if isinstance(content, str):
        if content.startswith("[{") and '"type"' in content[:4096]:
            inner = structured(content)
            if isinstance(inner, list) and all(isinstance(i, dict) and "type" in i for i in inner):
                return inner
        return [content]
    if isinstance(content, list):
        return content
    return [json_text(content)]


def _calls(fields: Mapping[str, Any], prefix: str) -> list[Any]:
    found = []
    for _, inner in entries(fields, prefix):
        call = _call(inner)
        if call is not None:
            found.append(call)
    return found


def _call(inner: dict[str, Any]) -> Any:
    plain = {k.removeprefix("tool_call.").removeprefix("function."): v for k, v in inner.items()}
    return blocks.tool_call(plain)


def _content(inner: dict[str, Any], calls: list[Any]) -> list[dict[str, Any]]:
    """One ``contents.N`` entry as a part; a tool call that is not yet known joins ``calls``."""
    fields = {k.removeprefix("message_content."): v for k, v in inner.items()}
    kind = fields.get("type")
    if any(k.startswith("tool_call.") for k in fields):
        call = _call({k: v for k, v in fields.items() if k.startswith("tool_call.")})
        if call is not None and all(call.id != c.id or not call.id for c in calls):
            calls.append(call)
        return []
    image = fields.get("image.image.url") or fields.get("image")
    if image is not None:
        return [{"type": "image", "image_url": image}]
    for media in ("audio", "video", "document"):
        url = fields.get(f"{media}.{media}.url")
        if url is not None:
            return [{"type": media, "uri": url}]
    if kind == "reasoning":
        return [{"type": "reasoning", "content": fields.get("text") or fields.get("data")}]
    text = fields.get("text", fields.get("content"))
    return [{"type": "text", "content": text}] if text is not None else []


def rows(attributes: Mapping[str, Any], prefix: str, strip: str) -> list[dict[str, Any]]:
    """Entries below ``prefix`` as plain mappings, ``strip`` removed from their keys."""
    return [
        {key.removeprefix(strip): value for key, value in fields.items()}
        for _, fields in entries(attributes, prefix)
    ]
