"""Weighted means: equal to the textbook's sums, and intervals that hold under boosted tiers."""

import random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_evaluator.stats.intervals import wilson
from otel_evaluator.stats.weighted import Sums, sums_of_passes

ITEMS = st.lists(st.tuples(st.floats(1, 100), st.floats(0, 1)), min_size=1, max_size=50)


def sums(items) -> Sums:
    return Sums(
        w=sum(w for w, _ in items),
        wy=sum(w * y for w, y in items),
        wyy=sum(w * y * y for w, y in items),
        ww=sum(w * w for w, _ in items),
        wwy=sum(w * w * y for w, y in items),
        wwyy=sum(w * w * y * y for w, y in items),
    )


@given(ITEMS)
def test_sums_give_mean_and_variance(items):
    found = sums(items)
    total = sum(w for w, _ in items)
    mean = sum(w * y for w, y in items) / total
    assert found.mean == pytest.approx(mean)
    variance = sum(w * w * (y - mean) ** 2 for w, y in items) / total**2
    assert found.variance == pytest.approx(variance, abs=1e-9)
    assert 1 - 1e-9 <= found.kish <= len(items) + 1e-9


def test_equal_weights_are_the_usual_numbers():
    found = sums_of_passes(w=20, w_passed=16, ww=40, ww_passed=32)  # ten items of weight 2
    assert found.kish == pytest.approx(10)
    assert found.effective == pytest.approx(10)
    assert found.rate() == pytest.approx(wilson(0.8, 10))


def test_wilson_of_a_published_example():
    # Newcombe 1998, table I: 81 of 263, method 3: 0.2553 to 0.3662.
    found = wilson(81 / 263, 263)
    assert found.low == pytest.approx(0.2553, abs=5e-5)
    assert found.high == pytest.approx(0.3662, abs=5e-5)
    assert wilson(0.0, 10).low == 0.0
    assert wilson(0.5, 0)[1:] == (0.0, 1.0)


def test_the_interval_holds_where_the_plain_mean_does_not():
    """Errors, 5 % of traffic, are all kept; the rest at 10 %."""
    uniform = random.Random(7).random
    held, plain_held = [], []
    for _ in range(500):
        items = []
        for _ in range(3000):
            bad = uniform() < 0.05
            passes = float(uniform() < (0.2 if bad else 0.9))
            if uniform() < (1.0 if bad else 0.1):
                items.append((1.0 if bad else 10.0, passes))
        truth = 0.05 * 0.2 + 0.95 * 0.9
        found = sums(items).rate()
        held.append(found.low <= truth <= found.high)
        plain = wilson(fmean(y for _, y in items), len(items))
        plain_held.append(plain.low <= truth <= plain.high)
    assert 0.93 <= fmean(held) <= 0.98
    assert fmean(plain_held) == 0
