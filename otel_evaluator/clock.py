"""Time, injected: waiting uses the monotonic clock, wall time only stamps rows."""

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """What the rest of the package may ask about time."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def time_ns(self) -> int:
        """Wall clock, nanoseconds since the Unix epoch."""
        ...


class SystemClock:
    """The machine's clocks."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def time_ns(self) -> int:
        """Wall clock, nanoseconds since the Unix epoch."""
        return time.time_ns()


def backoff_s(
    first_s: float,
    longest_s: float,
    attempt: int,
    asked_s: float | None,
    uniform: Callable[[], float],
) -> float:
    """Seconds before the next attempt.

    ``attempt`` counts failures so far, from 1; ``asked_s`` is what the other side asked for and
    is never undercut; ``uniform`` gives numbers in [0, 1). The wait is between half of the
    doubled wait and all of it, so that many senders do not come back at once.
    """
    doubled = min(longest_s, first_s * 2.0 ** min(attempt - 1, 30))
    return max(doubled * (0.5 + 0.5 * uniform()), asked_s or 0.0)
