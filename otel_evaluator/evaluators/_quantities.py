"""Amounts, dates and times in a text, normalised so that different notations compare equal."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple

from otel_evaluator.evaluators._numbers import readings, spelled_to_digits
from otel_evaluator.evaluators._vocabulary import (
    CURRENCIES,
    MONTHS,
    PERCENT,
    WEEKDAY_MARKS,
    WEEKDAY_NAMES,
    WEEKDAYS,
)

Kind = Literal["money", "percentage", "date", "weekday", "time", "number"]
Day = tuple[int, int, int]
"""Year, month, day; 0 where not written."""


class Quantity(NamedTuple):
    """One amount, date or time; several readings where a notation is ambiguous."""

    kind: Kind
    values: tuple[float, ...] = ()
    """Amounts; minutes since midnight of a time; 0 (Monday) to 6 of a weekday."""
    unit: str = ""
    """money: ISO 4217 code or $; time: ``24`` when the half of the day is known."""
    days: tuple[Day, ...] = ()

    def __str__(self) -> str:
        if self.kind == "date":
            return "-".join(f"{part:02d}" for part in self.days[0] if part)
        value = self.values[0]
        if self.kind == "time":
            return f"{int(value) // 60}:{int(value) % 60:02d}"
        if self.kind == "weekday":
            return WEEKDAY_NAMES[int(value)]
        return f"{value:.12g} {'%' if self.kind == 'percentage' else self.unit}".strip()


_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+(?:-feira)?")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?)?(?!\d)")
_NUMERIC_DATE = re.compile(
    r"(?<![\d.,/])(\d{1,2})([./])(\d{1,2})(?:\2(\d{4}|\d\d)(?![\d:])|(?<=\d)\.(?!\d)(?=\s+\S|$))"
)
_HAN_DATE = re.compile(r"(?:(\d{4})[年년]\s?)?(\d{1,2})[月월]\s?(\d{1,2})[日号號일]")
_HALF = r"(?:\s?([ap])\.?\s?m\b\.?)"
_TIME = re.compile(
    rf"(?<![\d:.,])([01]?\d|2[0-4])(?:"
    rf":([0-5]\d)(?::[0-5]\d)?(?![\d:]){_HALF}?"
    rf"|(?:[.h]([0-5]\d))?(?:{_HALF}|\s?(?:uhr|o'clock|o\u2019clock|heures?)\b|\s?[点點時时시])"
    r"|h([0-5]\d)\b)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.,:/])(?<![A-Za-z]-)"
    r"(?:\d{1,3}(?:[.,'\u2019 ]\d{3})+(?:[.,]\d{1,2})?(?![\d])|\d{1,15}(?:[.,]\d{1,6})?(?!\d))"
)
_AFTER = re.compile(
    r"(st|nd|rd|th|er|º|\.)?(?:,--?)?\s?(?:(?:of|de|del)\s)?([^\W\d_]+\.?|[%€$£¥₹₩₽₺])?"
)
_ORDINALS = ("st", "nd", "rd", "th")
_YEAR = re.compile(r"(?:st|nd|rd|th)?,?\s+(?:de\s|del\s)?(\d{4})\b")
_BEFORE = re.compile(r"((?:[A-Za-z]{1,2})?[€$£¥₹₩₽₺]|[^\W\d_]+\.?)\s?(?:the\s)?$", re.IGNORECASE)
_ALONE = re.compile(r"\s+(?!at\b|and\b|or\b|from\b|to\b|with\b|is\b|for\b|works\b)[a-z]")


def quantities(text: str) -> list[Quantity]:
    """Amounts with a currency, percentages, dates, weekdays, times, and bare numbers."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    words = _WORD.findall(text.lower())
    found = list(_weekdays(words, text))
    text = spelled_to_digits(text, words)
    if _DIGIT.search(text) is None:
        return found

    def take(kind_of: object, pattern: re.Pattern[str], text: str) -> str:
        def replace(match: re.Match[str]) -> str:
            read = list(kind_of(match))  # type: ignore[operator]
            found.extend(read)
            return " ; " if read else match[0]

        return pattern.sub(replace, text)

    if "-" in text:
        text = take(_iso, _ISO, text)
    text = take(_numeric_date, _NUMERIC_DATE, text)
    if not text.isascii():
        text = take(_han_date, _HAN_DATE, text)
    text = take(_time, _TIME, text)
    found.extend(_numbers(text))
    return found


def _weekdays(words: list[str], text: str) -> Iterator[Quantity]:
    for word in words:
        if word in WEEKDAYS:
            yield Quantity("weekday", (WEEKDAYS[word],))
    if not text.isascii():
        for mark, day in WEEKDAY_MARKS.items():
            if mark in text:
                yield Quantity("weekday", (day,))


def _iso(match: re.Match[str]) -> Iterator[Quantity]:
    days = _valid([(int(match[1]), int(match[2]), int(match[3]))])
    if not days:
        return
    yield Quantity("date", days=days)
    if match[4]:
        yield Quantity("time", (int(match[4]) * 60 + int(match[5]),), "24")


def _numeric_date(match: re.Match[str]) -> Iterator[Quantity]:
    """Day and month in either order; with dots the day is first."""
    first, second = int(match[1]), int(match[3])
    year = int(match[4] or 0)
    year += 2000 if 0 < year < 100 else 0
    orders = [(year, second, first)]
    if match[2] == "/" and first != second:
        orders.append((year, first, second))
    days = _valid(orders)
    if days:
        yield Quantity("date", days=days)


def _han_date(match: re.Match[str]) -> Iterator[Quantity]:
    days = _valid([(int(match[1] or 0), int(match[2]), int(match[3]))])
    if days:
        yield Quantity("date", days=days)


def _valid(days: list[Day]) -> tuple[Day, ...]:
    return tuple(day for day in days if _exists(day))


def _exists(day: Day) -> bool:
    try:
        date(day[0] or 2000, day[1] or 1, day[2])
    except ValueError:
        return False
    return True


def _time(match: re.Match[str]) -> Iterator[Quantity]:
    hour = int(match[1])
    minute = int(match[2] or match[4] or match[6] or 0)
    half = (match[3] or match[5] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return
        hour = hour % 12 + (12 if half == "p" else 0)
    known = bool(half) or hour > 12 or match[1].startswith("0")
    yield Quantity("time", ((hour % 24) * 60 + minute,), "24" if known else "")


def _numbers(text: str) -> Iterator[Quantity]:
    """Numbers by the unit or month at their side; one that is used up counts for no other."""
    used = 0
    for match in _NUMBER.finditer(text):
        written, start, end = match[0], match.start(), match.end()
        values = _values(written)
        day = int(written) if len(written) <= 2 else 0
        before = _BEFORE.search(text, max(used, start - 20), start)
        if before:
            code, month = _unit(before[1])
            if code:
                yield Quantity("money", values, code)
                continue
            if month and day:
                yield _day(_YEAR.match(text, end), month, day, values)
                continue
        after = _AFTER.match(text, end)
        assert after is not None
        ordinal, word = after[1], after[2] or ""
        code, month = _unit(word)
        if code and ordinal in (None, "."):
            used = after.end()
            yield Quantity("money", values, code)
        elif month and day:
            used = after.end()
            yield _day(_YEAR.match(text, used), month, day, values)
        elif word.lower() in PERCENT:
            yield Quantity("percentage", values)
        elif day and ordinal in _ORDINALS and _is_day(text, start, end):
            yield _day(None, 0, day, values)
        else:
            yield Quantity("number", values + _listed(written))


def _unit(word: str) -> tuple[str, int]:
    """Currency and month a word stands for; ``may`` is a verb, ``May`` a month."""
    folded = word.lower()
    bare = folded.rstrip(".")
    code = CURRENCIES.get(folded) or CURRENCIES.get(bare) or ""
    return code, 0 if word == "may" else MONTHS.get(bare, 0)


def _is_day(text: str, start: int, end: int) -> bool:
    """``Monday the 23rd`` but not ``the 2nd floor``."""
    return text[max(0, start - 4) : start].lower() == "the " and not _ALONE.match(text, end + 2)


def _values(written: str) -> tuple[float, ...]:
    """``2 150`` may also be a 2 followed by 150."""
    values = readings(written)
    if " " in written:
        values += readings(written.rpartition(" ")[2])
    return values


def _listed(written: str) -> tuple[float, ...]:
    """``[410,420]`` without spaces reads like one number."""
    parts = written.split(",")
    return tuple(map(float, parts)) if len(parts) > 1 and all(map(str.isdigit, parts)) else ()


def _day(year: re.Match[str] | None, month: int, day: int, values: tuple[float, ...]) -> Quantity:
    written = (int(year[1]) if year else 0, month, day)
    return Quantity("date", days=(written,)) if _exists(written) else Quantity("number", values)
