"""Bounds that hold at every look, evidence without false alarms, few false discoveries."""

import random
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_evaluator.stats.intervals import wilson
from otel_evaluator.stats.sequential import ConfidenceSequence, DropEvidence, discoveries

MEAN = 0.1 * 0.55 + 0.9 * 0.93
"""Of ``boosted``."""


def boosted(generator, n, drop=0.0):
    """Errors, a tenth of traffic, at 0.5, the rest at 0.02: value and weight of kept items."""
    while n:
        is_error = generator.random() < 0.1
        if generator.random() < (0.5 if is_error else 0.02):
            rate = (0.55 if is_error else 0.93) - drop
            yield float(generator.random() < rate), 2.0 if is_error else 50.0
            n -= 1


def test_the_bounds_hold_at_every_look():
    missed = widths = 0
    for seed in range(60):
        sequence, inside = ConfidenceSequence(50.0), True
        for y, w in boosted(random.Random(seed), 1000):
            sequence.add(y, w)
            low, high = sequence.bounds
            inside = inside and low <= MEAN <= high
        missed += not inside
        widths += high - low
    assert missed <= 3, "5 % of 60"
    assert widths / 60 < 0.15


def test_a_fixed_interval_does_not():
    missed = 0
    for seed in range(60):
        generator, passed, inside = random.Random(seed), 0.0, True
        for n in range(1, 1001):
            passed += generator.random() < 0.85
            found = wilson(passed / n, n)
            inside = inside and found.low <= 0.85 <= found.high
        missed += not inside
    assert missed > 12


def test_evidence_is_at_most_one_on_average_where_nothing_fell():
    for rate in (0.9, 0.93):
        values = []
        for seed in range(400):
            generator, evidence = random.Random(seed), DropEvidence(0.9)
            for _ in range(50):
                evidence.add(float(generator.random() < rate), 1.0)
            values.append(exp(evidence.log_value))
        assert sum(values) / len(values) < 1.15


@pytest.mark.parametrize(("drop", "within"), [(0.1, 3000), (0.2, 800)])
def test_a_drop_is_found(drop, within):
    found = 0
    for seed in range(10):
        evidence = DropEvidence(MEAN - 0.02, 50.0)
        for y, w in boosted(random.Random(seed), within, drop):
            evidence.add(y, w)
        found += evidence.log_value > log(24 / 0.05)
    assert found >= 8


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(1, 100)), max_size=200))
def test_bounds_are_bounds(items):
    sequence = ConfidenceSequence(100.0)
    for y, w in items:
        sequence.add(y, w)
        low, high = sequence.bounds
        assert 0 <= low < high <= 1


def test_discoveries_need_more_evidence_the_more_is_watched():
    assert discoveries({}, 0.05) == set()
    assert discoveries({"a": log(21)}, 0.05) == {"a"}
    many = {f"s{n}": 0.0 for n in range(99)}
    assert discoveries(many | {"a": log(21)}, 0.05) == set()
    assert discoveries(many | {"a": log(2001)}, 0.05) == {"a"}
    two = many | {"a": log(1001), "b": log(1001)}
    assert discoveries(two, 0.05) == set(), "100 watched: two need 100 / (0.05 x 2)"
    del two["s0"]
    assert discoveries(two, 0.05) == {"a", "b"}


def test_false_alarms_over_many_segments():
    alarms = 0
    for seed in range(20):
        generator = random.Random(seed)
        watched = {}
        for name in range(20):
            evidence = DropEvidence(0.88)
            for _ in range(200):
                evidence.add(float(generator.random() < 0.9), 1.0)
            watched[str(name)] = evidence.log_value
        alarms += bool(discoveries(watched, 0.05))
    assert alarms <= 1
