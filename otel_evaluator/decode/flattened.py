"""Reads messages, tools and documents that were flattened into indexed attribute keys.

Keys look like ``llm.input_messages.3.message.tool_calls.0.tool_call.function.name``.
Indices only order the entries: a hostile ``999999999`` allocates nothing, and gaps left by
evicted attributes are closed.
"""

import re
from collections.abc import Mapping
from typing import Any

from otel_evaluator.decode import blocks
from otel_evaluator.decode.finish import finish_reason
from otel_evaluator.decode.messages import role_of
from otel_evaluator.decode.values import json_text, structured
from otel_evaluator.model.genai import Message, ToolCall

Entries = list[tuple[int, dict[str, Any]]]

MAX_ENTRIES = 20_000
"""Entries read below one prefix; further ones are dropped."""


def entries(attributes: Mapping[str, Any], prefix: str) -> Entries:
    """Index and remaining keys of every ``<prefix><index>.<rest>``, by ascending index.

    ``prefix`` ends with a dot.
    """
    return grouped(attributes, (prefix,))[prefix]


def grouped(attributes: Mapping[str, Any], prefixes: tuple[str, ...]) -> dict[str, Entries]:
    """The entries below each of several prefixes, in one pass over the attributes."""
    groups: dict[str, dict[int, dict[str, Any]]] = {prefix: {} for prefix in prefixes}
    for key, value in attributes.items():
        parsed = _parsed.get(key)
        if parsed is None:
            parsed = _parse(key)
        found = groups.get(parsed[0])
        if found is None:
            continue
        entry = found.get(parsed[1])
        if entry is not None:
            entry[parsed[2]] = value
        elif len(found) < MAX_ENTRIES:
            found[parsed[1]] = {parsed[2]: value}
    return {prefix: sorted(found.items()) for prefix, found in groups.items()}


_parsed: dict[str, tuple[str, int, str]] = {}
_PARSED_LIMIT = 8192
_INDEX = re.compile(r"\.([0-9]{1,10})(?:\.|$)")


def _parse(key: str) -> tuple[str, int, str]:
    """Prefix, index and rest of a key with an index; the same keys come with every call."""
    match = _INDEX.search(key)
    found = ("", 0, "")
    if match is not None:
        found = (key[: match.start() + 1], int(match.group(1)), key[match.end() :])
    if len(key) <= 128:
        if len(_parsed) >= _PARSED_LIMIT:
            _parsed.clear()
        _parsed[key] = found
    return found


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
    return entry_messages(listed, role, {}), has_gap(listed)


def entry_messages(
    listed: Entries, role: str, memo: dict[Any, tuple[Message, ...]]
) -> tuple[Message, ...]:
    """Messages of entries. ``memo`` remembers them by content: calls repeat their history."""
    found: list[Message] = []
    for _, fields in listed:
        try:
            key: Any = (role, *fields.items())
            known = memo.get(key)
        except TypeError:  # a list or a dictionary among the values
            known, key = None, None
        if known is None:
            one: list[Message] = []
            _message(fields, role, one)
            known = tuple(one)
            if key is not None:
                memo[key] = known
        found.extend(known)
    return tuple(found)


def _message(entry: dict[str, Any], role: str, found: list[Message]) -> None:
    fields: dict[str, Any] = {}
    nested: dict[str, Any] = {}
    for key, value in entry.items():
        name = key.removeprefix("message.")
        (nested if name.startswith(("tool_calls.", "contents.")) else fields)[name] = value
    named = fields.get("role")
    call_id = blocks.text_of(fields.get("tool_call_id") or nested.get("tool_calls.id"))
    role = role_of(named, "tool" if call_id else role)
    content = fields.get("content")
    calls: list[ToolCall] = []
    parts: list[Any] = []
    if nested:
        groups = grouped(nested, ("tool_calls.", "contents."))
        calls = [c for _, f in groups["tool_calls."] if (c := _call(f)) is not None]
        for _, inner in groups["contents."]:
            parts.extend(_content(inner, calls))
    if not parts and content is not None:
        parts = _listed(content)
    name = blocks.text_of(fields.get("name"))
    if role == "tool" and not blocks.has_results(parts):
        text = blocks.plain(content) if content is not None else blocks.plain(parts)
        text = "" if content is None and not parts else text
        found.append(Message(role="tool", content=text, tool_call_id=call_id, name=name))
        return
    _model_message(fields, role, name, parts, calls, found)


def _model_message(
    fields: dict[str, Any],
    role: str,
    name: str,
    parts: list[Any],
    calls: list[ToolCall],
    found: list[Message],
) -> None:
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


def _call(inner: dict[str, Any]) -> ToolCall | None:
    plain = {k.removeprefix("tool_call.").removeprefix("function."): v for k, v in inner.items()}
    return blocks.tool_call(plain)


def _content(inner: dict[str, Any], calls: list[ToolCall]) -> list[dict[str, Any]]:
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
