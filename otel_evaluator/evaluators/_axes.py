"""Several checks as one score from 1 to 5: the weakest of them counts."""

from collections.abc import Sequence
from typing import Any

from otel_evaluator.api import Check, Scored, Subject, Unscored, Verdict
from otel_evaluator.api.evaluator import EvaluatorType
from otel_evaluator.evaluators._answers import NO_CONTENT

LOWEST, HIGHEST = 1.0, 5.0
"""Ends of the scale."""


def weakest(components: Sequence[EvaluatorType[Any]]) -> Check:
    """A check of the lowest score among the components, all with their defaults.

    What does not apply is left out. Without any score it is unscored: uncertain where a component
    was, else for want of content.
    """
    checks = [
        (kind.name, kind.build(kind.config_type(name=kind.name, type=kind.name)))
        for kind in components
    ]

    def check(subject: Subject) -> Verdict:
        lowest: tuple[float, str, Scored] | None = None
        unsure: Unscored | None = None
        for name, component in checks:
            verdict = component(subject)
            if isinstance(verdict, Unscored) and verdict.reason == "uncertain":
                unsure = unsure or verdict
            if not isinstance(verdict, Scored) or verdict.value is None:
                continue
            value = min(verdict.value, 0.5) if verdict.passed is False else verdict.value
            if lowest is None or value < lowest[0]:
                lowest = value, name, verdict
        if lowest is None:
            return unsure or NO_CONTENT
        value, name, verdict = lowest
        score = LOWEST + (HIGHEST - LOWEST) * value
        if verdict.passed is not False:
            return Scored(score, "pass", True)
        explanation = f"{name}: {verdict.explanation}"
        return Scored(score, name, False, explanation, span_id=verdict.span_id)

    return check
