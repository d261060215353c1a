"""References in the arguments of tool calls were given by somebody, not made up."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Skipped, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import NO_CONTENT, passed
from otel_evaluator.evaluators._steps import Step, as_text, no_step, steps
from otel_evaluator.evaluators.figures.numbers import DIGITS

MAX_VALUES = 200
"""Values of one call that are looked at."""
MAX_VALUE = 200
"""Longer texts are written by the model, not taken over; in characters."""
NO_REFERENCE = Skipped("not_applicable", "no argument is a reference")

_REFERENCE = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+|(?=[A-Za-z0-9/_-]*\d)(?=[A-Za-z0-9/_-]*[A-Za-z])[A-Za-z0-9][\w/-]{3,}"
    r"|\+?\d[\d ()-]{5,}\d"
)
_DATE = re.compile(
    r"\d{4}-\d\d(?:-\d\d)?(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?|\d{1,2}:\d\d|P[\dTWDHMSY]+"
)
_SESSION = re.compile(
    r"(?i)(?:user|account|customer|client|caller|session|tenant|conversation|thread|request)"
    r"(?:_?(?:id|number|no|key))?"
)
"""Names of arguments that applications fill from the session."""
_NOT_ALNUM = re.compile(r"[^a-z0-9@]+")


class ArgumentExtractionConfig(EvaluatorConfig):
    """Settings of ``argument_extraction``."""


@evaluator("argument_extraction", version=1)
def argument_extraction(config: ArgumentExtractionConfig) -> Check:
    """Share of the references in tool arguments (ids, numbers, addresses) that were said before."""

    def check(subject: Subject) -> Verdict:
        taken = steps(subject)
        if not taken:
            return no_step(subject)
        if not any(message.content for message in subject.messages):
            return NO_CONTENT
        named = [(step, each) for step in taken for each in _references(step.arguments)]
        if not named:
            return NO_REFERENCE
        known = _Known(subject)
        invented = [step for step, reference in named if not known.before(step, reference)]
        if not invented:
            return passed()
        step, total = invented[0], len(named)
        what = (
            f"{len(invented)} of {total} references were never given, first in {step.name[:60]!r}"
        )
        return Scored(1 - len(invented) / total, "invented", False, what, span_id=step.span_id)

    return check


class _Known:
    """What was said up to a step, as it stands and without spaces and punctuation."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._squeezed: dict[int, str] = {}

    def before(self, step: Step, reference: str) -> bool:
        """Whether the reference was said before the step, or at any time to the application."""
        said = self._said(step)
        if any(reference in text for _, text in said) or reference in self._always:
            return True
        wanted = _squeezed(reference)
        return wanted in self._always_squeezed or any(
            wanted in self._without_spaces(place, text) for place, text in said
        )

    def _said(self, step: Step) -> list[tuple[int, str]]:
        messages = enumerate(self._subject.messages[: step.position + 1])
        return [(i, m.content) for i, m in messages if m.content or m.role != "assistant"]

    @cached_property
    def _always(self) -> str:
        subject = self._subject
        schemas = [as_text(d.parameters) for d in subject.tool_definitions]
        documents = [d.content + d.id for r in subject.retrievals for d in r.documents]
        results = [t.result for t in subject.tools]
        return "\n".join([subject.system, *schemas, *documents, *results])

    @cached_property
    def _always_squeezed(self) -> str:
        return _squeezed(self._always)

    def _without_spaces(self, place: int, text: str) -> str:
        if place not in self._squeezed:
            self._squeezed[place] = _squeezed(text + _dictated(text))
        return self._squeezed[place]


def _references(value: Any) -> Iterator[str]:
    """Codes with letters and digits, telephone numbers and addresses among the values."""
    unread, left = [value], MAX_VALUES
    while unread and left:
        left -= 1
        value = unread.pop()
        if isinstance(value, dict):
            unread += (item for key, item in value.items() if not _SESSION.fullmatch(str(key)))
        elif isinstance(value, list):
            unread += value
        elif isinstance(value, str) and len(value) <= MAX_VALUE:
            whole = value.strip()
            if _REFERENCE.fullmatch(whole) and not _DATE.fullmatch(whole):
                yield whole


def _dictated(text: str) -> str:
    """Digits that were said one by one, joined."""
    lowered = text.lower()
    words = [word.strip(",.;:-") for word in lowered.split()]
    return "".join(str(DIGITS[word]) for word in words if word in DIGITS)


def _squeezed(text: str) -> str:
    return _NOT_ALNUM.sub("", text.lower())
