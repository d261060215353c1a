from datetime import date

import pytest

from otel_evaluator.evaluators.figures.arithmetic import (
    before_bounds,
    factors,
    later,
    lengths,
    minutes,
    multiples,
    nights,
    shifts,
    total,
)


@pytest.mark.parametrize(
    ("value", "known", "pieces", "shares"),
    [
        (354.0, [118.0], [3], []),
        (63.0, [84.0], [0.75], []),
        (62.0, [124.0], [0.5], []),
        (36.25, [145.0], [4], []),
        (140.0, [175.0], [], [0.2]),
        (210.0, [175.0], [], [0.2]),
        (35.0, [175.0], [], [0.2]),
        (1550.0, [1900.0, 350.0], [], []),
    ],
)
def test_what_amounts_come_to(value, known, pieces, shares):
    assert value in [round(each, 6) for each in multiples(known, pieces, shares)]


def test_an_amount_is_no_multiple_of_itself():
    """It was said in another currency, or as another thing."""
    assert 49.9 not in multiples([49.9], [1, 3], [0.2])


def test_a_total_is_that_of_all():
    assert total(117.0, [28.8, 46.2, 42.0])
    assert not total(75.0, [28.8, 46.2, 42.0])
    assert not total(75.0, [28.8, 46.2])


def test_days_weeks_and_months_later():
    assert date(2026, 7, 3) in later(date(2026, 3, 3), [4])
    assert date(2026, 2, 28) in later(date(2026, 1, 31), [1])
    assert date(2028, 1, 15) in later(date(2026, 1, 15), [24])
    assert date(2026, 1, 29) in later(date(2026, 1, 15), [2])
    assert date(2026, 1, 20) in later(date(2026, 1, 15), [5])
    assert later(date(2026, 1, 15), [0, -3, 2.5, 10_000]) == {date(2026, 1, 31)}
    assert date(2026, 12, 31) in later(date(2026, 9, 2), [3]), "the end of that month"


def test_lengths_between_days():
    assert lengths((date(2026, 12, 31), date(2026, 5, 1))) == {244, 245, 7, 8}


def test_days_before_bounds_and_around_today():
    assert before_bounds("WHERE day >= '2026-03-01' AND day < '2026-04-01'") == {date(2026, 3, 31)}
    assert before_bounds("a < b, 2026-04-01, < '2026-13-41'") == set()
    assert shifts("ab morgen, von gestern an") == {1, -1}
    assert shifts("in a week") == set()


def test_nights_between_days():
    assert nights([date(2026, 5, 3), date(2026, 5, 6), date(2026, 9, 1)]) == {3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"duration_min": 45}', {45}),
        ("It takes 20 minutes.", {20}),
        ("etwa 1,5 Stunden", {90}),
        ('{"dauer_min": 90}', {90}),
        ("a 50-minute lesson", {50}),
        ("at 10:30", set()),
    ],
)
def test_lengths_of_time(text, expected):
    assert minutes(text) == expected


def test_words_for_factors():
    assert factors("children pay half") == {0.5}
    assert factors("doppelt so viel") == {2.0}
    assert factors("a behalf") == set()
