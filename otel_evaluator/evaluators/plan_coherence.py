"""No tool is called again for what is known already."""

import json
from typing import Annotated, Any

from pydantic import Field
from rapidfuzz.fuzz import ratio

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import NO_CONTENT
from otel_evaluator.evaluators._steps import Step, no_step, steps
from otel_evaluator.evaluators.wording.phrases import only_reads

MAX_COMPARED = 50
"""Earlier calls of the same tool that a call is compared with."""
MAX_ARGUMENTS = 2_000
"""Characters of the arguments that are compared."""
MAX_SHOWN = 60
"""Longest tool name that is quoted, in characters."""


class PlanCoherenceConfig(EvaluatorConfig):
    """Settings of ``plan_coherence``."""

    max_redundant: Annotated[int, Field(ge=0)] = 1
    """Redundant steps that still pass; one may be a retry."""

    max_steps: Annotated[int, Field(gt=0)] | None = None
    """Steps above which it fails, whatever they were."""

    similarity: Annotated[float, Field(ge=50, le=100)] = 90.0
    """Arguments are nearly the same from this similarity on (100 is identical)."""


@evaluator("plan_coherence", version=1)
def plan_coherence(config: PlanCoherenceConfig) -> Check:
    """Share of tool calls that were no repetition of an earlier one: loops, cycles, dead ends.

    A repetition has the same tool, the same or nearly the same arguments, and the same result.
    """

    def check(subject: Subject) -> Verdict:
        taken = steps(subject)
        if not taken:
            return no_step(subject)
        known = [step for step in taken if step.arguments is not None or step.result]
        if not known:
            return NO_CONTENT
        redundant = _redundant(known, config.similarity)
        value = 1.0 - len(redundant) / len(taken)
        if config.max_steps is not None and len(taken) > config.max_steps:
            return Scored(value, "too_many_steps", False, f"{len(taken)} steps")
        if len(redundant) <= config.max_redundant:
            return Scored(value, "pass", True)
        first = redundant[0]
        name = first.name[:MAX_SHOWN]
        return Scored(
            value,
            "redundant",
            False,
            f"{len(redundant)} of {len(taken)} tool calls repeat earlier ones, first {name!r}",
            span_id=first.span_id,
        )

    return check


def _redundant(taken: list[Step], similarity: float) -> list[Step]:
    """Steps that could not tell anything new.

    After a step that changes something, the same question is a new one.
    """
    earlier: dict[str, list[tuple[str, str]]] = {}
    seen: dict[tuple[str, str], set[str]] = {}
    for step in taken:
        seen.setdefault((step.name, _canonical(step.arguments)), set()).add(step.result.strip())
    found: list[Step] = []
    for step in taken:
        before = earlier.setdefault(step.name, [])
        mine = _canonical(step.arguments), step.result.strip()
        if len(seen[step.name, mine[0]]) > 1 and not step.failed:
            continue  # it waits for something, which comes in the end
        if any(_is_same(mine, other, similarity) for other in before[-MAX_COMPARED:]):
            found.append(step)
        elif not step.failed and not only_reads(step.name):
            earlier = {step.name: before}
        before.append(mine)
    return found


def _is_same(one: tuple[str, str], two: tuple[str, str], similarity: float) -> bool:
    (arguments, result), (other_arguments, other_result) = one, two
    if result != other_result:
        return False
    if arguments == other_arguments:
        return True
    # Digits tell things apart that look alike: pages, ids, days.
    if not result or _digits(arguments) != _digits(other_arguments):
        return False
    return (
        arguments.startswith(other_arguments)
        or other_arguments.startswith(arguments)
        or ratio(arguments, other_arguments, score_cutoff=similarity) > 0
    )


def _canonical(arguments: Any) -> str:
    """Arguments as text in which order, case, spaces and ways to write a path do not count."""
    if isinstance(arguments, dict):
        pairs = sorted((str(key), _canonical(value)) for key, value in arguments.items())
        return "\n".join(f"{key}={value}" for key, value in pairs if value)[:MAX_ARGUMENTS]
    if isinstance(arguments, str):
        text = " ".join(arguments.lower().split())
        while text.startswith("./"):
            text = text[2:]
        return text.rstrip("/.")[:MAX_ARGUMENTS]
    if arguments is None:
        return ""
    return json.dumps(arguments, ensure_ascii=False, sort_keys=True, default=str)[:MAX_ARGUMENTS]


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())
