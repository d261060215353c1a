"""Figures that answers work out, and those that only chance explains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_evaluator.evaluators.figures.chance import by_chance
from otel_evaluator.evaluators.figures.quantities import quantities
from otel_evaluator.evaluators.figures.sums import sums
from otel_evaluator.evaluators.figures.worked import worked


def told(text, known, asked="", far=True):
    """Values that follow surely, and those that may; of the figures that nothing says."""
    every = [*known, *(value for q in quantities(asked) for value in q.values)]
    wanted = [q for q in quantities(text) if q.values and not {*q.values} & {*every}]
    found = worked(text, wanted, every, asked=asked, far=far)
    return {q.values[0] for q in found.surely}, {q.values[0] for q in found.perhaps}


LAMPS = "We have 14 lamps of 40 watts, on for 5 hours a day, at 31p a unit. New ones take 6 watts."


@pytest.mark.parametrize(
    ("text", "known", "asked", "expected"),
    [
        ("Each saves 40 − 6 = 34 W, all of them 476 W.", [], LAMPS, {34.0, 476.0}),
        (
            "Each saves 34 W, so all save 476 W; in 5 hours that is 2.38 kWh.",
            [],
            LAMPS,
            {476.0, 2.38},
        ),
        ("28 × 7/12 = 16.33 days, and 16.33 × 4/5 = 13.07 days.", [28], "", {16.33, 13.07}),
        ("2 × 187 km = 374 km × 0.38 € = 142.12 €", [187, 0.38], "", {374.0, 142.12}),
        ("That is 48,27 € and 13,40 €, in all 61,67 €.", [48.27, 13.4], "", {61.67}),
        (
            "| A | 120.00 |\n| B | 37.45 |\n| C | 9.30 |\n| Total | 166.75 |",
            [120, 37.45, 9.3],
            "",
            {166.75},
        ),
        ("1,731 EUR in all:\n- 812 EUR\n- 514 EUR\n- 405 EUR", [812, 514, 405], "", {1731.0}),
        (
            "Room 341.00\nDiscount, 10 % −34.10\nTax 18.00\nTotal 324.90",
            [341, 18],
            "",
            {34.1, 324.9},
        ),
        ("2 × 3 × 17.50 105.00", [17.5], "", {105.0}),
    ],
)
def test_figures_that_are_worked_out(text, known, asked, expected):
    surely, perhaps = told(text, known, asked)
    assert expected <= surely | perhaps
    assert surely & expected


@pytest.mark.parametrize(
    ("text", "known", "asked"),
    [
        ("It costs 61,67 €.", [48.21, 13.4, 5, 19], ""),
        ("You get a 20 EUR credit.", [1042, 54.5, 2026], ""),
        ("28 × 7/12 = 17.92 days", [28], ""),
        ("The fee is 300 EUR.", [14, 30, 24, 7], ""),
    ],
)
def test_figures_from_nowhere(text, known, asked):
    surely, _ = told(text, known, asked, far=False)
    assert not {61.67, 20.0, 17.92, 300.0} & surely


def test_what_follows_from_an_open_figure_is_open():
    text = "At 90 EUR for ten nights it is 900 EUR, with the bike at 7 EUR 907 EUR."
    surely, perhaps = told(text, [90, 7], far=False)
    assert (surely, perhaps) == (set(), {900.0, 907.0})


def test_numbers_of_sections_are_no_operands():
    surely, _ = told("Up to 60 days, for six weeks [manual 12].", [20, 14, 12], far=False)
    assert 60.0 not in surely


@given(st.floats(0.01, 1e6), st.lists(st.floats(0.01, 1e6), max_size=30))
def test_chances_are_numbers_of_matches(value, results):
    value = round(value, 2)
    chance = by_chance(value, results)
    assert chance is None or chance > 0
    assert by_chance(value, [*results, value]) is not None


def test_a_match_among_many_results_tells_less():
    few, many = [316.4, 290.15], [316.4, *(250 + 0.37 * n for n in range(300))]
    assert by_chance(316.4, few) < by_chance(316.4, many)


def test_a_round_figure_tells_less():
    assert by_chance(327.0, [327.0]) < by_chance(300.0, [300.0])


def test_many_figures_take_bounded_time():
    text = "\n".join(f"{n * 3.17:.2f} EUR and {n * 7.9:.2f} EUR" for n in range(1, 400))
    told(text, [1.5, 2.25])


def test_sums_of_columns():
    found = sums(
        '{"rows": [["a", 540, 27], ["b", 380, 38]], "items": [{"net": "1.50"}, {"net": 2}]}'
    )
    assert {920.0, 65.0, 3.5} <= found.totals
    assert 2.0 in found.lengths
    assert sums("no JSON") == sums("[" * 5000) == sums("")
