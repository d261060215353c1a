"""The door to what was promised not to be lost: accepted spans, and the outcomes made of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Protocol

import msgspec

Signal = Literal["traces", "logs"]


class Entry(msgspec.Struct, frozen=True):
    """The kept part of one request, as an encoded request of the same signal."""

    sequence: int
    arrived_ns: int
    signal: Signal
    configuration: str
    """Fingerprint of the configuration it was accepted under."""
    body: bytes


class Part(msgspec.Struct, frozen=True):
    """One evaluated trace that its conversation still needs."""

    conversation_id: str
    trace_id: bytes
    body: bytes
    """The encoded trace subject."""
    sequence: int = 0


class Closed(msgspec.Struct, frozen=True):
    """What a restart must know of an evaluated trace or conversation."""

    kind: Literal["trace", "conversation"]
    key: str
    revision: int
    seen: bytes = b""
    """What tells resent items of the trace from late ones, encoded by assembly."""
    story: bytes = b""
    """The story of its subjects, packed."""


class Done(msgspec.Struct):
    """What one finished subject leaves behind; committed in one transaction, or not at all."""

    entries: Sequence[int] = ()
    """Entries that no subject needs any more."""
    rows: bytes = b""
    """Outcomes and samples for the sinks, encoded; empty when there is nothing to write."""
    outcomes: int = 0
    """How many outcomes ``rows`` holds."""
    closed: Closed | None = None
    part: Part | None = None
    """Kept for the conversation of this trace."""
    parts: Sequence[int] = ()
    """Parts that no conversation needs any more."""


class Kept(msgspec.Struct, frozen=True):
    """Where a ``Done`` was put; 0 where it held none."""

    row: int = 0
    part: int = 0


class Row(msgspec.Struct, frozen=True):
    """One row of the outbox, without its bytes."""

    sequence: int
    outcomes: int
    size: int


class Frozen(msgspec.Struct, frozen=True):
    """A batch: rows of the outbox after ``first`` up to ``last``, under one id for ever."""

    number: int
    id: str
    first: int
    last: int
    outcomes: int
    was_sent: bool = False
    """Whether an earlier run may have sent it."""


class JournalStatistics(msgspec.Struct, frozen=True):
    """What the journal holds."""

    entries: int = 0
    bytes: int = 0
    """In use on disk."""
    oldest_ns: int = 0
    """Arrival of the oldest unfinished entry; 0 when there is none."""
    damaged: int = 0
    """Records found damaged, and set aside."""
    problem: str = ""
    """Why nothing can be kept now; empty when all is well."""


class Journal(Protocol):
    """Entries survive until a ``finish`` names them, rows until every sink has their batch.

    All methods are called on the event loop.
    """

    durability: str
    """power, process or none: what an acknowledged entry survives."""
    last_entry: int
    """The last entry that an earlier run left; 0 when it left none."""

    async def append(
        self, signal: Signal, body: bytes, arrived_ns: int, configuration: str = ""
    ) -> int:
        """Keep one entry; returns its sequence number once it is durable.

        Raises JournalFull at the configured maximum, JournalError when the disk fails.
        """
        ...

    async def read(self, after: int) -> Sequence[Entry]:
        """The next entries after a sequence number, oldest first: a few, at most some MiB."""
        ...

    async def finish(self, done: Done) -> Kept:
        """Commit what a subject leaves; waits while the disk fails, never gives up."""
        ...

    def release(self, entries: Iterable[int]) -> None:
        """Delete entries of which nothing is kept, with the next transaction."""
        ...

    async def has_room(self) -> None:
        """Wait until outcomes may be added: the sinks must take some when the disk is full."""
        ...

    async def freeze(self, batch_id: str, last: int) -> Frozen:
        """Make a batch of the rows not in one yet, up to ``last``; durable when it returns."""
        ...

    async def rows(self, batch: Frozen) -> list[bytes]:
        """The rows of a batch, as given to ``finish``."""
        ...

    def delivered(self, sink: str, number: int) -> None:
        """Note that a sink has every batch up to this number."""
        ...

    def quarantine(self, sink: str, reason: str, rows: bytes, noted_ns: int) -> None:
        """Set rows aside that a sink can never take."""
        ...

    async def outbox(self, sinks: Sequence[str]) -> tuple[list[Frozen], dict[str, int], list[Row]]:
        """At start: batches not everywhere, each sink's last batch, rows in no batch.

        What is remembered of other sinks is forgotten.
        """
        ...

    def closed(self) -> Iterator[Closed]:
        """At start: what was evaluated lately, oldest first."""
        ...

    def parts(self) -> Iterator[Part]:
        """At start: parts that conversations still need, oldest first."""
        ...

    def load_state(self) -> bytes:
        """What ``save_state`` kept last; empty when nothing."""
        ...

    def save_state(self, state: bytes) -> None:
        """Keep a small value across restarts, with the next transaction."""
        ...

    def statistics(self) -> JournalStatistics:
        """What the journal holds now."""
        ...

    async def aclose(self) -> None:
        """Flush and close."""
        ...
