"""Amounts, dates and times in a text, normalised so that different notations compare equal."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Literal, NamedTuple

from otel_evaluator.evaluators._memo import of_text
from otel_evaluator.evaluators.figures.numbers import readings, spelled_to_digits
from otel_evaluator.evaluators.figures.vocabulary import (
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


NO_YEAR = 2000
"""The year of days that are written without one, where there must be one."""
YEARS = range(1800, 2300)
"""Others stand for always or never, such as 9999, and are not reckoned with."""
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+(?:-feira)?")
# Patterns start with the digit and look back afterwards: the engine then skips to digits.
_ISO = re.compile(
    r"\d(?<!\d\d)(\d{3})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?)?(?!\d)"
)
_NUMERIC_DATE = re.compile(
    r"\d(?<![\d.,/]\d)(\d?)([./])(\d{1,2})(?:\2(\d{4}|\d\d)(?![\d:])|\.(?!\d)(?= +[a-z\d(]|[,):]))"
)
_HAN_DATE = re.compile(r"(?:(\d{4})[年년]\s?)?(\d{1,2})[月월]\s?(\d{1,2})[日号號일]")
_HALF = r"(?:\s?([ap])\.?\s?m\b\.?)"
_TIME = re.compile(
    rf"\d(?<![\d:.,]\d)(\d?)(?:"
    rf":([0-5]\d)(?::[0-5]\d)?(?![\d:]){_HALF}?"
    rf"|(?:[.h]([0-5]\d))?(?:{_HALF}|\s?(?:uhr|o'clock|o\u2019clock|heures?)\b)"
    r"|\s?[点點時时시](?:\s?([0-5]?\d)[分분])?"
    r"|\s?h\s?([0-5]\d)\b(?!\s?m(?:in)?\b))",
    re.IGNORECASE,
)
_TIME_WORDS = frozenset({"am", "pm", "a", "p", "uhr", "clock", "heure", "heures", "h"})
_NUMBER = re.compile(
    r"\d(?<![A-Za-z0-9_./]\d)(?<![A-Za-z]-\d)"
    r"(?:\d{0,2}(?:[.,'\u2019 ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d{0,14}(?:[.,]\d{1,6})?(?!\d))"
)
_AFTER = re.compile(
    r"(st|nd|rd|th|er|º|\.)?(?:,--?)?\s?(?:(?:of|de|del)\s)?([^\W\d_]+\.?|[%€$£¥₹₩₽₺])?"
)
_ORDINALS = ("st", "nd", "rd", "th")
_YEAR = re.compile(r"(?:st|nd|rd|th)?,?\s+(?:de\s|del\s)?(\d{4})\b")
_SIGNS = frozenset("€$£¥₹₩₽₺")
_NO_UNIT = frozenset({"", '"', "]", "}", ";", ":", ")", "\n", "?", "!"})
"""What follows a number that has no unit after it."""
_ALONE = re.compile(r"\s+(?!at\b|and\b|or\b|from\b|to\b|with\b|is\b|for\b|works\b)[a-z]")


_SCALED = re.compile(r"(\d+(?:\.\d+)?) (million|thousand|billion)\b", re.IGNORECASE)
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9}
_FRACTION = re.compile(r"(\d*)([\u00bd\u00bc\u00be])")
_FRACTIONS = {"\u00bd": ".5", "\u00bc": ".25", "\u00be": ".75"}


def _fraction(match: re.Match[str]) -> str:
    """``7½`` is 7.5, which compatible characters would make 71/2."""
    return f"{match[1] or '0'}{_FRACTIONS[match[2]]}"


@of_text
def quantities(text: str) -> tuple[Quantity, ...]:
    """Amounts with a currency, percentages, dates, weekdays, times, and bare numbers."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _FRACTION.sub(_fraction, text))
    text = _SCALED.sub(lambda m: f"{float(m[1]) * _SCALES[m[2].lower()]:.0f}", text)
    lowered = text.lower()
    if len(lowered) != len(text):
        text = lowered
    words = frozenset(_WORD.findall(lowered))
    found = list(_weekdays(words, text))
    text = spelled_to_digits(text, lowered, words)
    if _DIGIT.search(text) is None:
        return tuple(found)
    if "-" in text:
        text = _take(_iso, _ISO, text, found)
    if "." in text or "/" in text:
        text = _take(_numeric_date, _NUMERIC_DATE, text, found)
    if not text.isascii():
        text = _take(_han_date, _HAN_DATE, text, found)
    if ":" in text or not text.isascii() or not _TIME_WORDS.isdisjoint(words):
        text = _take(_time, _TIME, text, found)
    return (*found, *_numbers(text))


def _take(
    read: Callable[[re.Match[str]], Iterable[Quantity]],
    pattern: re.Pattern[str],
    text: str,
    found: list[Quantity],
) -> str:
    """The text without what was read, so that no digit counts twice."""

    def replace(match: re.Match[str]) -> str:
        quantities = list(read(match))
        found.extend(quantities)
        return " ; " if quantities else match[0]

    return pattern.sub(replace, text)


def _weekdays(words: frozenset[str], text: str) -> Iterator[Quantity]:
    if not WEEKDAYS.keys().isdisjoint(words):
        for word in sorted(WEEKDAYS.keys() & words):
            yield Quantity("weekday", (WEEKDAYS[word],))
    if not text.isascii():
        for mark, day in WEEKDAY_MARKS.items():
            if mark in text:
                yield Quantity("weekday", (day,))


def _iso(match: re.Match[str]) -> Iterator[Quantity]:
    days = _valid([(int(match[0][:4]), int(match[2]), int(match[3]))])
    if not days:
        return
    yield Quantity("date", days=days)
    if match[4]:
        yield Quantity("time", (int(match[4]) * 60 + int(match[5]),), "24")


def _numeric_date(match: re.Match[str]) -> Iterator[Quantity]:
    """Day and month in either order; with dots the day is first."""
    first, second = int(match[0][0] + match[1]), int(match[3])
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
    hour = int(match[0][0] + match[1])
    if hour > 24:
        return
    minute = int(match[2] or match[4] or match[6] or match[7] or 0)
    half = (match[3] or match[5] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return
        hour = hour % 12 + (12 if half == "p" else 0)
    known = bool(half) or hour > 12 or (match[0][0] == "0" and bool(match[1]))
    yield Quantity("time", ((hour % 24) * 60 + minute,), "24" if known else "")


def _numbers(text: str) -> Iterator[Quantity]:
    """Numbers by the unit or month at their side; one that is used up counts for no other."""
    used = 0
    first = text[:200].lstrip().partition("\n")[0]
    # JSON, or rows of which the first names the columns.
    is_rows = "," in first and " " not in first and len(first) < len(text.strip())
    is_data = first[:1] in ("{", "[") or (is_rows and first.isascii())
    for match in _NUMBER.finditer(text):
        written, start, end = match[0], match.start(), match.end()
        values = _values(written)
        day = int(written) if len(written) <= 2 else 0
        before = _word_before(text, used, start)
        if before:
            code, month = _unit(before)
            if code:
                yield Quantity("money", values, code)
                continue
            if month and day:
                yield _day(_YEAR.match(text, end), month, day, values)
                continue
        after = None if text[end : end + 1] in _NO_UNIT else _AFTER.match(text, end)
        if after is None:
            yield Quantity("number", values + (_listed(written) if is_data else ()))
            continue
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
            yield Quantity("number", values + (_listed(written) if is_data else ()))


def _word_before(text: str, first: int, start: int) -> str:
    """The word or currency sign that ends before ``start``, after an article; may be empty."""
    end = start - 1 if text[start - 1 : start] == " " else start
    if text[max(first, end - 4) : end].lower() == " the":
        end -= 4
    begin = end - 1
    if begin < first:
        return ""
    last = text[begin]
    if last not in _SIGNS and last != "." and not last.isalpha():
        return ""
    while begin > first and end - begin < 12 and text[begin - 1].isalpha():
        begin -= 1
    return text[begin:end]


def _unit(word: str) -> tuple[str, int]:
    """Currency and month a word stands for; ``may`` is a verb, ``May`` a month."""
    if not word:
        return "", 0
    folded = word.lower()
    bare = folded.rstrip(".")
    code = CURRENCIES.get(folded) or CURRENCIES.get(bare) or ""
    if not code and not folded.isascii():
        # Without spaces between words, the currency is how the word begins.
        code = next((CURRENCIES[p] for n in (3, 2, 1) if (p := folded[:n]) in CURRENCIES), "")
    return code, 0 if word == "may" else MONTHS.get(bare, 0)


def _is_day(text: str, start: int, end: int) -> bool:
    """``Monday the 23rd`` but not ``the 2nd floor``."""
    return text[max(0, start - 4) : start].lower() == "the " and not _ALONE.match(text, end + 2)


def _values(written: str) -> tuple[float, ...]:
    """``2 150`` may also be a 2 followed by 150."""
    values = readings(written)
    last = written.rpartition(" ")[2]
    if " " in written and not last.startswith("0"):
        values += readings(last)
    return values


def _listed(written: str) -> tuple[float, ...]:
    """``[410,420]`` without spaces reads like one number."""
    if "," not in written:
        return ()
    parts = written.split(",")
    return tuple(map(float, parts)) if all(map(str.isdigit, parts)) else ()


def is_near(year: int) -> bool:
    """Whether one can reckon with a year, or with a day that is written without one (0)."""
    return not year or year in YEARS


def _day(year: re.Match[str] | None, month: int, day: int, values: tuple[float, ...]) -> Quantity:
    written = (int(year[1]) if year else 0, month, day)
    return Quantity("date", days=(written,)) if _exists(written) else Quantity("number", values)
