"""The modes of ``tool_selection`` beside langchain-ai's agentevals, case by case."""

import itertools
import json
import random
from typing import Any

import pytest
from agentevals.trajectory.match import create_trajectory_match_evaluator

from otel_evaluator.evaluators._steps import Step
from otel_evaluator.evaluators.actions.matching import ExpectedTool, problem

MODES = ("strict", "unordered", "subset", "superset")
Call = tuple[str, dict[str, Any]]


def theirs(called: list[Call], expected: list[Call], mode: Any, arguments: Any) -> bool:
    check = create_trajectory_match_evaluator(
        trajectory_match_mode=mode, tool_args_match_mode=arguments
    )
    found = check(outputs=_messages(called), reference_outputs=_messages(expected))
    assert isinstance(found, dict)
    return bool(found["score"])


def _messages(calls: list[Call]) -> list[dict[str, Any]]:
    """One message a call: of several calls in one message agentevals ignores the order."""
    functions = [{"name": name, "arguments": json.dumps(values)} for name, values in calls]
    return [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "x", "type": "function", "function": f}],
        }
        for f in functions
    ]


def ours(called: list[Call], expected: list[Call], mode: Any, arguments: Any) -> bool:
    steps = [Step(name, values, "", False, 0, "") for name, values in called]
    wanted = [ExpectedTool(name=name, arguments=values) for name, values in expected]
    return not problem(steps, wanted, mode, arguments)[0]


@pytest.mark.parametrize(("mode", "arguments"), list(itertools.product(MODES, ("exact", "ignore"))))
def test_the_same_verdict_on_a_thousand_cases(mode: str, arguments: str) -> None:
    generator = random.Random(7)
    matches = 0
    for _ in range(1000):
        expected = [_call(generator) for _ in range(generator.randint(0, 3))]
        called = [*expected, *(_call(generator) for _ in range(generator.randint(0, 2)))]
        called = generator.sample(called, generator.randint(0, len(called)))
        said = theirs(called, expected, mode, arguments)
        assert ours(called, expected, mode, arguments) is said, (called, expected)
        matches += said
    assert 20 < matches < 1000, "both verdicts occur"


@pytest.mark.parametrize("arguments", ["subset", "superset"])
def test_parts_of_arguments(arguments: str) -> None:
    pairs = itertools.product(({"a": 1}, {"a": 1, "b": 2}, {"b": 2}, {}), repeat=2)
    for one, two in pairs:
        said = theirs([("f", one)], [("f", two)], "strict", arguments)
        assert ours([("f", one)], [("f", two)], "strict", arguments) is said


def test_where_they_differ() -> None:
    """JSON tells true from 1; Python, and so agentevals, does not."""
    one: list[Call] = [("f", {"a": True})]
    two: list[Call] = [("f", {"a": 1})]
    assert theirs(one, two, "strict", "exact") is True
    assert ours(one, two, "strict", "exact") is False


def _call(generator: random.Random) -> Call:
    return generator.choice("fg"), {"a": generator.randint(0, 1)}
