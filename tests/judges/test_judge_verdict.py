import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_evaluator.api.judge import Answer
from otel_evaluator.errors import JudgeError
from otel_evaluator.judges.rubric import RubricConfig
from otel_evaluator.judges.shape import object_of
from otel_evaluator.judges.verdict import verdict
from otel_evaluator.model.outcome import Scored, Unscored

FIVE = RubricConfig(criteria="c", scale=(1, 5))
UNIT = RubricConfig(criteria="c", scale=(0, 1))
CHOICE = RubricConfig(criteria="c", choices={"yes": 1.0, "partly": 0.5, "no": 0.0})


def of(rubric, score, **more):
    return verdict(rubric, Answer({"reasoning": "r", "score": score, **more}, "m", 7, 3, 0.5))


@pytest.mark.parametrize(
    ("rubric", "score", "value", "label"),
    [
        (FIVE, 1, 0.0, "1"),
        (FIVE, 4, 0.75, "4"),
        (FIVE, 5.0, 1.0, "5"),
        (UNIT, 0.25, 0.25, "0.25"),
        (CHOICE, "partly", 0.5, "partly"),
    ],
)
def test_scales_map_to_the_unit_interval_and_keep_the_raw_score(rubric, score, value, label):
    expected = Scored(value, label, None, "r", "m", 7, 3, 0.5)
    assert of(rubric, score) == expected


NONSENSE = [0, 6, 11, -1, 2.5, True, None, "5", "4/5", [5], {}, math.nan, math.inf, 10**400]


@pytest.mark.parametrize("score", NONSENSE)
@pytest.mark.fault("D4")
def test_what_the_scale_does_not_allow_is_unscored(score):
    assert of(FIVE, score) == Unscored(
        "invalid_verdict", "the score is none that the rubric allows"
    )


@pytest.mark.fault("D4")
def test_other_fields_are_unscored():
    assert isinstance(of(FIVE, 5, confidence=1), Unscored)
    assert isinstance(verdict(FIVE, Answer({"score": 5}, "m")), Unscored)
    assert isinstance(of(CHOICE, "Yes"), Unscored)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
@pytest.mark.fault("D4")
def test_no_value_makes_a_score_out_of_range(value):
    for rubric in (FIVE, UNIT, CHOICE):
        found = of(rubric, value)
        assert isinstance(found, Unscored) or 0 <= found.value <= 1


GOOD = {"reasoning": "r", "score": 5}


@pytest.mark.parametrize(
    "text", [json.dumps(GOOD), f" {json.dumps(GOOD)}\n", f"```json\n{json.dumps(GOOD)}\n```"]
)
def test_one_object_is_read(text):
    assert object_of(text) == GOOD


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "[5]",
        "null",
        '{"score": 5',
        f"The verdict: {json.dumps(GOOD)}",
        json.dumps(GOOD) * 2,
        "```\n```",
        "I cannot help with that.",
        "<html></html>",
        "{" * 100_000,
    ],
)
@pytest.mark.fault("D4")
def test_nothing_is_searched_for_in_other_text(text):
    with pytest.raises(JudgeError):
        object_of(text)
