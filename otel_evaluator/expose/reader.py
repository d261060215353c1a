"""The door between the administration endpoint and the running pipeline."""

from typing import Any, Literal, Protocol, get_args

import msgspec

Joined = Literal["open", "closed", "pending"]
"""Where feedback joined: a trace or conversation still being assembled; one already closed,
as a late signal; or none known yet, kept until it arrives."""

JOINED: tuple[str, ...] = get_args(Joined)


class ScoresQuery(msgspec.Struct, frozen=True):
    """Which scores to read; newest first."""

    evaluator: str | None = None
    since_ns: int | None = None
    """Only scores at or after this time, nanoseconds since the Unix epoch."""
    below: float | None = None
    """Only scores with a value below this."""
    limit: int = 100
    trace_id: str | None = None


class QualityQuery(msgspec.Struct, frozen=True):
    """Which estimates to make."""

    evaluator: str | None = None
    since_ns: int | None = None
    """Only of scores at or after this time, nanoseconds since the Unix epoch."""


class Feedback(msgspec.Struct, frozen=True):
    """What a user thought of an answer; exactly one of the ids is set."""

    score: float
    """-1 (bad) to 1 (good)."""
    trace_id: str = ""
    conversation_id: str = ""
    comment: str = ""
    source: str = ""


class Reader(Protocol):
    """What the endpoint asks the pipeline. Any method may raise Busy; the answer is then 503."""

    async def scores(self, query: ScoresQuery) -> list[dict[str, Any]]:
        """Rows of ``otel_evaluator_scores``, keyed by column name, newest first."""
        ...

    async def quality(self, query: QualityQuery) -> list[dict[str, Any]]:
        """Weighted estimates with intervals, one mapping for each evaluator revision."""
        ...

    async def why(self, trace_id: str) -> dict[str, Any] | None:
        """What became of a trace: its subjects, decisions and outcomes; None when unknown.

        ``subjects`` is a list of mappings with ``kind``, ``key``, ``revision``, ``complete``,
        ``tier``, ``probability``, ``decision`` and ``outcomes``, a list of mappings with
        ``evaluator``, ``outcome``, ``reason``, ``value``, ``label``, ``passed``, ``explanation``.
        """
        ...

    async def feedback(self, feedback: Feedback) -> Joined:
        """Take user feedback as a signal; says where it joined. The endpoint counts it."""
        ...

    def state(self) -> dict[str, Any]:
        """``ready`` (bool), ``durability``, ``rooms`` and ``sinks``.

        Rooms and sinks map a name to a mapping with ``ready`` and what else is worth knowing.
        """
        ...
