"""The door between the outbox and a sink."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from otel_evaluator.model.outcome import Outcome


class Sample(msgspec.Struct, frozen=True):
    """The normalised transcript of one selected subject, for review and re-scoring."""

    subject_kind: str
    subject_key: str
    subject_revision: int
    trace_id: str
    conversation_id: str
    service: str
    environment: str
    agent: str
    model: str
    prompt_name: str
    prompt_version: str
    tier: str
    probability: float
    start_ns: int
    end_ns: int
    complete: bool
    dialects: tuple[str, ...]
    input: str
    output: str
    transcript: str
    """JSON: the subject's messages, tool definitions and retrievals."""
    signals: dict[str, Any]


class Batch(msgspec.Struct, frozen=True):
    """Frozen content under one id: a retry sends the same rows with the same id."""

    id: str
    outcomes: tuple[Outcome, ...]
    samples: tuple[Sample, ...] = ()
    was_sent: bool = False
    """Whether an earlier attempt may have written some of it."""


class Writer(Protocol):
    """Writes batches to one destination.

    ``write`` returns when the destination has confirmed the batch; it raises Retryable, Held
    or Permanent otherwise. Writing the same batch twice leaves one visible row per score id.
    """

    name: str

    async def start(self) -> None:
        """Connect and prepare tables; raises ConfigError or SinkError."""
        ...

    async def write(self, batch: Batch) -> None:
        """Write one batch."""
        ...

    async def aclose(self) -> None:
        """Release the connection; safe without ``start``."""
        ...


def written(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes that become spans: scored and failed (unscored and skipped are counted)."""
    return [outcome for outcome in outcomes if outcome.name in ("scored", "failed")]
