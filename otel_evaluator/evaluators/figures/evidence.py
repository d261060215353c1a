"""What a conversation says about amounts, dates and times, and whether it supports a promise."""

from collections.abc import Iterable
from datetime import date

from otel_evaluator.evaluators.figures.arithmetic import (
    MAX_DAYS,
    MAX_OPERANDS,
    before_bounds,
    factors,
    lengths,
    minutes,
)
from otel_evaluator.evaluators.figures.calendar import Known, speaks_of_zones
from otel_evaluator.evaluators.figures.fields import fields, weekdays_in_short
from otel_evaluator.evaluators.figures.quantities import NO_YEAR, Day, Quantity, is_near, quantities
from otel_evaluator.evaluators.figures.sums import sums
from otel_evaluator.evaluators.figures.vocabulary import DOLLARS

MAX_EVIDENCE = 200_000
"""Characters of evidence that are read for one subject."""


class Evidence:
    """What was said, by kind; grows with the conversation."""

    def __init__(self) -> None:
        self._left = MAX_EVIDENCE
        self._seen: set[str] = set()
        self._unread: list[str] = []
        self._numbers: set[float] = set()
        self._money: dict[float, set[str]] = {}
        self.prices: dict[float, None] = {}
        self._percentages: set[float] = set()
        self.days: set[Day] = set()
        self.weekdays: set[int] = set()
        self.times: set[float] = set()
        self.lengths: set[int] = set()
        self.factors: set[float] = set()
        self._read: list[str] = []
        """Texts whose sums were not looked at."""
        self._known_sums: set[float] = set()
        self.derived: set[float] = set()
        """Amounts that answers worked out."""

    def add(self, text: str) -> None:
        """Add one text; it is read when something is looked for."""
        if text and text not in self._seen:
            self._seen.add(text)
            self._unread.append(text)

    def add_quantities(self, text: str, found: Iterable[Quantity]) -> None:
        """Add a text whose quantities are known."""
        self._seen.add(text)
        for quantity in found:
            self.take(quantity)

    def read(self) -> None:
        """Read all that was added, for who looks at everything."""
        while self._read_one():
            pass

    def _read_one(self) -> bool:
        """Read the newest text, which most likely supports; False when none is left."""
        if not self._unread:
            return False
        text = self._unread.pop()[: self._left]
        self._left -= len(text)
        for quantity in quantities(text):
            self.take(quantity)
        self.weekdays.update(weekdays_in_short(text))
        for day in before_bounds(text):
            self.add_day(day)
        self.lengths |= minutes(text)
        self.factors |= factors(text)
        self._read.append(text)
        percentages, cents, prices = fields(text)
        self._percentages.update(percentages)
        self._numbers.update(cents)
        self.prices.update(dict.fromkeys((*cents, *prices)))
        return True

    def take(self, quantity: Quantity) -> None:
        """Add one quantity."""
        if quantity.kind == "number":
            self._numbers.update(quantity.values)
        elif quantity.kind == "money":
            for value in quantity.values:
                self._money.setdefault(value, set()).add(quantity.unit)
                self.prices[value] = None
        elif quantity.kind == "percentage":
            self._percentages.update(quantity.values)
        elif quantity.kind == "weekday":
            self.weekdays.add(int(quantity.values[0]))
        elif quantity.kind == "time":
            self.times.update(quantity.values)
        else:
            for year, month, day in quantity.days:
                self.days.add((year, month, day))
                if year and month:
                    self.weekdays.add(date(year, month, day).weekday())

    def add_day(self, day: date, weekday: bool = True) -> None:
        """A day that is known without being written, such as today; with its weekday, or not."""
        self.days.add((day.year, day.month, day.day))
        if weekday:
            self.weekdays.add(day.weekday())

    def says(self, quantity: Quantity) -> bool:
        """Whether a quantity, or the time or date it is a part of, was said before."""
        return self.supports(quantity) or self.has_part(quantity)

    @property
    def numbers(self) -> list[float]:
        """Plain numbers read so far."""
        return sorted(self._numbers)

    @property
    def between_times(self) -> set[float]:
        """Hours and minutes between each two times of day read so far."""
        known = sorted(self.times)[:MAX_OPERANDS]
        found = {later - sooner for later in known for sooner in known if later > sooner}
        return {float(part) for n in found for part in (n, *divmod(n, 60))}

    def mentions(self, code: str) -> bool:
        """Whether a code was said before, with or without its spaces and hyphens."""
        bare = code.replace("-", "").lower()
        return any(
            code in text or bare in text.replace("-", "").replace(" ", "").lower()
            for text in self._seen
        )

    def is_amount(self, amount: Quantity) -> bool:
        """Whether the value was said as an amount of money, not only as a number."""
        return amount.values[0] in self.prices if amount.values else True

    def has_part(self, number: Quantity) -> bool:
        """Whether a number is the hour, the minute or the day of a time or date said before.

        Or a time as ``10.30``.
        """
        if number.kind != "number":
            return False
        value = number.values[0]
        if value != int(value):
            return {60 * int(value) + round(100 * value) % 100} <= self.times
        for time in self.times:
            hour, minute = divmod(int(time), 60)
            if value in (hour, minute, hour % 12 or 12):
                return True
        return any(value in day for day in self.days)

    @property
    def years(self) -> set[float]:
        """Years read so far, of dates too."""
        return self._numbers | {float(year) for year, _, _ in self.days}

    def is_length(self, number: Quantity) -> bool:
        """Whether a number is that of the days or months from one known day to another."""
        return number.kind == "number" and number.values[0] in lengths(self.dates)

    @property
    def dates(self) -> tuple[date, ...]:
        return tuple(date(y or NO_YEAR, m, d) for y, m, d in sorted(self.days) if m and is_near(y))[
            :MAX_OPERANDS
        ]

    @property
    def calendar(self) -> Known:
        """Days, times and numbers read so far."""
        numbers = sorted(n for n in self._numbers if 0 < n <= MAX_DAYS)[:MAX_OPERANDS]
        has_zone = any(map(speaks_of_zones, self._seen))
        return Known(self.dates, self.weekdays, self.times, numbers, self.lengths, has_zone)

    def supports(self, promise: Quantity) -> bool:
        """Whether the promise was said before, in any notation."""
        while not self._says(promise):
            if not self._read_one():
                return False
        return True

    @property
    def totals(self) -> set[float]:
        """Sums of columns of the results read so far: as they are, rounded, and as of cents."""
        while self._read:
            for figure in sums(self._read.pop()).totals:
                self._known_sums |= {figure, float(round(figure)), round(figure / 100, 2)}
        return self._known_sums

    @property
    def figures(self) -> set[float]:
        """Numbers and amounts read so far."""
        said = self._numbers | self.prices.keys() | self._money.keys()
        return said | self.totals | self.derived

    @property
    def shares(self) -> list[float]:
        """Percentages read so far, as parts of 1."""
        return [p / 100 for p in self._percentages if 0 < p < 100]

    def _says(self, promise: Quantity) -> bool:
        if promise.kind == "weekday":
            return int(promise.values[0]) in self.weekdays
        if promise.kind == "date":
            return any(same_day(a, b) for a in promise.days for b in self.days)
        if promise.kind == "time":
            return self._supports_time(promise)
        if promise.kind == "percentage":
            known = self._percentages | self._numbers
            return any(v in known or v / 100 in known for v in promise.values)
        return any(self._supports_amount(v, promise.unit) for v in promise.values)

    def _supports_time(self, promise: Quantity) -> bool:
        """Times match on the 12-hour dial unless both say which half of the day they mean."""
        minute = promise.values[0]
        half_known = promise.unit == "24" or minute >= 720
        for known in self.times:
            if known == minute:
                return True
            if (known - minute) % 720 == 0 and (not half_known or known < 720):
                return True
        hour = minute / 60
        return minute % 60 == 0 and not self._numbers.isdisjoint({hour, hour - 12, hour + 12})

    def _supports_amount(self, value: float, unit: str) -> bool:
        if value == 0 or value in self._numbers or (not unit and value in self._money):
            return True
        return any(_same(unit, other) for other in self._money.get(value, ()))


def _same(one: str, two: str) -> bool:
    return one == two or (one in DOLLARS and two in DOLLARS and "$" in (one, two))


def same_day(one: Day, two: Day) -> bool:
    """Whether two days agree, in the parts that neither of them leaves out."""
    return all(a == b or not a or not b for a, b in zip(one, two, strict=True))
