"""One spelling for finish reasons."""

from typing import Any

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "stop": ("stop", "end_turn", "stop_sequence", "completed", "eos", "finish", "complete"),
    "length": (
        "length",
        "max_tokens",
        "max_output_tokens",
        "model_length",
        "incomplete",
        "max_token",
        "token_limit",
    ),
    "content_filter": (
        "content_filter",
        "content_filtered",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "refusal",
        "guardrail_intervened",
        "spii",
        "image_safety",
    ),
    "tool_calls": ("tool_calls", "tool_call", "tool_use", "function_call", "function_calls"),
    "error": ("error", "failed", "malformed_function_call"),
}
"""Normalised reason -> spellings, lower case, with underscores (reference §8)."""

_NORMALISED = {
    written: name
    for name, group in _SPELLINGS.items()
    for spelling in group
    for written in (spelling, spelling.upper(), spelling.capitalize())
}
_ABSENT = frozenset({"", "none", "null", "finish_reason_unspecified", "unspecified"})


def finish_reason(value: Any) -> str:
    """stop, length, content_filter, tool_calls, error, or the provider's own in lower case.

    Empty when no reason was recorded.
    """
    if not isinstance(value, str):
        return ""
    name = value.strip().strip("[]").replace("-", "_").removeprefix("FinishReason.")
    known = _NORMALISED.get(name)
    if known is not None:
        return known
    name = name.lower()
    return "" if name in _ABSENT else name[:64]


def finish_reasons(value: Any) -> tuple[str, ...]:
    """Reasons from a list, a single text or comma-joined text; absent ones are left out."""
    if isinstance(value, str):
        value = value.strip("[]").split(",")
    if not isinstance(value, list | tuple):
        return ()
    named = (finish_reason(item.strip("\"' ") if isinstance(item, str) else item) for item in value)
    return tuple(name for name in named if name)
