"""Dates and times that may follow from known ones: ends of periods, deadlines, time zones."""

import re
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from otel_evaluator.evaluators.figures.arithmetic import MAX_DAYS, MAX_MINUTES, later
from otel_evaluator.evaluators.figures.quantities import NO_YEAR, Quantity, is_near
from otel_evaluator.evaluators.figures.vocabulary import WEEKDAYS
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_WORKING = 30
"""Most working days that are added to a day."""
MAX_BETWEEN = 14
"""Longest range of days, each day of which may be named."""
SATURDAY = 5
_ZONE = compile_linear(
    r"\b(?:UTC|GMT|BST|CES?T|E[SD]T|C[SD]T|M[SD]T|P[SD]T|JST|IST|AEST)\b|\d\dZ\b"
    r"|[A-Z]\pL+ time\b|(?i:\btime ?zones?\b|\blocal time\b|ortszeit|zeitzone|hora local|"
    r"heure locale|ora locale|plaatselijke tijd|现地时间|当地时间|現地時間)"
)
_MIDNIGHT = compile_linear(
    r"(?i)\b(?:midnight|mitternacht|medianoche|minuit|mezzanotte|meia-noite|middernacht)\b|午夜"
)
"""A day's boundary: no time that somebody promises."""
_DENIED = re.compile(
    r"\b(?:not|nicht|kein\w*|no|ne|pas|non|não|niet|never|nie|nunca)\b[^.!?\n]{0,25}?\b(%s)\b"
    r"|n't\b[^.!?\n]{0,25}?\b(%s)\b" % (("|".join(WEEKDAYS),) * 2)
)
_BOUND = re.compile(r"\b(?:later|after|später|nach|tarde|después|tard|après|dopo|depois)\b")
"""With it a denial sets the last day: "no later than Friday"."""


class Known(NamedTuple):
    """What is known of days and times."""

    days: tuple[date, ...]
    weekdays: Collection[int]
    times: Collection[float]
    """Minutes since midnight."""
    numbers: Collection[float]
    lengths: Collection[int]
    """Of time, in minutes."""
    has_zone: bool
    """Whether something speaks of a time zone."""


def denied_weekdays(text: str) -> set[int]:
    """Weekdays that a text names to say what is not: "I haven't looked at Tuesday"."""
    found = _DENIED.finditer(text.lower().replace("\u2019", "'"))
    return {WEEKDAYS[m[1] or m[2]] for m in found if _BOUND.search(m[0]) is None}


def may_follow(promise: Quantity, known: Known, said: Collection[Quantity], text: str) -> bool:
    """Whether a date, weekday or time may be worked out from known ones.

    ``said``: the quantities of the answer; ``text``: the answer and the question.
    """
    if promise.kind == "time":
        return _may_be_time(promise, known, said, text)
    if promise.kind not in ("date", "weekday"):
        return False
    stated = [q for q in said if q.kind == "date" and q != promise]
    written = {date(y or NO_YEAR, m, d) for q in stated for y, m, d in q.days if m and is_near(y)}
    days = set(_days(known._replace(days=(*known.days, *written))))
    if promise.kind == "date":
        return any(_is_day(day, parts) for parts in promise.days for day in days)
    dates = [parts for quantity in said if quantity.kind == "date" for parts in quantity.days]
    return any(
        day.weekday() == int(promise.values[0]) and any(_is_day(day, parts) for parts in dates)
        for day in days
    )


def _days(known: Known) -> Iterator[date]:
    """Days before and after known ones, last days of periods, working days, named weekdays."""
    numbers = sorted(int(n) for n in known.numbers if 0 < n <= MAX_DAYS and n == int(n))
    for start in _with_years(known.days):
        yield start
        for end in later(start, numbers):
            yield from (end, end - timedelta(1))
        for n in numbers:
            yield from (start - timedelta(n), start - timedelta(7 * n))
            if n <= MAX_WORKING:
                yield from (_working(start, n, 1), _working(start, n, -1))
        for end in known.days:
            if start < end <= start + timedelta(MAX_BETWEEN):
                yield from (start + timedelta(n) for n in range(1, (end - start).days))
        if start.year != NO_YEAR:
            week = (start + timedelta(n) for n in range(1, 8))
            yield from (day for day in week if day.weekday() in known.weekdays)


def _with_years(days: Collection[date]) -> set[date]:
    """The days, and those without a year in each year that another one has."""
    years = {day.year for day in days} - {NO_YEAR}
    bare = [day for day in days if day.year == NO_YEAR and (day.month, day.day) != (2, 29)]
    return {*days, *(day.replace(year=year) for day in bare for year in years)}


def _working(start: date, number: int, sign: int) -> date:
    day = start
    while number:
        day += timedelta(sign)
        number -= day.weekday() < SATURDAY
    return day


def _is_day(day: date, parts: tuple[int, int, int]) -> bool:
    year, month, number = parts
    is_year = not year or day.year == NO_YEAR or year == day.year
    return is_year and (month or day.month) == day.month and (number or day.day) == day.day


def _may_be_time(promise: Quantity, known: Known, said: Collection[Quantity], text: str) -> bool:
    """A length in hours and minutes between two times, another time zone, or midnight."""
    minute = promise.values[0]
    if minute == 0 and _MIDNIGHT.search(encodable(text)):
        return True
    has_zone = known.has_zone or speaks_of_zones(text)
    if has_zone and any((minute - t) % 60 == 0 for t in known.times):
        return True
    times = {*known.times, *(q.values[0] for q in said if q.kind == "time" and q != promise)}
    ends = ((t + sign * n) % MAX_MINUTES for t in times for n in known.lengths for sign in (1, -1))
    if minute in ends:
        return True
    lengths = {(one - two) % MAX_MINUTES for one in times for two in times}
    return promise.unit != "24" and minute in lengths


def speaks_of_zones(text: str) -> bool:
    """Whether a text names a time zone, or has a time of UTC as machines write it."""
    return _ZONE.search(encodable(text)) is not None
