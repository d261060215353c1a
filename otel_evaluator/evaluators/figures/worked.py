"""Figures that an answer works out: line by line, in equations, from all that it says."""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Set
from itertools import combinations
from typing import NamedTuple

from otel_evaluator.evaluators.figures.chance import by_chance
from otel_evaluator.evaluators.figures.combinations import (
    MAX_TERMS,
    Units,
    bills,
    in_periods,
    one_step,
    per_thousand,
    percentages,
    products,
    totals,
)
from otel_evaluator.evaluators.figures.equations import figures, right_equations, right_total
from otel_evaluator.evaluators.figures.quantities import Quantity
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_CHANCE = 0.2
"""Matches expected by chance up to which one is evidence."""
MAX_NEAR, MAX_FAR = 1.0, 1.0
"""Those up to which a match leaves it open, of figures that stand by it and of others."""
LOOSE = 0.02
"""How far a round figure may be from what it is about."""
MAX_COUNTED = 2.0
"""The same of numbers that are no amounts: what tools return is counted and added up."""
MAX_SMALL = 100
"""Numbers up to it may count what tools returned."""
NEAREST = 4
"""Figures right before another, or right after it, that are combined first."""
MAX_LINE = 12
"""Figures of a line and the one before it that are combined."""
MAX_ANSWER = 24
"""Figures of a whole answer that are."""
MAX_KNOWN = 48
"""Known numbers that are."""
MAX_FIGURES = 40
"""Figures of an answer that are explained."""
CALCULATES = 2
"""Figures that an answer surely works out, from which on it is one that calculates."""
MAX_STEPS = 6
"""Longest chain of figures that follow from each other."""
MAX_COUNT = 1_000
"""Whole numbers of an answer that may count things without being known."""

CITED = (
    r"(?i:\[[^\]\n]{1,60}\]|(?:§§?|\b(?:sections?|sec\.|clauses?|articles?|art\.|artikel|abschnitt|"
    r"absatz|kapitel|ziffer|nr\.|no\.|artículo|secci[oó]n|cláusula|articolo|artigo|pages?|seite|"
    r"chapter))\s?\d[\d.]*)"
)
"""Where something stands: those numbers are no operands."""
_CITED = compile_linear(CITED)
_ABOUT = re.compile(
    r"[~≈]|\b(?:about|around|roughly|approximately|approx|nearly|almost|just (?:over|under)|circa|"
    r"ca|rund|etwa|ungefähr|knapp|gut|fast|environ|presque|près de|unos|unas|aproximadamente|casi|"
    r"cerca|quasi|quase|ongeveer|bijna)\b|约|約|大约|ほぼ",
    re.IGNORECASE,
)
"""Whoever says so rounds."""
_LINE = re.compile(r"\n+|(?<=[.!?;])\s+|(?<=[。！？])")


_TIMES = re.compile(r"\b(\d{1,3}) ?[×x✕] ?[^\W\d_]")
"""So many of something: ``2 × USB cable``."""


class Worked(NamedTuple):
    """Figures that are explained by others."""

    surely: Set[Quantity] = frozenset()
    perhaps: Set[Quantity] = frozenset()
    """Others of the same numbers would be explained as well."""
    steps: int = 0
    """Figures of the answer that surely follow from others, asked for or not."""


def worked(
    text: str,
    wanted: Collection[Quantity],
    known: Collection[float],
    shares: Iterable[float] = (),
    asked: str = "",
    far: bool = True,
) -> Worked:
    """Which of the figures that nothing says follow from others.

    ``known``: numbers that something says. ``shares``: percentages among them, as parts of 1.
    ``asked``: the user's words, whose numbers are as near to an answer as its own. ``far``:
    whether figures may be worked out from numbers that do not stand by them.
    """
    # A figure's other readings depend on the text around it.
    meant = {(q.kind, q.values[0]): q for q in wanted if q.values}
    lines = [
        [meant.get((q.kind, q.values[0]), q) for q in figures(line)]
        for line in _LINE.split(_CITED.sub(" ", encodable(text)))
        if line.strip()
    ]
    given = [q.values[0] for q in figures(asked)]
    times = {float(n) for n in _TIMES.findall(text)}
    working = _Working(lines, known, set(shares), given, _ABOUT.search(text) is not None, times)
    right = right_equations(text)
    stated = list(dict.fromkeys(quantity for line in lines for quantity in line))[:MAX_FIGURES]
    surely = {q for q in stated if not right.isdisjoint(q.values)}
    working.supported |= right
    left = [q for q in stated if q not in surely and (q in wanted or not working.has(q))]
    perhaps: set[Quantity] = set()
    is_sure = True
    for _ in range(MAX_STEPS):
        working.begin()
        chances = {quantity: working.chance(quantity, far) for quantity in left}
        matched = {quantity for quantity, chance in chances.items() if chance is not None}
        found = {q for q in matched if is_sure and (chances[q] or 0.0) <= MAX_CHANCE}
        surely |= found
        if not found:
            # What follows from figures that are open is open as well.
            is_sure, found = False, matched - perhaps
        perhaps |= matched
        if not found or surely.issuperset(wanted):
            break
        working.supported.update(quantity.values[0] for quantity in found)
        left = [quantity for quantity in left if quantity not in found]
    bill = list(dict.fromkeys(q for q in stated if q.kind == "money"))
    if right_total([q.values[0] for q in bill]):
        perhaps.update(bill)
    return Worked(surely & set(wanted), (perhaps - surely) & set(wanted), len(surely))


class _Results(NamedTuple):
    """What some numbers make."""

    values: list[float]
    have_cents: bool = False
    """Whether the numbers have, so that a whole result is exact to the cent."""
    are_near: bool = True
    """Whether they stand by the result."""


class _Working:
    """The figures of an answer by lines, and those that are supported so far."""

    def __init__(
        self,
        lines: list[list[Quantity]],
        known: Collection[float],
        shares: set[float],
        asked: list[float],
        is_about: bool,
        times: set[float],
    ) -> None:
        self._times = times
        self.supported = {*known, *asked}
        self._lines = lines
        self._is_about = is_about
        self._stated = [quantity for line in lines for quantity in line]
        self._shares = shares
        self._asked = asked
        two = list(combinations(asked[:MAX_LINE], 2))
        self._of_asked = {each for a, b in two for each in (a + b, abs(a - b), a * b)}
        self._wide: list[tuple[list[float], set[float]]] = []
        self._made: dict[tuple[int, Units], _Results] = {}

    def has(self, quantity: Quantity) -> bool:
        """Whether a figure is supported, an amount perhaps in cents."""
        if any(value in self.supported for value in quantity.values):
            return True
        return quantity.kind == "money" and 100 * quantity.values[0] in self.supported

    def begin(self) -> None:
        """Work with what is supported by now."""
        stated = [quantity for quantity in self._stated if self.has(quantity)]
        numbers, shares = self._operands((), stated, MAX_ANSWER)
        numbers = list(dict.fromkeys([*numbers, *self._asked]))[:MAX_ANSWER]
        rest = [n for n in self.supported if n not in numbers and n]
        rest.sort(key=lambda n: (n == int(n), -n))
        self._wide = [(numbers, shares), ([*numbers, *rest][:MAX_KNOWN], shares | self._shares)]
        self._made = {}

    def chance(self, wanted: Quantity, far: bool) -> float | None:
        """Matches to be expected by chance, of the closest numbers that match; None without."""
        value = wanted.values[0]
        near = LOOSE * value if self._is_about and value % 5 == 0 else -1.0
        if any(abs(value - known) <= near for known in self.supported):
            return 0.0
        least = MAX_NEAR if value in self._of_asked else None
        counts = wanted.kind != "money" and value <= MAX_SMALL
        limit = MAX_FAR if wanted.kind == "money" else MAX_COUNTED
        distant = MAX_CHANCE if not far else math.inf if counts else limit
        for results in self._results(wanted):
            chance = by_chance(value, results.values, results.have_cents, self._is_about)
            if chance is None or chance > (MAX_NEAR if results.are_near else distant):
                continue
            if least is None or chance < least:
                least = chance
            if least is not None and least <= MAX_CHANCE:
                break
        return least

    def _results(self, wanted: Quantity) -> Iterator[_Results]:
        """What may be worked out from the line and the one before it, the answer, and all."""
        units: Units = "cents" if wanted.kind == "money" else "any"
        for number, line in enumerate(self._lines):
            if wanted not in line:
                continue
            near = [*(self._lines[number - 1] if number else ()), *line]
            numbers, shares = self._operands(wanted.values, near, MAX_LINE)
            numbers += [n for n in self._asked[:MAX_LINE] if n not in (*numbers, *wanted.values)]
            if wanted.kind == "percentage":
                yield _Results(list(percentages(numbers, shares)))
                continue
            place = line.index(wanted)
            for side in (line[:place][::-1], line[place + 1 :]):
                few, _ = self._operands(wanted.values, side, NEAREST)
                yield _Results([*one_step(few, shares, "same"), *products(few)])
            # So many of something are no amount by the month.
            lasting = [n for n in numbers if wanted.kind != "money" or n > MAX_TERMS]
            periods = (r for n in lasting for r in in_periods(n))
            yield _Results([*one_step(numbers, shares, units), *products(numbers), *periods])
            ordered = [q.values[0] for q in line[:place] if q.values]
            yield _Results(list(bills(ordered)))
            counts = self._times.intersection(numbers)
            yield _Results([n * price for n in counts for price in self.supported])
            yield _Results(list(per_thousand(numbers)), are_near=False)
            after = [*line[place + 1 :], *(self._lines[number + 1 :] or [[]])[0]]
            added: set[frozenset[float]] = set()
            for terms in (near[::-1], after, *self._columns(number, wanted.kind)):
                numbers, _ = self._operands(wanted.values, terms, MAX_TERMS)
                if len(numbers) > 2 and frozenset(numbers) not in added:
                    added.add(frozenset(numbers))
                    yield _Results(list(totals(numbers)), any(n != int(n) for n in numbers))
        if wanted.kind == "percentage":
            yield _Results(list(percentages(*self._wide[1])), are_near=False)
            return
        for place, (numbers, shares) in enumerate(self._wide):
            others = [n for n in numbers if n not in wanted.values]
            if len(others) < len(numbers):
                yield _far(others, shares, units)
                continue
            made = self._made.get((place, units)) or _far(numbers, shares, units)
            self._made[place, units] = made
            yield made

    def _columns(self, number: int, kind: str) -> Iterator[list[Quantity]]:
        """Figures of a kind at the same place of the lines above and below, nearest first."""
        alike = [[q for q in line if kind in (q.kind, "number")] for line in self._lines]
        for lines in (alike[:number][::-1], alike[number + 1 :]):
            for place in (-1, 0, 1):
                yield [line[place] for line in lines if line[place : place + 1 or None]]

    def _operands(
        self, unlike: Collection[float], stated: Iterable[Quantity], most: int
    ) -> tuple[list[float], set[float]]:
        """Numbers and shares among stated figures that are supported, or count things."""
        numbers: dict[float, None] = {}
        shares: set[float] = set()
        for quantity in stated:
            value = quantity.values[0]
            if value in unlike or len(numbers) == most:
                continue
            counts = quantity.kind == "number" and value == int(value) and value <= MAX_COUNT
            if quantity.kind == "percentage":
                shares.add(value / 100)
            elif counts or self.has(quantity):
                numbers[value] = None
        return list(numbers), shares


def _far(numbers: list[float], shares: Iterable[float], units: Units) -> _Results:
    """What numbers make that do not stand by the result; in whole months only with cents."""
    periods = (r for n in numbers for r in in_periods(n) if r != int(r))
    return _Results([*one_step(numbers, shares, units), *periods], are_near=False)
