"""One gate for both transports: what may come in now, and when refused senders come back.

Bytes enter with ``enter`` and must leave with ``leave``; ``hold`` does both for bodies that
arrive in pieces. Everything runs on the event loop, so counters need no lock.
"""

import random
from collections.abc import Callable
from types import TracebackType
from typing import Final

from otel_evaluator.clock import Clock
from otel_evaluator.errors import Busy, Malformed, Refused, TooLarge
from otel_evaluator.metrics import Metrics
from otel_evaluator.receive import memory
from otel_evaluator.receive.config import LimitsConfig
from otel_evaluator.wire.prescan import ITEMS, Signal, check_request, count_items

Pressure = Callable[[], Busy | None]
"""Asked before a body is read: why the pipeline cannot take more now, or None."""

MEMORY_CHECK_SECONDS: Final = 0.25
TRIM_SECONDS: Final = 2.0
"""At most so often freed memory is given back while above the ceiling; it takes milliseconds."""

MAX_DELAY_SECONDS: Final = 30.0
"""Collectors drop a batch whose delay exceeds max_elapsed_time (300 s by default)."""

STREAK_PER_SECOND: Final = 20
"""Refusals in a row that make the advised delay one base delay longer."""

JITTER: Final = 0.25
"""Delays differ by this share either way, so that senders do not come back together."""


class Admission:
    """Decides about requests by size, bytes in flight, memory and the pipeline's pressure."""

    def __init__(
        self,
        limits: LimitsConfig,
        metrics: Metrics,
        clock: Clock,
        pressure: Pressure | None = None,
        resident: Callable[[], int] | None = None,
        generator: random.Random | None = None,
    ) -> None:
        self.limits = limits
        self.metrics = metrics
        self.pressure = pressure
        self.in_flight = 0
        self._shape = (
            limits.max_spans_per_request,
            limits.max_resources_per_request,
            limits.max_attributes_per_span,
        )
        self._clock = clock
        self._resident = resident or memory.resident_bytes()
        self._ceiling = limits.max_memory or memory.memory_ceiling()
        self._random = generator or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._next_check = 0.0
        self._next_trim = 0.0
        self._over_memory = False
        self._streak = 0
        metrics["in_flight_bytes"].set_function(lambda: self.in_flight)

    def check(self) -> None:
        """Raise Busy when nothing should be read now."""
        if self.over_memory():
            raise Busy(
                "memory is at its ceiling (limits.max_memory); send again later", reason="memory"
            )
        if self.pressure is not None:
            busy = self.pressure()
            if busy is not None:
                raise busy

    def enter(self, size: int) -> None:
        """Count ``size`` bytes in; Busy when the ceiling would be passed."""
        total = self.in_flight + size
        if total > self.limits.max_in_flight:
            raise Busy(
                "too many bytes are being handled (limits.max_in_flight); send again later",
                reason="in_flight",
            )
        self.in_flight = total

    def leave(self, size: int) -> None:
        """Count ``size`` bytes out."""
        self.in_flight -= size

    def hold(self) -> "Hold":
        """Bytes of one body that arrives in pieces, given back at the end of a ``with``."""
        return Hold(self)

    def inspect(self, body: bytes, signal: Signal) -> None:
        """Raise TooLarge for bombs, Malformed when the body is another signal's request."""
        kind = check_request(body, signal, *self._shape)
        if kind is not None and kind != ITEMS[signal]:
            raise Malformed(
                f"these are {kind}, sent to the {signal} endpoint; check the sender's addresses "
                "(traces: /v1/traces or TraceService, logs: /v1/logs or LogsService)"
            )

    def over_memory(self) -> bool:
        """Whether resident memory is above the ceiling; read at most every 250 ms."""
        now = self._clock.monotonic()
        if now >= self._next_check and self._resident is not None:
            self._next_check = now + MEMORY_CHECK_SECONDS
            self._over_memory = self._resident() > self._ceiling
            if self._over_memory and now >= self._next_trim:
                self._next_trim = now + TRIM_SECONDS
                # Freed pages may still be ours: without this the refusals might never end.
                memory.give_back()
                self._over_memory = self._resident() > self._ceiling
        return self._over_memory

    def accepted(self) -> None:
        """Note that a request was taken: the advised delay shrinks."""
        if self._streak:
            self._streak -= 1

    def delay(self, busy: Busy) -> float:
        """Seconds to advise: more the longer refusals go on, spread by a quarter either way."""
        self._streak = min(self._streak + 1, int(MAX_DELAY_SECONDS * STREAK_PER_SECOND))
        delay = busy.retry_after_s * (1 + self._streak / STREAK_PER_SECOND)
        spread = self._random.uniform(1 - JITTER, 1 + JITTER)
        return min(max(delay, busy.retry_after_s), MAX_DELAY_SECONDS) * spread

    def refused(
        self, error: Refused, signal: Signal, protocol: str, body: bytes | None = None
    ) -> None:
        """Count a refusal; spans only where the body was read and can be counted."""
        self.metrics.child("requests_refused", error.reason).inc()
        if signal != "traces" or body is None:
            return
        try:
            count = count_items(body, self.limits.max_spans_per_request)
        except (Malformed, TooLarge):
            return
        self.metrics.child("spans_received", protocol).inc(count)
        self.metrics.child("spans_refused", error.reason).inc(count)


class Hold:
    """The bytes one request holds; see ``Admission.hold``."""

    __slots__ = ("_admission", "size")

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.size = 0

    def add(self, size: int) -> None:
        """Count ``size`` more bytes in; Busy when the ceiling would be passed."""
        self._admission.enter(size)
        self.size += size

    def __enter__(self) -> "Hold":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._admission.leave(self.size)
        self.size = 0
