import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_evaluator.sample.budget import EPOCH_S, WINDOW, Budget
from otel_evaluator.sample.config import BudgetConfig, SamplingConfig
from otel_evaluator.sample.decide import EvaluatorRule
from otel_evaluator.sample.sampler import Sampler
from otel_evaluator.testing import ManualClock

HOUR_NS = EPOCH_S * 1_000_000_000
NOON = 500_000
"""An epoch's number: hours since 1970."""


def budget(state=None, **bounds):
    return Budget(BudgetConfig(**bounds), state)


def spend(bound, hours, per_hour, first=NOON):
    """Let the budget see the same hour again and again; factors in force at each."""
    factors = []
    for hour in range(first, first + hours):
        bound.advance(hour * HOUR_NS)
        factors.append(bound.multiplier)
        bound.offer(per_hour)
    bound.advance((first + hours) * HOUR_NS)
    return factors


def test_the_first_hour_runs_at_the_configured_rates():
    bound = budget(max_per_day=10)
    assert spend(bound, 1, 1e6) == [1.0]
    assert bound.multiplier < 1


@pytest.mark.parametrize(
    ("per_hour", "bounds", "factor"),
    [
        (100, {"max_per_day": 1200}, 0.5),
        (100, {"max_per_day": 2400}, 1.0),
        (100, {"min_per_day": 4800}, 2.0),
        (100, {"min_per_day": 2400}, 1.0),
        (100, {"min_per_day": 1200, "max_per_day": 4800}, 1.0),
        (100, {}, 1.0),
        (0, {"min_per_day": 100}, 1.0),
    ],
)
@pytest.mark.parametrize("hours", [1, 5, WINDOW, 3 * WINDOW])
def test_the_factor_brings_a_steady_day_within_its_bounds(per_hour, bounds, factor, hours):
    bound = budget(**bounds)
    spend(bound, hours, per_hour)
    assert bound.multiplier == pytest.approx(factor)


@given(st.lists(st.floats(0, 1e9), max_size=20), st.integers(0, HOUR_NS - 1))
def test_offers_of_the_running_hour_change_nothing(rates, later):
    bound = budget(min_per_day=10, max_per_day=100)
    spend(bound, 3, 50)
    before = bound.multiplier
    for rate in rates:
        bound.offer(rate)
        assert not bound.advance((NOON + 3) * HOUR_NS + later)
    assert bound.multiplier == before


def test_advance_says_when_the_factor_changed():
    bound = budget(max_per_day=240)
    assert not bound.advance(NOON * HOUR_NS)
    bound.offer(20)
    assert not bound.advance((NOON + 1) * HOUR_NS - 1)
    assert bound.advance((NOON + 1) * HOUR_NS)
    assert bound.multiplier == 0.5
    bound.offer(20)
    assert not bound.advance((NOON + 2) * HOUR_NS)


def test_hours_beyond_the_window_are_forgotten():
    bound = budget(max_per_day=24)
    spend(bound, 1, 1_000_000)
    for hour in range(1, WINDOW):
        bound.advance((NOON + hour) * HOUR_NS)
        bound.offer(0.1)
        assert bound.multiplier < 1
    bound.advance((NOON + WINDOW) * HOUR_NS)
    assert bound.multiplier < 1
    bound.advance((NOON + WINDOW + 1) * HOUR_NS)
    assert bound.multiplier == 1.0


def test_state_is_bounded_and_a_copy():
    bound = budget()
    spend(bound, 10 * WINDOW, 1)
    state = bound.state
    assert len(state.offered) <= WINDOW + 1
    state.offered.clear()
    assert bound.state.offered


def test_a_restart_continues_with_the_same_factor():
    bound = budget(max_per_day=100)
    spend(bound, 7, 33.5)
    restarted = budget(bound.state, max_per_day=100)
    now = (NOON + 7) * HOUR_NS
    assert restarted.advance(now + 5)
    assert restarted.multiplier == bound.multiplier
    bound.offer(3)
    again = budget(bound.state, max_per_day=100)
    again.advance(now + 6)
    assert again.multiplier == bound.multiplier, "offers of the running hour"


def test_a_clock_that_steps_back_stays_in_the_later_hour():
    bound = budget(max_per_day=240)
    spend(bound, 2, 20)
    before = bound.multiplier
    assert not bound.advance((NOON - 30) * HOUR_NS)
    bound.offer(1000)
    assert not bound.advance((NOON + 2) * HOUR_NS)
    assert bound.multiplier == before
    bound.advance((NOON + 3) * HOUR_NS)
    assert bound.multiplier < before


def test_a_gap_without_traffic_counts_as_traffic_of_none():
    bound = budget(max_per_day=24)
    spend(bound, 1, 24)
    bound.advance((NOON + 12) * HOUR_NS)
    assert bound.multiplier == pytest.approx(0.5)


def sampler(**bounds):
    config = SamplingConfig(base_rate=0.1, budget=BudgetConfig(**bounds))
    return Sampler(config, [EvaluatorRule("check", "trace")], {})


def test_what_is_offered_does_not_depend_on_the_factor_in_force():
    # 1,000 alike subjects at rate 0.1 and a factor: kept ones are weighted to all of them.
    for factor in (0.25, 1.0, 4.0, 100.0):
        bound = sampler()
        bound.advance(NOON * HOUR_NS)
        kept = min(1.0, 0.1 * factor)
        for _ in range(round(1000 * kept)):
            bound.offer(0.1, kept)
        assert bound.budget_state.offered == {NOON: pytest.approx(1000 * 0.1)}


def test_the_sampler_excludes_with_the_factor_in_force():
    clock, bound = ManualClock(), sampler(max_per_day=240)
    ids = {n.to_bytes(16, "big") for n in range(2000)}
    bound.advance(clock.time_ns())
    wide = {i for i in ids if bound.may_select(bound.u(i, ""), b"")}
    for _ in range(200):
        bound.offer(0.1, 1.0)
    assert {i for i in ids if bound.may_select(bound.u(i, ""), b"")} == wide
    clock.advance(EPOCH_S)
    bound.advance(clock.time_ns())
    assert bound.multiplier == pytest.approx(0.5)
    narrow = {i for i in ids if bound.may_select(bound.u(i, ""), b"")}
    assert narrow < wide
    assert len(narrow) == pytest.approx(len(wide) / 2, rel=0.3)
