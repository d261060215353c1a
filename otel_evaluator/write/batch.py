"""Batches by size and age, frozen under an id that depends on their content alone."""

import hashlib
from collections.abc import Sequence

from otel_evaluator.api.writer import Batch, Sample
from otel_evaluator.model.outcome import Outcome, Scored


def batch_id(outcomes: Sequence[Outcome], samples: Sequence[Sample] = ()) -> str:
    """32 hexadecimal characters: BLAKE2b-128 over what identifies the rows, in their order.

    A score id with its time and value, or a subject's revision, stands for a row: the same
    rows get the same id, so a batch rebuilt after a crash is recognised as a retry.
    """
    digest = hashlib.blake2b(digest_size=16)
    for outcome in outcomes:
        verdict = outcome.verdict
        said = verdict.value if isinstance(verdict, Scored) else verdict.reason
        digest.update(f"{outcome.score_id} {outcome.started_ns} {outcome.name} {said};".encode())
    for sample in samples:
        named = f"{sample.subject_kind} {sample.subject_key} {sample.subject_revision}"
        digest.update(len(named).to_bytes(8, "big") + named.encode("utf-8", "replace"))
        digest.update(f"{sample.end_ns} {len(sample.transcript)};".encode())
    return digest.hexdigest()


def freeze(outcomes: Sequence[Outcome], samples: Sequence[Sample] = ()) -> Batch:
    """A batch of these rows with the id of its content."""
    return Batch(batch_id(outcomes, samples), tuple(outcomes), tuple(samples))


def rows(batch: Batch) -> int:
    """Rows of a batch, outcomes and samples together."""
    return len(batch.outcomes) + len(batch.samples)


def halves(batch: Batch) -> tuple[Batch, Batch]:
    """The batch cut in two; the ids are the batch's with ``/0`` and ``/1`` appended.

    Takes a batch of at least two rows.
    """
    everything: list[Outcome | Sample] = [*batch.outcomes, *batch.samples]
    middle = len(everything) // 2
    return (
        _part(f"{batch.id}/0", everything[:middle]),
        _part(f"{batch.id}/1", everything[middle:]),
    )


def _part(part_id: str, everything: Sequence[Outcome | Sample]) -> Batch:
    return Batch(
        part_id,
        tuple(row for row in everything if isinstance(row, Outcome)),
        tuple(row for row in everything if isinstance(row, Sample)),
    )


class BatchBuilder:
    """Collects rows until there are ``max_rows`` of them or the oldest is ``max_age_s`` old.

    Pure given the times it is told: ``now`` is monotonic seconds.
    """

    def __init__(self, max_rows: int, max_age_s: float) -> None:
        if max_rows < 1:
            raise ValueError("max_rows must be at least 1")
        self._max_rows = max_rows
        self._max_age_s = max_age_s
        self._outcomes: list[Outcome] = []
        self._samples: list[Sample] = []
        self._opened_at = 0.0

    def __len__(self) -> int:
        return len(self._outcomes) + len(self._samples)

    def add(
        self, outcomes: Sequence[Outcome], samples: Sequence[Sample], now: float
    ) -> list[Batch]:
        """Take rows; returns the batches that became full."""
        full: list[Batch] = []
        incoming: list[Outcome | Sample] = [*outcomes, *samples]
        for row in incoming:
            if not len(self):
                self._opened_at = now
            if isinstance(row, Outcome):
                self._outcomes.append(row)
            else:
                self._samples.append(row)
            if len(self) >= self._max_rows:
                full.extend(self.close())
        return full

    def due_in(self, now: float) -> float | None:
        """Seconds until the open batch is old enough; None when there is none."""
        return max(0.0, self._opened_at + self._max_age_s - now) if len(self) else None

    def close(self) -> list[Batch]:
        """The open batch, frozen, and start over; an empty list when it has no rows."""
        if not len(self):
            return []
        batch = freeze(self._outcomes, self._samples)
        self._outcomes, self._samples = [], []
        return [batch]
