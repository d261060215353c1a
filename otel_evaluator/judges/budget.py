"""What may be spent in an hour and a day: reserved before a call, settled after it, paced.

A budget that is used up by noon leaves the afternoon unseen. So each window says how much
slower spending has to be to last to its end, the *pace*: a factor on the sampling rate of
the evaluators that spend, and thereby part of every inclusion probability. It looks at past
spending only, so an estimate weighted by 1 / probability stays unbiased (Horvitz and
Thompson 1952).
"""

from collections.abc import Sequence

import msgspec

from otel_evaluator.clock import Clock
from otel_evaluator.errors import JudgeError
from otel_evaluator.judges.config import JudgeBudgetConfig
from otel_evaluator.judges.prices import NOTHING, Spent

_SECOND_NS = 1_000_000_000
_HOUR_S, _DAY_S = 3600, 86_400
LEAST_PACE = 0.01
"""A window that is all but used up still lets this share of subjects through to be counted."""
SETTLING = 0.05
"""Share of a window that the demand of the window before counts for, and before which a first
window says nothing: a burst in its first seconds is no rate."""


class BudgetExhausted(JudgeError):
    """The judge has spent what it may in this window."""


class WindowState(msgspec.Struct):
    """What must survive a restart."""

    number: int = -1
    """Which hour or day since 1970."""
    spent: float = 0.0
    demand: float = 0.0
    """What would have been spent at full pace."""
    demand_before: float = -1.0
    """The same of the window before; negative when there was none."""


class Window:
    """One limit over one length of time."""

    def __init__(self, unit: str, length_s: int, most: float) -> None:
        self.name = f"{unit}_per_{'hour' if length_s == _HOUR_S else 'day'}"
        self.is_money = unit == "usd"
        self.state = WindowState()
        self._length_s = length_s
        self._most = most
        self._reserved = 0.0

    def advance(self, now_ns: int) -> None:
        """Enter the window of this time; a clock that steps back stays in the later one."""
        number = now_ns // (self._length_s * _SECOND_NS)
        state = self.state
        if number > state.number:
            follows = number == state.number + 1
            self.state = WindowState(number, demand_before=state.demand if follows else -1.0)

    @property
    def remaining(self) -> float:
        """What is neither spent nor reserved."""
        return max(0.0, self._most - self.state.spent - self._reserved)

    def reserve(self, spent: Spent) -> None:
        """Set aside."""
        self._reserved += self._of(spent)

    def settle(self, reserved: Spent, spent: Spent, pace: float) -> None:
        """Replace what was set aside by what it took."""
        self._reserved -= self._of(reserved)
        self.state.spent += self._of(spent)
        self.state.demand += self._of(spent) / pace

    def covers(self, spent: Spent) -> bool:
        """Whether so much is left."""
        return self._of(spent) <= self.remaining

    def pace(self, now_ns: int) -> float:
        """Factor on spending at which the window lasts to its end, from LEAST_PACE to 1."""
        elapsed = min(1.0, now_ns / (self._length_s * _SECOND_NS) - self.state.number)
        demand, share = self.state.demand, elapsed
        if self.state.demand_before >= 0:
            demand += self.state.demand_before * SETTLING
            share += SETTLING
        elif elapsed < SETTLING:
            share = SETTLING
        ahead = demand / share * (1.0 - elapsed)
        if ahead <= self.remaining:
            return 1.0
        return max(LEAST_PACE, self.remaining / ahead)

    def _of(self, spent: Spent) -> float:
        return spent.usd if self.is_money else spent.tokens


class Budget:
    """The windows of one judge or one evaluator."""

    def __init__(self, config: JudgeBudgetConfig, clock: Clock) -> None:
        limits = (
            ("usd", _HOUR_S, config.usd_per_hour),
            ("usd", _DAY_S, config.usd_per_day),
            ("tokens", _HOUR_S, config.tokens_per_hour),
            ("tokens", _DAY_S, config.tokens_per_day),
        )
        self._windows = [Window(u, s, float(most)) for u, s, most in limits if most is not None]
        self._clock = clock

    def reserve(self, most: Spent) -> Spent:
        """Set aside what a call takes at most; BudgetExhausted when that is not left."""
        for window in self._current():
            if not window.covers(most):
                raise BudgetExhausted(f"what is left of {window.name} does not cover the question")
        for window in self._windows:
            window.reserve(most)
        return most

    def settle(self, reserved: Spent, spent: Spent = NOTHING, pace: float = 1.0) -> None:
        """Replace what was set aside by what it took of a subject selected at this pace."""
        for window in self._current():
            window.settle(reserved, spent, pace)

    def pace(self) -> float:
        """Factor on the sampling rate of who spends; 1 without limits."""
        now_ns = self._clock.time_ns()
        return min((window.pace(now_ns) for window in self._current()), default=1.0)

    @property
    def remaining_usd(self) -> float | None:
        """US dollars left in the tightest window; None where money has no limit."""
        money = [window.remaining for window in self._current() if window.is_money]
        return min(money, default=None)

    @property
    def state(self) -> dict[str, WindowState]:
        """By the window's name, to be kept over a restart."""
        return {window.name: msgspec.structs.replace(window.state) for window in self._windows}

    def restore(self, state: dict[str, WindowState]) -> None:
        """Go on with the windows of an earlier run."""
        for window in self._windows:
            if window.name in state:
                window.state = msgspec.structs.replace(state[window.name])

    def _current(self) -> Sequence[Window]:
        if self._windows:
            now_ns = self._clock.time_ns()
            for window in self._windows:
                window.advance(now_ns)
        return self._windows
