"""How many calls one endpoint is given at a time: found by trying, cut when it refuses.

Additive increase and multiplicative decrease (Chiu and Jain 1989) with a slow start: every
answer allows one call more until the first refusal; from then on as many answers as there are
calls in flight raise the limit by 5 %, and the refusals of one episode cut it once to 80 %.
"""

import asyncio
from collections import deque

from otel_evaluator.clock import Clock

START = 4.0
GROWTH = 0.05
CUT = 0.8


class Limiter:
    """Shared by every evaluator that asks one endpoint with one key."""

    def __init__(self, most: int, clock: Clock) -> None:
        self._most = float(most)
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_starting = True
        self._cut_at = -1.0
        self._not_before = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.limit = min(START, self._most)
        """Calls allowed in flight; the fraction counts towards the next whole one."""
        self.in_flight = 0

    @property
    def waiting(self) -> int:
        """Calls not yet let through."""
        return len(self._waiting)

    async def acquire(self) -> float:
        """Wait for a turn; the time it came, for ``refused``. A cancelled wait takes no turn."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._let_through()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()
            else:
                self._waiting.remove(turn)
            raise
        return self._clock.monotonic()

    def release(self) -> None:
        """A call has ended, however it ended."""
        self.in_flight -= 1
        self._let_through()

    def answered(self) -> None:
        """The endpoint did what it was asked: a little more may be asked of it."""
        # Growing without need would leave no trace of what the endpoint can bear.
        if self.in_flight >= int(self.limit):
            step = 1.0 if self._is_starting else GROWTH
            self.limit = min(self._most, self.limit + step)

    def refused(self, started: float, retry_after_s: float | None) -> None:
        """The endpoint asks for less; calls that began before the last cut say nothing new."""
        now = self._clock.monotonic()
        if retry_after_s is not None:
            self._not_before = max(self._not_before, now + retry_after_s)
        if started > self._cut_at:
            self._is_starting = False
            self._cut_at = now
            self.limit = max(1.0, self.limit * CUT)

    def _let_through(self) -> None:
        pause = self._not_before - self._clock.monotonic()
        if pause > 0:
            if self._waiting and self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(pause, self._resume)
            return
        while self._waiting and self.in_flight < int(self.limit):
            turn = self._waiting.popleft()
            self.in_flight += 1
            turn.set_result(None)

    def _resume(self) -> None:
        self._timer = None
        self._let_through()
