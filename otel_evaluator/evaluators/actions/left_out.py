"""Things that a user lists, and that only some steps of an agent are about."""

import re
from collections.abc import Iterable

from otel_evaluator.evaluators._steps import Step, as_text
from otel_evaluator.evaluators.wording.overlap import is_common, stems, stems_of
from otel_evaluator.evaluators.wording.phrases import only_reads, parts
from otel_evaluator.model.genai import ToolDefinition
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MIN_LISTED = 3
"""Fewer are no list: two names may be one thing."""
_NAME = r"[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?"
_AND = r"(?:and|or|und|oder|y|o|e|et|ou|en|of)"
_LISTED = compile_linear(rf"\b{_NAME}(?:, {_NAME})+,? {_AND} {_NAME}\b")
"""Names or codes of single words, separated by commas."""
_BETWEEN = re.compile(rf",? {_AND} |, ")
_FILE = compile_linear(
    r"\b[A-Za-z][\w-]{2,60}\.(?:md|txt|py|js|ts|json|ya?ml|toml|csv|go|rs|java|sql)\b"
)


def left_out(texts: Iterable[str], taken: list[Step]) -> str:
    """A listed thing that no step was about, where steps were about others; empty without any.

    A thing that some result mentions was seen.
    """
    lists = [
        _BETWEEN.split(listed)
        for text in texts
        if "," in text
        for listed in _LISTED.findall(encodable(text))
    ]
    lists = [things for things in lists if len(things) >= MIN_LISTED]
    lists = [things for things in lists if not any(map(is_common, things))]
    if not lists:
        return ""
    given = " ".join(as_text(step.arguments) for step in taken)
    seen = f"{given} {' '.join(step.result for step in taken)}"
    return next(
        (
            thing
            for things in lists
            if any(_mentions(given, each) for each in things)
            for thing in things
            if not _mentions(seen, thing)
        ),
        "",
    )


def overlooked(
    users: Iterable[str], said: Iterable[str], taken: list[Step], declared: Iterable[ToolDefinition]
) -> tuple[str, int]:
    """A changing tool that was never called, though only it speaks of something the user asked.

    Its name, and by how many words: its name or description shares them with what the user says,
    and neither the tools that were called, nor what they returned, nor any answer has them.
    """
    tools = {definition.name: definition for definition in declared}
    called = {step.name for step in taken}
    unused = [name for name in tools if name not in called and not only_reads(name)]
    if not unused:
        return "", 0
    asked = stems_of(users)
    if all(asked.isdisjoint(_about(tools[name])) for name in unused):
        return "", 0
    settled = stems_of(said)
    for name in called & tools.keys():
        settled |= _about(tools[name])
    for step in taken:
        settled |= stems(as_text(step.arguments)) | stems(step.result)
    verbs = {word for name in tools for word in stems(" ".join(parts(name)[:1]))}
    shared = {name: len((_about(tools[name]) & asked) - settled - verbs) for name in unused}
    name = max(shared, key=lambda each: shared[each])
    return (name, shared[name]) if shared[name] else ("", 0)


def file_left_out(users: Iterable[str], said: Iterable[str], taken: list[Step]) -> str:
    """A file that the user names, and that no step and no answer mentions."""
    named = [name for text in users if "." in text for name in _FILE.findall(encodable(text))]
    if not named or not taken:
        return ""
    seen = " ".join([*said, *(f"{as_text(s.arguments)} {s.result}" for s in taken)])
    return next((name for name in named if name not in seen), "")


def _about(tool: ToolDefinition) -> frozenset[str]:
    return stems(f"{' '.join(parts(tool.name))} {tool.description}")


def _mentions(text: str, thing: str) -> bool:
    place = text.find(thing)
    while place >= 0:
        around = text[place - 1 : place] + text[place + len(thing) : place + len(thing) + 1]
        if not any(c.isalnum() or c == "_" for c in around):
            return True
        place = text.find(thing, place + 1)
    return False
