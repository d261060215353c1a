"""What a conversation says about amounts, dates and times, and whether it supports a promise."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from otel_evaluator.evaluators.figures.arithmetic import (
    MAX_COUNT,
    MAX_DAYS,
    MAX_MINUTES,
    MAX_OPERANDS,
    MAX_SAID_COUNT,
    before_bounds,
    compounds,
    factors,
    later,
    lengths,
    minutes,
    multiples,
    nights,
    shifts,
    total,
)
from otel_evaluator.evaluators.figures.calendar import Known, speaks_of_zones
from otel_evaluator.evaluators.figures.chance import by_chance
from otel_evaluator.evaluators.figures.fields import fields, weekdays_in_short
from otel_evaluator.evaluators.figures.quantities import Day, Quantity, quantities
from otel_evaluator.evaluators.figures.sums import sums
from otel_evaluator.evaluators.figures.vocabulary import DOLLARS

MAX_EVIDENCE = 200_000
"""Characters of evidence that are read for one subject."""
MAX_CHANCE = 0.6
"""Chance matches up to which an amount follows from prices: what they come to is expected."""


class Evidence:
    """Grows with the conversation; ``supports`` looks at what was added so far."""

    def __init__(self) -> None:
        self._left = MAX_EVIDENCE
        self._seen: set[str] = set()
        self._unread: list[str] = []
        self._numbers: set[float] = set()
        self._money: dict[float, set[str]] = {}
        self._prices: dict[float, None] = {}
        self._percentages: set[float] = set()
        self._days: set[Day] = set()
        self._weekdays: set[int] = set()
        self._times: set[float] = set()
        self._lengths: set[int] = set()
        self._factors: set[float] = set()
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
            self._take(quantity)

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
            self._take(quantity)
        self._weekdays.update(weekdays_in_short(text))
        for day in before_bounds(text):
            self.add_day(day)
        self._lengths |= minutes(text)
        self._factors |= factors(text)
        self._read.append(text)
        percentages, cents, prices = fields(text)
        self._percentages.update(percentages)
        self._numbers.update(cents)
        self._prices.update(dict.fromkeys((*cents, *prices)))
        return True

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

    def add_day(self, day: date, weekday: bool = True) -> None:
        """A day that is known without being written, such as today; with its weekday, or not."""
        self._days.add((day.year, day.month, day.day))
        if weekday:
            self._weekdays.add(day.weekday())

    def says(self, quantity: Quantity) -> bool:
        """Whether a quantity, or the time or date it is a part of, was said before."""
        return self.supports(quantity, arithmetic=False) or self.has_part(quantity)

    @property
    def numbers(self) -> list[float]:
        """Plain numbers read so far."""
        return sorted(self._numbers)

    @property
    def between_times(self) -> set[float]:
        """Hours and minutes between each two times of day read so far."""
        known = sorted(self._times)[:MAX_OPERANDS]
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
        return amount.values[0] in self._prices if amount.values else True

    def has_part(self, number: Quantity) -> bool:
        """Whether a number is the hour, the minute or the day of a time or date said before.

        Or a time as ``10.30``.
        """
        if number.kind != "number":
            return False
        value = number.values[0]
        if value != int(value):
            return {60 * int(value) + round(100 * value) % 100} <= self._times
        for time in self._times:
            hour, minute = divmod(int(time), 60)
            if value in (hour, minute, hour % 12 or 12):
                return True
        return any(value in day for day in self._days)

    @property
    def years(self) -> set[float]:
        """Years read so far, of dates too."""
        return self._numbers | {float(year) for year, _, _ in self._days}

    def is_length(self, number: Quantity) -> bool:
        """Whether a number is that of the days or months from one known day to another."""
        return number.kind == "number" and number.values[0] in lengths(self._dates)

    @property
    def _dates(self) -> tuple[date, ...]:
        return tuple(date(y or 2000, m, d) for y, m, d in sorted(self._days) if m)[:MAX_OPERANDS]

    @property
    def calendar(self) -> Known:
        """Days, times and numbers read so far."""
        numbers = sorted(n for n in self._numbers if 0 < n <= MAX_DAYS)[:MAX_OPERANDS]
        has_zone = any(map(speaks_of_zones, self._seen))
        return Known(self._dates, self._weekdays, self._times, numbers, self._lengths, has_zone)

    def supports(self, promise: Quantity, arithmetic: bool = True) -> bool:
        """Whether the promise was said before, in any notation."""
        while not self._says(promise):
            if not self._read_one():
                return arithmetic and not self.missing([promise])
        return True

    def missing(
        self, promised: Iterable[Quantity], said: Iterable[Quantity] = (), text: str = ""
    ) -> list[Quantity]:
        """Those that neither were said before nor follow from it, each once.

        An amount that an answer gives rightly is one that others of the answer may follow from:
        a price for a night, then two nights, then both rooms together. ``said`` are all
        quantities of the answer: numbers among them may be numbers of pieces.
        """
        unique = list(dict.fromkeys(promised))
        left = [quantity for quantity in unique if not self.supports(quantity, arithmetic=False)]
        if not left:
            return []
        stated = [q.values[0] for q in unique if q.kind == "money" and q not in left]
        pieces = self._pieces(said) | factors(text)
        for days in shifts(text):
            for year, month, day in [each for each in self._days if all(each)]:
                self.add_day(date(year, month, day) + timedelta(days))
        while True:
            known = list(dict.fromkeys((*stated, *self._prices)))[:MAX_OPERANDS]
            derived = [q for q in left if self._derives(q, known, pieces, stated)]
            if not derived:
                return left
            for quantity in derived:
                if quantity.kind == "money":
                    stated.append(quantity.values[0])
                    self.derived.add(quantity.values[0])
                elif quantity.kind == "date":
                    self._take(quantity)
            left = [q for q in left if q not in derived]

    @property
    def _sums(self) -> set[float]:
        """Sums of columns of the results read so far: as they are, rounded, and as of cents."""
        while self._read:
            for figure in sums(self._read.pop()).totals:
                self._known_sums |= {figure, float(round(figure)), round(figure / 100, 2)}
        return self._known_sums

    @property
    def figures(self) -> set[float]:
        """Numbers and amounts read so far."""
        said = self._numbers | self._prices.keys() | self._money.keys()
        return said | self._sums | self.derived

    @property
    def shares(self) -> list[float]:
        """Percentages read so far, as parts of 1."""
        return [p / 100 for p in self._percentages if 0 < p < 100]

    def _pieces(self, said: Iterable[Quantity]) -> set[float]:
        """Numbers a price may be multiplied with: counts, and days between known days."""
        few = {n for n in self._numbers if 0 < n <= MAX_COUNT and n != 1}
        counts = [q.values[0] for q in said if q.kind == "number"]
        few |= {n for n in counts if 2 <= n <= MAX_SAID_COUNT and n == int(n)}
        return few | nights(self._dates) | self._factors

    def _says(self, promise: Quantity) -> bool:
        if promise.kind == "weekday":
            return int(promise.values[0]) in self._weekdays
        if promise.kind == "date":
            return any(_same_day(a, b) for a in promise.days for b in self._days)
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
        for known in self._times:
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

    def _derives(
        self,
        promise: Quantity,
        known: list[float],
        pieces: Collection[float],
        stated: Collection[float],
    ) -> bool:
        if promise.kind == "money":
            value = promise.values[0]
            if value in self._sums or 100 * value in self._prices or total(value, stated):
                return True
            if any(round(n) == value for n in self._numbers if n != int(n) and n > MAX_COUNT):
                return True
            have_cents = any(n != int(n) for n in known)
            for results in (multiples, compounds):
                chance = by_chance(value, results(known, pieces, self.shares), have_cents)
                if chance is not None and chance <= MAX_CHANCE:
                    return True
            return False
        if promise.kind == "weekday":
            return int(promise.values[0]) in self._weekdays
        if promise.kind == "date":
            return self._says(promise) or any(map(self._derives_day, promise.days))
        if promise.kind == "time":
            ends = {
                (t + sign * n) % MAX_MINUTES
                for t in self._times
                for n in self._lengths
                for sign in (1, -1)
            }
            return any((end - promise.values[0]) % 720 == 0 for end in ends)
        return False

    def _derives_day(self, wanted: Day) -> bool:
        """Whether a known number of days, weeks or months after a known day is that day."""
        numbers = sorted(n for n in self._numbers if 0 < n <= MAX_DAYS)[:MAX_OPERANDS]
        for start in self._dates:
            for day in later(start, numbers):
                if _same_day(wanted, (day.year if start.year != 2000 else 0, day.month, day.day)):
                    self._weekdays.add(day.weekday())
                    return True
        return False


def _same(one: str, two: str) -> bool:
    return one == two or (one in DOLLARS and two in DOLLARS and "$" in (one, two))


def _same_day(one: Day, two: Day) -> bool:
    """Parts that one of them leaves out agree with anything."""
    return all(a == b or not a or not b for a, b in zip(one, two, strict=True))
