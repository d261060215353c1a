"""Things that a user lists, and that only some steps of an agent are about."""

import re
from collections.abc import Iterable

from otel_evaluator.evaluators._steps import Step, as_text
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MIN_LISTED = 3
"""Fewer are no list: two names may be one thing."""
_NAME = r"[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?"
_AND = r"(?:and|or|und|oder|y|o|e|et|ou|en|of)"
_LISTED = compile_linear(rf"\b{_NAME}(?:, {_NAME})+,? {_AND} {_NAME}\b")
"""Names or codes of single words, separated by commas."""
_BETWEEN = re.compile(rf",? {_AND} |, ")


def left_out(texts: Iterable[str], taken: list[Step]) -> str:
    """A listed thing that no step was about, where steps were about others; empty without any.

    A thing that some result mentions was seen.
    """
    given = " ".join(as_text(step.arguments) for step in taken)
    seen = f"{given} {' '.join(step.result for step in taken)}"
    for text in texts:
        for listed in _LISTED.findall(encodable(text)):
            things = _BETWEEN.split(listed)
            if len(things) >= MIN_LISTED and any(_mentions(given, thing) for thing in things):
                missing = next((thing for thing in things if not _mentions(seen, thing)), "")
                if missing:
                    return missing
    return ""


def _mentions(text: str, thing: str) -> bool:
    place = text.find(thing)
    while place >= 0:
        around = text[place - 1 : place] + text[place + len(thing) : place + len(thing) + 1]
        if not any(c.isalnum() or c == "_" for c in around):
            return True
        place = text.find(thing, place + 1)
    return False
