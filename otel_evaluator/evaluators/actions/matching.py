"""Whether tool calls are those that were expected: the modes of langchain-ai's ``agentevals``."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from otel_evaluator.config.base import ComponentConfig
from otel_evaluator.evaluators._steps import Step

Match = Literal["strict", "unordered", "subset", "superset"]
ArgumentMatch = Literal["ignore", "exact", "subset", "superset"]


class ExpectedTool(ComponentConfig):
    """One expected tool call."""

    name: Annotated[str, Field(min_length=1)]
    """Name of the tool."""

    arguments: dict[str, Any] = Field(default_factory=dict)
    """Its arguments; compared as `argument_match` says."""


def problem(
    taken: Sequence[Step], expected: Sequence[ExpectedTool], mode: Match, arguments: ArgumentMatch
) -> tuple[str, Step | None]:
    """What is wrong with the steps, and which step; empty when they match.

    strict: the same calls in the same order; unordered: the same calls in any order; subset:
    no call that is not expected; superset: at least the expected ones.
    """
    if mode == "strict":
        for number, (step, wanted) in enumerate(zip(taken, expected, strict=False), 1):
            if not _fits(step, wanted, arguments):
                return f"step {number} is {step.name[:60]!r}, expected {wanted.name!r}", step
    left, extra = list(expected), []
    for step in taken:
        found = next((wanted for wanted in left if _fits(step, wanted, arguments)), None)
        if found is not None:
            left.remove(found)
        else:
            extra.append(step)
    if left and mode != "subset":
        return f"expected and not called: {left[0].name!r}", None
    if extra and mode != "superset":
        return f"called and not expected: {extra[0].name[:60]!r}", extra[0]
    return "", None


def matched(
    taken: Sequence[Step], expected: Sequence[ExpectedTool], arguments: ArgumentMatch
) -> float:
    """F1 of the called against the expected tools, each used once."""
    left, hits = list(expected), 0
    for step in taken:
        found = next((wanted for wanted in left if _fits(step, wanted, arguments)), None)
        if found is not None:
            left.remove(found)
            hits += 1
    return 2 * hits / (len(taken) + len(expected)) if taken or expected else 1.0


def _fits(step: Step, wanted: ExpectedTool, arguments: ArgumentMatch) -> bool:
    if step.name != wanted.name:
        return False
    if arguments == "ignore":
        return True
    called = step.arguments if isinstance(step.arguments, dict) else {}
    if arguments == "exact":
        return _same(called, wanted.arguments)
    part, whole = wanted.arguments, called
    if arguments == "subset":
        part, whole = whole, part
    return all(key in whole and _same(value, whole[key]) for key, value in part.items())


def _same(one: Any, two: Any) -> bool:
    """Equal as JSON: 1 and 1.0 are, true and 1 are not."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_same(one[key], two[key]) for key in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_same, one, two))
    return isinstance(one, bool) == isinstance(two, bool) and bool(one == two)
