"""Batches by size and age; ids by content."""

import pytest

from otel_evaluator.model.outcome import Scored
from otel_evaluator.write.batch import BatchBuilder, batch_id, freeze, halves, rows
from tests.support.outcomes import a_sample, an_outcome


def test_the_same_rows_have_the_same_id() -> None:
    assert batch_id([an_outcome(0)], [a_sample(0)]) == batch_id([an_outcome(0)], [a_sample(0)])


def test_golden_length_of_an_id() -> None:
    assert len(batch_id([an_outcome(0)])) == 32


@pytest.mark.parametrize(
    "other",
    [
        [],
        [an_outcome(1)],
        [an_outcome(0, Scored(value=0.6))],
        [an_outcome(0, started_ns=1)],
        [an_outcome(0), an_outcome(1)],
        [an_outcome(1), an_outcome(0)],
    ],
)
def test_other_rows_have_another_id(other) -> None:
    assert batch_id(other) != batch_id([an_outcome(0)])


def test_a_full_batch_is_closed() -> None:
    builder = BatchBuilder(max_rows=3, max_age_s=10)
    assert builder.add([an_outcome(0), an_outcome(1)], [], now=0.0) == []
    full = builder.add([an_outcome(2), an_outcome(3)], [a_sample(0)], now=1.0)
    assert [rows(batch) for batch in full] == [3]
    assert full[0].outcomes == (an_outcome(0), an_outcome(1), an_outcome(2))
    assert len(builder) == 2


def test_one_large_put_becomes_several_batches() -> None:
    full = BatchBuilder(4, 10).add([an_outcome(i) for i in range(10)], [], now=0.0)
    assert [rows(batch) for batch in full] == [4, 4]
    assert len({batch.id for batch in full}) == 2


def test_age_counts_from_the_first_row() -> None:
    builder = BatchBuilder(100, max_age_s=2.0)
    assert builder.due_in(0.0) is None
    builder.add([an_outcome(0)], [], now=1.0)
    builder.add([an_outcome(1)], [], now=2.5)
    assert builder.due_in(2.5) == 0.5
    assert builder.due_in(9.0) == 0.0
    assert [batch.outcomes for batch in builder.close()] == [(an_outcome(0), an_outcome(1))]
    assert builder.due_in(9.0) is None
    assert builder.close() == []


def test_halves_keep_every_row_once() -> None:
    batch = freeze([an_outcome(i) for i in range(3)], [a_sample(0), a_sample(1)])
    left, right = halves(batch)
    assert left.outcomes + right.outcomes == batch.outcomes
    assert left.samples + right.samples == batch.samples
    assert (left.id, right.id) == (f"{batch.id}/0", f"{batch.id}/1")
    assert min(rows(left), rows(right)) == 2


def test_a_batch_without_room_is_refused() -> None:
    with pytest.raises(ValueError):
        BatchBuilder(0, 1)
