"""What numbers come to together: in one step, as products, totals, percentages of each other."""

from collections.abc import Iterable, Iterator
from itertools import combinations, permutations
from typing import Literal

MAX_TERMS = 7
"""Figures before another, or one a line, of which any three or more may be its terms."""
_PERIODS = (2.0, 7.0, 12.0, 24.0, 30.0, 52.0, 60.0, 100.0, 365.0, 1000.0)
"""Halves, days, months, hours, weeks and the parts of units."""


def in_periods(number: float) -> Iterator[float]:
    """A number by the day, month and so on; of pence too."""
    if number > 1:
        for period in _PERIODS:
            yield from (number * period, number / period)
        yield number * 365 / 100


Units = Literal["same", "cents", "any"]
"""What units a result may have: those of the numbers; cents as amounts too; others as well."""


def one_step(numbers: list[float], shares: Iterable[float], units: Units) -> Iterator[float]:
    """What one step makes of the numbers."""
    shares = list(shares)
    for position, one in enumerate(numbers):
        for share in shares:
            yield from (one * share, one * (1 - share), one * (1 + share))
        for two in numbers[position + 1 :]:
            difference, product = abs(one - two), one * two
            yield from (one + two, difference)
            if one == 1 or two == 1 or not product:
                continue
            part, whole = one / two, two / one
            yield from (product, part, whole)
            if units == "same":
                continue
            yield product * 0.01
            if units == "any":
                yield from (product * 0.001, product * 100)
                yield from (100 * part, 100 * whole, 100 * difference)


def percentages(numbers: list[float], shares: Iterable[float]) -> Iterator[float]:
    """What numbers are of each other and by how much they differ, in per cent; sums of shares."""
    for one, two in permutations(numbers, 2):
        if two:
            yield from (100 * one / two, 100 * abs(one - two) / two)
    parts = [100 * share for share in shares]
    for one, two in combinations(parts, 2):
        yield from (one + two, abs(one - two))
    for part in parts:
        yield 100 - part
        yield from (part * number for number in numbers if number <= MAX_TERMS)


def per_thousand(numbers: list[float]) -> Iterator[float]:
    """What numbers are per other ones, in units that are a thousandth."""
    for one, two in permutations(numbers, 2):
        if two:
            yield 1000 * one / two


def products(numbers: list[float]) -> Iterator[float]:
    """What three of the numbers make: so many persons, nights, and a price."""
    for one, two, three in combinations(numbers, 3):
        yield one * two * three


def bills(numbers: list[float]) -> Iterator[float]:
    """Pieces and prices in their order: two products, a product and an amount, or the reverse."""
    for a, b, c in zip(numbers, numbers[1:], numbers[2:], strict=False):
        yield from (a * b + c, a + b * c)
    for a, b, c, d in zip(numbers, numbers[1:], numbers[2:], numbers[3:], strict=False):
        yield a * b + c * d


def totals(numbers: list[float]) -> Iterator[float]:
    """Sums of any three or more, some of them taken off."""
    sums = [(0.0, 0)]
    for number in numbers:
        sums += [(t + sign * number, n + 1) for t, n in sums for sign in (1, -1)]
    return (total for total, count in sums if count > 2 and total > 0)
