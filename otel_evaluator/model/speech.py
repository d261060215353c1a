"""What was measured of a spoken conversation: who spoke when, and how long answers took."""

from typing import Literal

import msgspec

Speaker = Literal["user", "assistant"]


class Utterance(msgspec.Struct, frozen=True):
    """One stretch in which one side was speaking."""

    span_id: str
    speaker: Speaker
    start_ns: int
    end_ns: int


class SpokenTurn(msgspec.Struct, frozen=True):
    """What the voice framework recorded about one answer, or about a whole call."""

    span_id: str
    start_ns: int = 0
    wait_s: float | None = None
    """From the end of the user's speech to the beginning of the answer."""
    interruptions: int | None = None
    """How often somebody was cut off; 0 or 1 for a single answer."""
    whole_call: bool = False


class Speech(msgspec.Struct, frozen=True):
    """The spoken side of one trace, each part by start."""

    utterances: tuple[Utterance, ...] = ()
    turns: tuple[SpokenTurn, ...] = ()
