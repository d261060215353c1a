"""What is owed: every trace that was acknowledged must be found once, with its exact content.

The oracle lives in the test process, which is never killed. Content is derived from a seed and
the number of the trace, so nothing has to be remembered but which numbers were acknowledged.
"""

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from otel_evaluator.testing.builders import an_export_request


@dataclass
class Verdict:
    """The balance at the end; the books are even when all four are empty."""

    lost: set[str] = field(default_factory=set)
    """Acknowledged, and without a row."""
    duplicated: set[str] = field(default_factory=set)
    """With more than one visible row for one evaluator."""
    altered: set[str] = field(default_factory=set)
    """With content other than what was sent."""
    unknown: set[str] = field(default_factory=set)
    """With a row, and never sent."""

    @property
    def is_even(self) -> bool:
        return not (self.lost or self.duplicated or self.altered or self.unknown)


@dataclass(frozen=True)
class Row:
    """One visible row: a score, with the transcript kept beside it."""

    trace_id: str
    evaluator: str
    value: float
    answer: str


class Oracle:
    """Issues requests, hears of acknowledgements, judges rows."""

    def __init__(self, seed: int, traces_per_request: int = 4, evaluators: int = 1) -> None:
        self.seed = seed
        self.traces_per_request = traces_per_request
        self._evaluators = evaluators
        self._numbers: dict[str, int] = {}
        self.owed: set[str] = set()
        """Trace ids that were acknowledged."""
        self._next = 0

    @property
    def sent(self) -> int:
        """Traces issued."""
        return len(self._numbers)

    def issue(self) -> tuple[bytes, list[str]]:
        """A new request of complete traces, and their ids."""
        ids, parts = [], []
        for _ in range(self.traces_per_request):
            number = self._number(self._next)
            self._next += 1
            trace_id = hashlib.blake2b(f"trace {number}".encode(), digest_size=16).hexdigest()
            self._numbers[trace_id] = number
            ids.append(trace_id)
            # Requests of one trace each, joined: concatenated messages are one message.
            parts.append(an_export_request(1, first=number, reply=self.answer(number)))
        return b"".join(parts), ids

    def acknowledged(self, trace_ids: Iterable[str]) -> None:
        """The sender was told OK: now they are owed."""
        self.owed.update(trace_ids)

    def answer(self, number: int) -> str:
        """The content of a trace: 40 to 400 characters that depend on seed and number."""
        source = random.Random(f"{self.seed} {number}")
        return f"{number}:" + source.randbytes(source.randrange(20, 200)).hex()

    def verdict(self, rows: Iterable[Row]) -> Verdict:
        """Compare what is visible with what is owed."""
        found = Verdict()
        seen: dict[tuple[str, str], int] = {}
        for row in rows:
            number = self._numbers.get(row.trace_id)
            if number is None:
                found.unknown.add(row.trace_id)
                continue
            answer = self.answer(number)
            if (row.answer, row.value) != (answer, len(answer)):
                found.altered.add(row.trace_id)
            key = (row.trace_id, row.evaluator)
            seen[key] = seen.get(key, 0) + 1
            if seen[key] > 1:
                found.duplicated.add(row.trace_id)
        by_trace: dict[str, int] = {}
        for trace_id, _ in seen:
            by_trace[trace_id] = by_trace.get(trace_id, 0) + 1
        found.lost = {t for t in self.owed if by_trace.get(t, 0) < self._evaluators}
        return found

    def _number(self, index: int) -> int:
        """Numbers of different seeds do not meet."""
        return self.seed % 1000 * 1_000_000 + index
