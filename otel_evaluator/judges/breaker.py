"""Leaves an endpoint alone that fails every time, and tries it with one call now and then."""

from otel_evaluator.clock import Clock

FAILURES = 5
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0


class Breaker:
    """Closed: calls go through. Open: none do. Half open: one does, and decides."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._pause_s = FIRST_PAUSE_S
        self._open_until: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether the endpoint is being left alone."""
        return self._open_until is not None

    def wait_s(self) -> float:
        """Seconds until a call may be made; 0 lets one through, which must be told of."""
        if self._open_until is None:
            return 0.0
        left = self._open_until - self._clock.monotonic()
        if left > 0:
            return left
        if self._probing:
            return FIRST_PAUSE_S
        self._probing = True
        return 0.0

    def succeeded(self) -> None:
        """The endpoint answered, be it with a refusal."""
        self._failures, self._pause_s = 0, FIRST_PAUSE_S
        self._open_until, self._probing = None, False

    def failed(self) -> None:
        """No answer, or the answer of something that is broken."""
        self._failures += 1
        if self._probing:
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        if self._probing or self._failures >= FAILURES:
            self._open_until = self._clock.monotonic() + self._pause_s
            self._probing = False

    def abandoned(self) -> None:
        """The call was given up without a result: the next one may try."""
        self._probing = False
