"""Work that several evaluators need of the same subject or text, done once."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from otel_evaluator.model.subject import Subject

MAX_TEXT = 4_000
"""Longer texts are not kept; in characters."""
MAX_TEXTS = 512
R = TypeVar("R")


def of_subject(function: Callable[[Subject], R]) -> Callable[[Subject], R]:
    """Keep the result for the last subject: evaluators run one after the other on each."""
    last: list[tuple[Subject, R]] = []

    @wraps(function)
    def remembered(subject: Subject) -> R:
        known = last[0] if last else None
        if known is None or known[0] is not subject:
            known = subject, function(subject)
            last[:] = [known]
        return known[1]

    return remembered


def of_text(function: Callable[[str], R]) -> Callable[[str], R]:
    """Keep the results for the last texts, unless they are long."""
    kept = lru_cache(MAX_TEXTS)(function)

    @wraps(function)
    def remembered(text: str) -> R:
        return function(text) if len(text) > MAX_TEXT else kept(text)

    return remembered
