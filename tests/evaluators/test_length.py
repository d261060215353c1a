import pytest

from otel_evaluator.errors import ConfigError
from otel_evaluator.testing import a_message, a_subject


@pytest.mark.parametrize(
    ("options", "value", "label"),
    [
        ({}, 11.0, ""),
        ({"unit": "words"}, 2.0, ""),
        ({"max": 10}, 11.0, "too_long"),
        ({"min": 12}, 11.0, "too_short"),
        ({"min": 11, "max": 11}, 11.0, "pass"),
        ({"min": 3, "unit": "words"}, 2.0, "too_short"),
    ],
)
def test_limits(evaluate, options, value, label):
    verdict = evaluate("length", a_subject("hello wörld"), **options)
    assert (verdict.value, verdict.label) == (value, label)
    assert verdict.passed is (None if not label else label == "pass")


def test_an_empty_answer_has_length_zero(evaluate):
    empty = a_subject(messages=(a_message(), a_message("assistant", "")))
    assert evaluate("length", empty, min=1).label == "too_short"


def test_a_failed_call_has_no_answer_to_measure(evaluate):
    assert evaluate("length", a_subject("", error="timeout"), min=1).reason == "no_content"


def test_limits_in_the_wrong_order(evaluate):
    with pytest.raises(ConfigError, match="min 5 is greater than max 4; swap them"):
        evaluate("length", a_subject(), min=5, max=4)
