import pytest

from otel_evaluator.evaluators.figures.numbers import readings
from otel_evaluator.evaluators.figures.quantities import quantities


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("12", (12.0,)),
        ("1,234.50", (1234.5,)),
        ("1.234,50", (1234.5,)),
        ("1 234,50", (1234.5,)),
        ("1'234.50", (1234.5,)),
        ("1.234.567", (1234567.0,)),
        ("49,9", (49.9,)),
        ("49.90", (49.9,)),
        ("1.234", (1234.0, 1.234)),
        ("0.125", (0.125,)),
        ("1234.567", (1234.567,)),
    ],
)
def test_readings(written, values):
    assert readings(written) == values


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("six hundred and forty euro", ["money 640 EUR"]),
        ("two thousand and five dollars", ["money 2005 $"]),
        ("a hundred and twenty pounds", ["money 120 GBP"]),
        ("twenty-five percent", ["percentage 25 %"]),
        ("three forty", ["time 3:40"]),
        ("quarter to five", ["time 4:45"]),
        ("ten past nine", ["time 9:10"]),
        ("noon", ["time 12:00"]),
        ("five o'clock", ["time 5:00"]),
        ("the twenty-first of May", ["date 05-21"]),
        ("twenty twenty-six", ["number 2026"]),
        ("US$20 and CHF 12.-", ["money 20 USD", "money 12 CHF"]),
        ("20 EUR 12 times", ["money 20 EUR", "number 12"]),
        ("10.30 Uhr", ["time 10:30"]),
        ("23.11. um neun", ["date 11-23"]),
        ("31.02.2026", ["number 31.02"]),
        ("5:30 p.m.", ["time 17:30"]),
        ("2026-11-23T09:05", ["date 2026-11-23", "time 9:05"]),
        ("[410,420]", ["number 410420"]),
    ],
)
def test_quantities(text, found):
    assert [f"{q.kind} {q}" for q in quantities(text)] == found


def test_text_whose_lower_case_is_longer():
    assert [str(q) for q in quantities("İİİ costs twenty euro, İ on Monday")] == [
        "Monday",
        "20 EUR",
    ]
