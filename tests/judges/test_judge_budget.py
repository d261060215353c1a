"""Money: never over a limit, spread over the window, and estimates that stay unbiased."""

import random
from functools import partial
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_evaluator.judges.budget import LEAST_PACE, Budget, BudgetExhausted
from otel_evaluator.judges.config import JudgeBudgetConfig
from otel_evaluator.judges.prices import Spent
from otel_evaluator.testing.doubles import ManualClock

HOUR_S, DAY_S = 3600, 86_400
usd = partial(Spent, tokens=0)


@pytest.fixture
def clock() -> ManualClock:
    """At the start of a day."""
    clock = ManualClock()
    clock.advance(DAY_S - clock.time_ns() / 1e9 % DAY_S)
    return clock


@pytest.mark.fault("D9")
def test_a_budget_begins_anew_each_day(clock):
    budget = Budget(JudgeBudgetConfig(usd_per_day=1.0), clock)
    budget.settle(budget.reserve(usd(0.9)), usd(0.8))
    with pytest.raises(BudgetExhausted, match="usd_per_day"):
        budget.reserve(usd(0.3))
    clock.advance(DAY_S)
    budget.reserve(usd(0.3))


@pytest.mark.fault("D9")
def test_the_tightest_window_decides(clock):
    limits = JudgeBudgetConfig(usd_per_day=10.0, usd_per_hour=1.0, tokens_per_hour=100)
    budget = Budget(limits, clock)
    with pytest.raises(BudgetExhausted, match="tokens_per_hour"):
        budget.reserve(Spent(0.1, 101))
    budget.settle(budget.reserve(Spent(0.9, 10)), Spent(0.9, 10))
    assert budget.remaining_usd == pytest.approx(0.1)
    clock.advance(HOUR_S)
    assert budget.remaining_usd == pytest.approx(1.0)


@pytest.mark.fault("D9")
def test_what_was_spent_survives_a_restart(clock):
    limits = JudgeBudgetConfig(usd_per_day=1.0)
    budget = Budget(limits, clock)
    budget.settle(budget.reserve(usd(0.9)), usd(0.9))
    again = Budget(limits, clock)
    again.restore(budget.state)
    assert again.remaining_usd == pytest.approx(0.1)


@pytest.mark.fault("D9")
@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 1), st.floats(0, 4000)), max_size=60))
def test_no_sequence_of_calls_spends_more_than_a_window_has(calls):
    clock = ManualClock()
    budget = Budget(JudgeBudgetConfig(usd_per_hour=1.0), clock)
    spent: dict[int, float] = {}
    for most, share, wait in calls:
        try:
            reserved = budget.reserve(usd(most))
        except BudgetExhausted:
            pass
        else:
            budget.settle(reserved, usd(most * share), budget.pace())
            hour = clock.time_ns() // (HOUR_S * 10**9)
            spent[hour] = spent.get(hour, 0.0) + most * share
        assert LEAST_PACE <= budget.pace() <= 1.0
        clock.advance(wait)
    assert all(total <= 1.0 + 1e-9 for total in spent.values())


def test_without_limits_nothing_is_paced(clock):
    assert Budget(JudgeBudgetConfig(), clock).pace() == 1.0


def a_day(clock: ManualClock, demand: float, seed: int, budget: Budget):
    """A day of traffic that would spend ``demand`` budgets; quality falls in the afternoon.

    Gives the true mean, the weighted and the plain mean of what was judged, the share of
    subjects without money, and the hour of the last judgement.
    """
    uniform = random.Random(seed).random
    count = 4000
    truth, weighted, weights, plain, missing, last = [], 0.0, 0.0, [], 0, 0.0
    for number in range(count):
        clock.advance(DAY_S / count)
        score = float(uniform() < (0.9 if number < count / 2 else 0.5))
        truth.append(score)
        pace = budget.pace()
        if uniform() >= pace:
            continue
        cost = usd(demand * 2 * uniform() / count)
        try:
            budget.settle(budget.reserve(cost), cost, pace)
        except BudgetExhausted:
            missing += 1
            continue
        weighted, weights = weighted + score / pace, weights + 1 / pace
        plain.append(score)
        last = 24 * number / count
    return fmean(truth), weighted / weights, fmean(plain), missing / count, last


@pytest.mark.fault("D9")
@pytest.mark.parametrize("demand", [0.5, 1.5, 4.0, 20.0])
def test_money_lasts_to_the_end_of_the_day_and_the_estimate_is_unbiased(clock, demand):
    budget = Budget(JudgeBudgetConfig(usd_per_day=1.0), clock)
    errors, lasts, missings = [], [], []
    for seed in range(12):
        truth, weighted, _, missing, last = a_day(clock, demand, seed, budget)
        errors.append(weighted - truth)
        lasts.append(last)
        missings.append(missing)
    # Twelve days of at least 150 judgements: standard error below 0.012.
    assert abs(fmean(errors)) < 0.04
    assert min(lasts) > 22
    assert fmean(missings) < 0.01


def test_without_pacing_the_morning_would_stand_for_the_day(clock, monkeypatch):
    budget = Budget(JudgeBudgetConfig(usd_per_day=1.0), clock)
    monkeypatch.setattr(budget, "pace", lambda: 1.0)
    truth, weighted, _, missing, _ = a_day(clock, 4.0, 1, budget)
    assert weighted - truth > 0.1
    assert missing > 0.5
