"""What a conversation says about amounts, dates and times, and whether it supports a promise."""

import re
from datetime import date

from otel_evaluator.evaluators._quantities import Quantity, quantities
from otel_evaluator.evaluators._vocabulary import DOLLARS

MAX_EVIDENCE = 200_000
"""Characters of evidence that are read for one subject."""
MAX_OPERANDS = 24
"""Known prices that are combined with each other."""
MAX_COUNT = 12
"""Largest number of pieces a price is multiplied with."""

_PRICED = re.compile(
    r"(?:price|amount|total|cost|fee|refund|balance|paid|charge|credit|value|eur|usd|gbp|"
    r"preis|betrag|summe|precio|importe|prix|montant)\w{0,12}\"?\s{0,3}[:=]\s{0,3}\"?"
    r"(\d{1,12}(?:\.\d{1,4})?)(?![\w.])",
    re.IGNORECASE,
)
_CENTS = re.compile(
    r"(?:cents?|minor|pence)\w{0,8}\"?\s{0,3}[:=]\s{0,3}\"?(\d{1,12})", re.IGNORECASE
)
_PERCENT = re.compile(
    r"(?:percent|pct)\w{0,8}\"?\s{0,3}[:=]\s{0,3}\"?(\d{1,3}(?:\.\d{1,4})?)", re.I
)


class Evidence:
    """Grows with the conversation; ``supports`` looks at what was added so far."""

    def __init__(self) -> None:
        self._left = MAX_EVIDENCE
        self._seen: set[str] = set()
        self._numbers: set[float] = set()
        self._money: dict[float, set[str]] = {}
        self._prices: dict[float, None] = {}
        self._percentages: set[float] = set()
        self._days: set[tuple[int, int, int]] = set()
        self._weekdays: set[int] = set()
        self._times: set[float] = set()

    def add(self, text: str) -> None:
        """Read one text; each is read once."""
        if not text or text in self._seen:
            return
        self._seen.add(text)
        text = text[: self._left]
        self._left -= len(text)
        for quantity in quantities(text):
            self._take(quantity)
        if ":" in text or "=" in text:
            for match in _PRICED.finditer(text):
                self._prices[float(match[1])] = None
            for match in _CENTS.finditer(text):
                self._numbers.add(int(match[1]) / 100)
                self._prices[int(match[1]) / 100] = None
            self._percentages.update(float(match[1]) for match in _PERCENT.finditer(text))

    def _take(self, quantity: Quantity) -> None:
        if quantity.kind == "number":
            self._numbers.update(quantity.values)
        elif quantity.kind == "money":
            for value in quantity.values:
                self._money.setdefault(value, set()).add(quantity.unit)
                self._prices[value] = None
        elif quantity.kind == "percentage":
            self._percentages.update(quantity.values)
        elif quantity.kind == "weekday":
            self._weekdays.add(int(quantity.values[0]))
        elif quantity.kind == "time":
            self._times.update(quantity.values)
        else:
            for year, month, day in quantity.days:
                self._days.add((year, month, day))
                if year and month:
                    self._weekdays.add(date(year, month, day).weekday())

    def add_day(self, day: date) -> None:
        """A day that is known without being written, such as today."""
        self._days.add((day.year, day.month, day.day))
        self._weekdays.add(day.weekday())

    def supports(self, promise: Quantity, arithmetic: bool = True) -> bool:
        """Whether the promise was said before, in any notation."""
        if promise.kind == "weekday":
            return int(promise.values[0]) in self._weekdays
        if promise.kind == "date":
            return any(_same_day(a, b) for a in promise.days for b in self._days)
        if promise.kind == "time":
            return self._supports_time(promise)
        if promise.kind == "percentage":
            known = self._percentages | self._numbers
            return any(v in known or v / 100 in known for v in promise.values)
        return any(self._supports_amount(v, promise.unit, arithmetic) for v in promise.values)

    def _supports_time(self, promise: Quantity) -> bool:
        """Times match on the 12-hour dial unless both say which half of the day they mean."""
        minute = promise.values[0]
        half_known = promise.unit == "24" or minute >= 720
        for known in self._times:
            if known == minute:
                return True
            if (known - minute) % 720 == 0 and (not half_known or known < 720):
                return True
        hour = minute / 60
        return minute % 60 == 0 and not self._numbers.isdisjoint({hour, hour - 12, hour + 12})

    def _supports_amount(self, value: float, unit: str, arithmetic: bool) -> bool:
        if value == 0 or value in self._numbers or value in self._prices:
            units = self._money.get(value)
            return units is None or value in self._numbers or any(_same(unit, u) for u in units)
        return arithmetic and self._derives(value)

    def _derives(self, value: float) -> bool:
        known = list(self._prices)[:MAX_OPERANDS]
        shares = [p / 100 for p in self._percentages if 0 < p < 100]
        pieces = [n for n in self._numbers if 2 <= n <= MAX_COUNT and n == int(n)]
        for i, one in enumerate(known):
            if any(_near(value, one * n) for n in pieces):
                return True
            if any(_near(value, one * s) or _near(value, one * (1 - s)) for s in shares):
                return True
            if any(_near(value, one + two) or _near(value, abs(one - two)) for two in known[i:]):
                return True
        return False


def _near(one: float, two: float) -> bool:
    return abs(one - two) < 0.005


def _same(one: str, two: str) -> bool:
    return one == two or (one in DOLLARS and two in DOLLARS and "$" in (one, two))


def _same_day(one: tuple[int, int, int], two: tuple[int, int, int]) -> bool:
    """Parts that one of them leaves out agree with anything."""
    return all(a == b or not a or not b for a, b in zip(one, two, strict=True))
