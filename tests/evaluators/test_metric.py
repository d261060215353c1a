"""Metric objects of other libraries; the real ones are in tests/libraries."""

import sys

import pytest

from otel_evaluator.errors import ConfigError
from otel_evaluator.model.outcome import Failed, Scored, Unscored
from otel_evaluator.testing import a_subject
from tests.support import autoevals

SUBJECT = a_subject("Paris", "What is the capital of France?")


@pytest.fixture
def use(evaluate, monkeypatch):
    monkeypatch.setitem(sys.modules, "autoevals", autoevals.module())
    return lambda subject=SUBJECT, **options: evaluate(
        "metric", subject, object="autoevals:Levenshtein", **options
    )


def test_the_librarys_score_is_ours(use):
    assert use() == Scored(0.5, "B", None, "because")


def test_no_score_and_an_error_are_no_zero(use):
    assert use(options={"score": None, "error": "broken"}) == Failed(
        "exception", "ValueError", "broken"
    )
    assert use(options={"score": None}).value is None


def test_without_an_answer_the_metric_is_not_asked(use):
    assert isinstance(use(a_subject("", "q")), Unscored)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"object": "nothing.here:x"}, "cannot be imported"),
        ({"object": "os.path:sep"}, "is no metric of autoevals"),
        ({"object": "os.path:join", "options": {"nonsense": 1}}, "cannot be made"),
    ],
)
def test_mistakes_are_named(evaluate, options, problem):
    with pytest.raises(ConfigError, match=problem):
        evaluate("metric", SUBJECT, **options)
