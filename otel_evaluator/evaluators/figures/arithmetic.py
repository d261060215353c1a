"""What follows from known amounts, days and times by the arithmetic that answers do."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import combinations

from otel_evaluator.evaluators._memo import of_text

MAX_OPERANDS = 24
"""Known amounts that are combined with each other."""
MAX_COUNT = 12
"""Largest number of pieces a price is multiplied with, unless the answer itself says it."""
MAX_SAID_COUNT = 1_000
MAX_NIGHTS = 31
"""Longest period whose days are counted as pieces."""
MAX_DAYS = 366
"""Longest period in days that is added to a known day."""
MAX_MONTHS = 120
MAX_MINUTES = 24 * 60
"""Longest time that is added to a known time of day."""

_IN_MINUTES = re.compile(
    r"(?:min|dur|dauer|durée|duraci|durata|duur|length|lasts?)[a-z_]{0,16}\"?\s?[:=]\s?\"?(\d{1,3})\b"
    r"|(\d{1,3})(?:\s|-)?(?:min\b|mins\b|minutes?|minuten|minuti|minutos|minuut|分)"
)
_IN_HOURS = re.compile(
    r"(?:hours?|stunden|heures|horas|ore|uren)[a-z_]{0,6}\"?\s?[:=]\s?\"?(\d{1,2}(?:\.\d\d?)?)\b"
    r"|(\d{1,2}(?:[.,]\d\d?)?)(?:\s|-)?(?:h\b|hours?|hrs?\b|stunden?|heures?|horas?|ore\b|ora\b|"
    r"uur\b|小时|時間)"
)
_IN_BOTH = re.compile(
    r"(\d{1,2})\s?(?:h|hours?|hrs?|stunden?|heures?|horas?|ore|uur)\s?(?:and |und |y |et |e |en )?"
    r"(\d{1,2})\s?(?:m\b|min)"
)
_BOUND = re.compile(r"<\s{0,2}\W{0,3}(\d{4}-\d\d-\d\d)")
_RELATIVE = {
    1: re.compile(
        r"\b(?:tomorrow|morgen|demain|mañana|domani|amanhã|jutro)\b|明天|明日", re.IGNORECASE
    ),
    -1: re.compile(
        r"\b(?:yesterday|gestern|hier|ayer|ieri|ontem|gisteren|wczoraj)\b|昨天|昨日", re.IGNORECASE
    ),
}
_PARTS = {
    0.5: re.compile(
        r"\b(?:half|halved|halb\w*|hälfte|mitad|medio|media|moitié|demi\w*|metà|mezz[oa]|metade|"
        r"meio|helft|halve)\b|半",
        re.IGNORECASE,
    ),
    2.0: re.compile(
        r"\b(?:twice|double|doppelt\w*|zweimal|dos veces|doble|deux fois|le double|due volte|"
        r"doppi[oa]|duas vezes|dobro|tweemaal|dubbel\w*)\b|[两兩]倍|二倍",
        re.IGNORECASE,
    ),
}


def multiples(
    known: Collection[float], pieces: Collection[float], shares: Collection[float]
) -> Iterator[float]:
    """What amounts come to in a step: for so many pieces, a part, a percentage on or off, two."""
    counts = [n for n in pieces if n > 0 and n != 1]
    for one in known:
        for n in counts:
            yield from (one * n, one / n)
        for share in shares:
            yield from (one * share, one * (1 - share), one * (1 + share))
    for one, two in combinations(known, 2):
        yield from (one + two, abs(one - two))


def compounds(
    known: Collection[float], pieces: Collection[float], shares: Collection[float]
) -> Iterator[float]:
    """What amounts come to in two: so many pieces with a percentage, or of a difference."""
    counts = [n for n in pieces if n > 0 and n != 1]
    for n in counts:
        for one in known:
            for share in shares:
                yield from (one * n * share, one * n * (1 - share), one * n * (1 + share))
        for one, two in combinations(known, 2):
            yield abs(one - two) * n


def total(value: float, stated: Collection[float]) -> bool:
    """Whether an amount is the sum of all that are stated, of three or more."""
    return len(stated) > 2 and _near(value, sum(stated))


def _near(one: float, two: float) -> bool:
    return abs(one - two) < 0.005


def nights(days: Iterable[date]) -> set[int]:
    """Days between each two of some days."""
    known = list(days)[:MAX_OPERANDS]
    found = {abs((one - two).days) for one in known for two in known}
    return {n for n in found if 2 <= n <= MAX_NIGHTS}


@lru_cache(maxsize=64)
def lengths(days: tuple[date, ...]) -> set[int]:
    """Days and months from each of some days to each, with and without the last one."""
    known = days[:MAX_OPERANDS]
    found: set[int] = set()
    for one in known:
        for two in known:
            if one < two:
                n = (two - one).days
                months = 12 * (two.year - one.year) + two.month - one.month
                found |= {n, n + 1, months, months + 1}
    return {n for n in found if n > 1}


def later(start: date, numbers: Iterable[float]) -> set[date]:
    """So many days, weeks or months after a day, and the end of its month."""
    found = {_end(start.year, start.month)}
    for number in numbers:
        if not 0 < number <= MAX_DAYS or number != int(number):
            continue
        n = int(number)
        found |= {start + timedelta(n), start + timedelta(7 * n)}
        if n <= MAX_MONTHS:
            month = start.month - 1 + n
            last = _end(start.year + month // 12, month % 12 + 1)
            found |= {last.replace(day=min(start.day, last.day)), last}
    return found


def _end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(1)


@of_text
def minutes(text: str) -> frozenset[int]:
    """Lengths of time that a text names, in minutes."""
    lowered = text.lower()
    found = [float(m[1] or m[2]) for m in _IN_MINUTES.finditer(lowered)]
    found += [60 * float((m[1] or m[2]).replace(",", ".")) for m in _IN_HOURS.finditer(lowered)]
    found += [60 * float(m[1]) + float(m[2]) for m in _IN_BOTH.finditer(lowered)]
    return frozenset(int(n) for n in found if 0 < n <= MAX_MINUTES)


@of_text
def shifts(text: str) -> frozenset[int]:
    """Days from today that words stand for: tomorrow, yesterday."""
    return frozenset(days for days, words in _RELATIVE.items() if words.search(text))


@of_text
def before_bounds(text: str) -> frozenset[date]:
    """Last days of what ends before a day, as queries say it: ``< '2026-04-01'``."""
    found = set()
    for match in _BOUND.finditer(text) if "<" in text else ():
        try:
            found.add(date.fromisoformat(match[1]) - timedelta(1))
        except (ValueError, OverflowError):
            continue
    return frozenset(found)


@of_text
def factors(text: str) -> frozenset[float]:
    """Numbers that words stand for: half, twice."""
    return frozenset(number for number, words in _PARTS.items() if words.search(text))
