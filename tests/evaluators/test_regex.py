import time

import pytest

from otel_evaluator.errors import ConfigError
from otel_evaluator.testing import a_subject


@pytest.mark.parametrize(
    ("options", "passes"),
    [
        ({"pattern": r"order \d+"}, True),
        ({"pattern": r"ORDER"}, False),
        ({"pattern": r"ORDER", "ignore_case": True}, True),
        ({"pattern": r"order", "expect": "no_match"}, False),
        ({"pattern": r"a.b", "expect": "no_match"}, True),
    ],
)
def test_match(evaluate, options, passes):
    verdict = evaluate("regex", a_subject("your order 12"), **options)
    assert (verdict.value, verdict.passed) == (float(passes), passes)


def test_dot_all(evaluate):
    subject = a_subject("a\nb")
    assert not evaluate("regex", subject, pattern="a.b").passed
    assert evaluate("regex", subject, pattern="a.b", dot_all=True).passed


def test_explanation_names_the_place_not_the_text(evaluate):
    verdict = evaluate("regex", a_subject("my PIN is 1234"), pattern=r"\d{4}", expect="no_match")
    assert verdict.explanation == "match at character 10"


@pytest.mark.parametrize(
    ("pattern", "position"),
    [("a(b", 1), ("ab(?=c)", 2), ("x(a)\\1", 4), ("a**", 1), ("[z-a]", 1), ("ok)", 2)],
)
def test_bad_pattern_is_a_config_error_with_its_position(evaluate, pattern, position):
    with pytest.raises(ConfigError) as caught:
        evaluate("regex", a_subject(), pattern=pattern)
    (problem,) = caught.value.problems
    assert problem.startswith("evaluators[0].pattern: not a valid pattern at position ")
    assert f"position {position}:" in problem
    assert "; write RE2 syntax" in problem


@pytest.mark.fault("H7")
def test_time_is_linear_in_the_text(evaluate):
    subject = a_subject("a" * 200_000 + "!")
    started = time.monotonic()
    assert not evaluate("regex", subject, pattern=r"^(a+)+$").passed
    assert time.monotonic() - started < 2.0  # a backtracking engine takes for ever


def test_lone_surrogates_are_searched(evaluate):
    assert evaluate("regex", a_subject("x \ud800 order"), pattern="order").passed
