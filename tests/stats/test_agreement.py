"""Agreement with people and corrected pass rates: published numbers and simulated coverage."""

import random
from statistics import fmean

import pytest

from otel_evaluator.stats.agreement import Agreement, agreement, best_threshold, corrected


def test_kappa_of_a_published_table():
    # Agresti, Categorical Data Analysis: two readers agree on 20 + 15 of 50 cases; kappa 0.4.
    found = Agreement(both_pass=20, only_human=5, only_judge=10, both_fail=15)
    assert found.kappa.value == pytest.approx(0.4)
    assert found.accuracy.value == pytest.approx(0.7)
    assert found.kappa.low < 0.4 < found.kappa.high


def test_pairs_are_counted():
    pairs = [(True, True)] * 3 + [(True, False)] * 2 + [(False, True)] + [(False, False)] * 4
    found = agreement(pairs)
    assert (found.both_pass, found.only_human, found.only_judge, found.both_fail) == (3, 2, 1, 4)
    assert found.sensitivity.value == pytest.approx(0.6)
    assert found.specificity.value == pytest.approx(0.8)


def test_one_kind_of_cases_says_nothing_about_chance():
    assert agreement([(True, True)] * 9).kappa.value == 0.0
    assert agreement([]).kappa.low == -1.0


def test_rogan_and_gladens_own_formula():
    judge = Agreement(both_pass=90, only_human=10, only_judge=20, both_fail=80)
    found = corrected(0.55, 1000, judge)
    assert found is not None
    assert found.value == pytest.approx((0.55 + 0.8 - 1) / (0.9 + 0.8 - 1))
    assert found.low < found.value < found.high


@pytest.mark.parametrize(
    "judge", [Agreement(5, 5, 5, 5), Agreement(9, 1, 0, 0), Agreement(0, 0, 1, 9)]
)
def test_a_judge_that_knows_nothing_corrects_nothing(judge):
    assert corrected(0.5, 100, judge) is None


@pytest.mark.parametrize("truth", [0.3, 0.8, 0.95])
def test_the_corrected_interval_holds_the_truth(truth):
    uniform = random.Random(4711).random
    held, widths = [], []
    for _ in range(600):
        # The judge passes 90 % of the good and 20 % of the bad; 120 labels, 400 judgements.
        labels = [uniform() < 0.5 for _ in range(120)]
        judge = agreement([(good, uniform() < (0.9 if good else 0.2)) for good in labels])
        passed = sum(uniform() < (0.9 if uniform() < truth else 0.2) for _ in range(400))
        found = corrected(passed / 400, 400, judge)
        assert found is not None
        held.append(found.low <= truth <= found.high)
        widths.append(found.high - found.low)
    assert 0.92 <= fmean(held) <= 0.99
    assert fmean(widths) < 0.35


def test_the_best_threshold_lies_between_scores():
    scores = [(False, 0.0), (False, 0.25), (True, 0.75), (True, 1.0)]
    assert best_threshold(scores) == pytest.approx(0.5)
    assert best_threshold([(True, 0.5), (False, 0.5)]) == 0.5
