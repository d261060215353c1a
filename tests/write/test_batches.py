"""Rows as the outbox keeps them, and batches cut in two."""

import msgspec

from otel_evaluator.model.outcome import Failed, Scored, Unscored
from otel_evaluator.write.batch import decode, encode, halves, rows
from tests.support.outcomes import a_batch, a_sample, an_outcome


def test_rows_come_back_as_they_were() -> None:
    outcomes = [
        an_outcome(0, Scored(value=0.25, label="good", passed=True)),
        an_outcome(1, Unscored("uncertain", "why")),
        an_outcome(2, Failed("exception", "KeyError")),
    ]
    batch = decode("id", [encode(outcomes[:1], [a_sample(0)]), encode(outcomes[1:])])
    assert batch.id == "id"
    assert batch.outcomes == tuple(outcomes)
    assert batch.samples == (a_sample(0),)


def test_text_that_no_encoder_takes_is_cleaned() -> None:
    outcome = msgspec.structs.replace(an_outcome(0), agent="half \ud83d")
    (kept,) = decode("id", [encode([outcome])]).outcomes
    assert kept.agent == "half ?"
    assert kept.score_id == outcome.score_id


def test_halves_keep_every_row_once() -> None:
    batch = a_batch(*(an_outcome(i) for i in range(3)), samples=(a_sample(0), a_sample(1)))
    left, right = halves(batch)
    assert left.outcomes + right.outcomes == batch.outcomes
    assert left.samples + right.samples == batch.samples
    assert (left.id, right.id) == (f"{batch.id}/0", f"{batch.id}/1")
    assert min(rows(left), rows(right)) == 2
