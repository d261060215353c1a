"""Time, injected: waiting uses the monotonic clock, wall time only stamps rows."""

import time
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
