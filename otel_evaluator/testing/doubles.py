"""Real code with names: a clock that jumps, a writer that records, a writer that fails."""

from collections.abc import Iterable

from otel_evaluator.api.writer import Batch
from otel_evaluator.model.outcome import Outcome

EPOCH_NS = 1_767_225_600_000_000_000
"""2026-01-01T00:00:00Z, where a ManualClock and the builders start."""


class ManualClock:
    """Both clocks stand still until ``advance`` is called; implements ``clock.Clock``."""

    def __init__(self, time_ns: int = EPOCH_NS, monotonic_s: float = 0.0) -> None:
        self._time_ns = time_ns
        self._monotonic_s = monotonic_s

    def monotonic(self) -> float:
        """Seconds advanced so far, plus the start."""
        return self._monotonic_s

    def time_ns(self) -> int:
        """Wall clock, nanoseconds since the Unix epoch."""
        return self._time_ns

    def advance(self, seconds: float) -> None:
        """Move both clocks forward; ValueError when ``seconds`` is negative."""
        if seconds < 0:
            raise ValueError("a clock does not go back; step_wall() moves the wall clock alone")
        self._monotonic_s += seconds
        self._time_ns += round(seconds * 1e9)

    def step_wall(self, seconds: float) -> None:
        """Move the wall clock alone, as a time synchronisation does; may be negative."""
        self._time_ns += round(seconds * 1e9)


class CollectingWriter:
    """Confirms every batch and keeps it; a batch id seen before adds nothing."""

    name = "collecting"

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.attempts = 0
        self.started = False
        self.closed = False

    async def start(self) -> None:
        """Note that it was called."""
        self.started = True

    async def write(self, batch: Batch) -> None:
        """Keep the batch unless its id was written before."""
        self.attempts += 1
        if all(batch.id != kept.id for kept in self.batches):
            self.batches.append(batch)

    async def aclose(self) -> None:
        """Note that it was called."""
        self.closed = True

    @property
    def outcomes(self) -> list[Outcome]:
        """Outcomes of all batches in order, one per score id: the latest written."""
        visible = {outcome.score_id: outcome for b in self.batches for outcome in b.outcomes}
        return list(visible.values())


class FailingWriter(CollectingWriter):
    """Raises the given errors one write after the other, then confirms."""

    name = "failing"

    def __init__(self, errors: Iterable[Exception]) -> None:
        super().__init__()
        self._errors = list(errors)

    async def write(self, batch: Batch) -> None:
        """Raise the next error; keep the batch once none is left."""
        if self._errors:
            self.attempts += 1
            raise self._errors.pop(0)
        await super().write(batch)
