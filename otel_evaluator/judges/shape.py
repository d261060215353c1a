"""In which shape an endpoint gives structured answers, best first, and reading one."""

from typing import Any, Literal

import msgspec

from otel_evaluator.errors import JudgeError

Shape = Literal["schema", "tool", "json", "text"]
SHAPES: tuple[Shape, ...] = ("schema", "tool", "json", "text")
"""schema: the endpoint guarantees the JSON schema; tool: a forced tool call; json: any JSON
object; text: the prompt alone asks for JSON."""


def object_of(text: str) -> dict[str, Any]:
    """The one JSON object that the text is, but for a code fence around it; else JudgeError.

    Nothing is searched for inside other text: the evaluated content might be quoted there.
    """
    found = text.strip()
    if found.startswith("```") and found.endswith("```") and len(found) >= 6:
        first, _, rest = found[3:-3].partition("\n")
        found = rest if first.strip() in ("", "json") else found
    try:
        value = msgspec.json.decode(found)
    except (msgspec.DecodeError, RecursionError):
        raise JudgeError("the answer is not one JSON object") from None
    if not isinstance(value, dict):
        raise JudgeError("the answer is JSON, but no object")
    return value
