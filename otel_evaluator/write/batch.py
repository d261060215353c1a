"""Rows as the outbox keeps them, and batches cut in two."""

from collections.abc import Iterable, Sequence
from itertools import chain

import msgspec

from otel_evaluator.api.writer import Batch, Sample
from otel_evaluator.model.outcome import Outcome
from otel_evaluator.write.text import clean


class Rows(msgspec.Struct, array_like=True):
    """Outcomes and samples of one finished subject."""

    outcomes: tuple[Outcome, ...] = ()
    samples: tuple[Sample, ...] = ()


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Rows)


def encode(outcomes: Iterable[Outcome], samples: Iterable[Sample] = ()) -> bytes:
    """Rows as bytes; text that no encoder takes is cleaned."""
    rows = Rows(tuple(outcomes), tuple(samples))
    try:
        return _encoder.encode(rows)
    except UnicodeEncodeError:
        return _encoder.encode(clean(msgspec.to_builtins(rows)))


def decode(batch_id: str, encoded: Sequence[bytes]) -> Batch:
    """The batch of these rows."""
    rows = [_decoder.decode(each) for each in encoded]
    return Batch(
        batch_id,
        tuple(chain.from_iterable(each.outcomes for each in rows)),
        tuple(chain.from_iterable(each.samples for each in rows)),
    )


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
    """A part may hold rows that the whole has written to another table."""
    return Batch(
        part_id,
        tuple(row for row in everything if isinstance(row, Outcome)),
        tuple(row for row in everything if isinstance(row, Sample)),
        was_sent=True,
    )
