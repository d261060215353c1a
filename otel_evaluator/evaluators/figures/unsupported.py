"""Promises that were neither said before nor follow from what was."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from otel_evaluator.evaluators.figures.arithmetic import (
    MAX_COUNT,
    MAX_DAYS,
    MAX_MINUTES,
    MAX_OPERANDS,
    MAX_SAID_COUNT,
    compounds,
    factors,
    later,
    multiples,
    nights,
    shifts,
    total,
)
from otel_evaluator.evaluators.figures.chance import by_chance
from otel_evaluator.evaluators.figures.evidence import Evidence, same_day
from otel_evaluator.evaluators.figures.quantities import NO_YEAR, Day, Quantity, is_near

MAX_CHANCE = 0.6
"""Chance matches up to which an amount follows from prices: what they come to is expected."""


def not_supported(
    evidence: Evidence,
    promised: Iterable[Quantity],
    said: Iterable[Quantity] = (),
    text: str = "",
) -> list[Quantity]:
    """Those that neither were said before nor follow from it, each once.

    An amount that an answer gives rightly is one that others of the answer may follow from:
    a price for a night, then two nights, then both rooms together. ``said`` are all
    quantities of the answer: numbers among them may be numbers of pieces. What follows is
    evidence from then on.
    """
    unique = list(dict.fromkeys(promised))
    left = [quantity for quantity in unique if not evidence.supports(quantity)]
    if not left:
        return []
    stated = [q.values[0] for q in unique if q.kind == "money" and q not in left]
    pieces = _pieces(evidence, said) | factors(text)
    for days in shifts(text):
        for year, month, day in [each for each in evidence.days if all(each) and is_near(each[0])]:
            evidence.add_day(date(year, month, day) + timedelta(days))
    while True:
        known = list(dict.fromkeys((*stated, *evidence.prices)))[:MAX_OPERANDS]
        derived = [q for q in left if _follows(q, evidence, known, pieces, stated)]
        if not derived:
            return left
        for quantity in derived:
            if quantity.kind == "money":
                stated.append(quantity.values[0])
                evidence.derived.add(quantity.values[0])
            elif quantity.kind == "date":
                evidence.take(quantity)
        left = [q for q in left if q not in derived]


def _pieces(evidence: Evidence, said: Iterable[Quantity]) -> set[float]:
    """Numbers a price may be multiplied with: counts, and days between known days."""
    few = {n for n in evidence.numbers if 0 < n <= MAX_COUNT and n != 1}
    counts = [q.values[0] for q in said if q.kind == "number"]
    few |= {n for n in counts if 2 <= n <= MAX_SAID_COUNT and n == int(n)}
    few |= {n for n in counts if 1 < n <= MAX_COUNT and 4 * n == int(4 * n)}
    return few | nights(evidence.dates) | evidence.factors


def _follows(
    promise: Quantity,
    evidence: Evidence,
    known: list[float],
    pieces: Collection[float],
    stated: Collection[float],
) -> bool:
    if promise.kind == "money":
        return _is_amount(promise.values[0], evidence, known, pieces, stated)
    if promise.kind == "weekday":
        return int(promise.values[0]) in evidence.weekdays
    if promise.kind == "date":
        return evidence.supports(promise) or any(_is_later(day, evidence) for day in promise.days)
    if promise.kind == "time":
        ends = {
            (t + sign * n) % MAX_MINUTES
            for t in evidence.times
            for n in evidence.lengths
            for sign in (1, -1)
        }
        return any((end - promise.values[0]) % 720 == 0 for end in ends)
    return False


def _is_amount(
    value: float,
    evidence: Evidence,
    known: list[float],
    pieces: Collection[float],
    stated: Collection[float],
) -> bool:
    if value in evidence.totals or 100 * value in evidence.prices or total(value, stated):
        return True
    if any(round(n) == value for n in evidence.numbers if n != int(n) and n > MAX_COUNT):
        return True
    have_cents = any(n != int(n) for n in known)
    for results in (multiples, compounds):
        chance = by_chance(value, results(known, pieces, evidence.shares), have_cents)
        if chance is not None and chance <= MAX_CHANCE:
            return True
    return False


def _is_later(wanted: Day, evidence: Evidence) -> bool:
    """Whether a known number of days, weeks or months after a known day is that day."""
    numbers = [n for n in evidence.numbers if 0 < n <= MAX_DAYS][:MAX_OPERANDS]
    for start in evidence.dates:
        for day in later(start, numbers):
            year = day.year if start.year != NO_YEAR else 0
            if same_day(wanted, (year, day.month, day.day)):
                evidence.weekdays.add(day.weekday())
                return True
    return False
