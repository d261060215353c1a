"""The door to what was promised not to be lost."""

from collections.abc import Iterable, Iterator
from typing import Literal, Protocol

import msgspec

Signal = Literal["traces", "logs"]


class Entry(msgspec.Struct, frozen=True):
    """The kept part of one request, as an encoded request of the same signal."""

    sequence: int
    arrived_ns: int
    signal: Signal
    body: bytes


class JournalStatistics(msgspec.Struct, frozen=True):
    """What the journal holds."""

    entries: int = 0
    bytes: int = 0
    oldest_ns: int = 0
    """Arrival of the oldest unfinished entry; 0 when there is none."""


class Journal(Protocol):
    """Entries survive from ``append`` until ``finish``."""

    durability: str
    """power, process or none: what an acknowledged entry survives."""

    def recover(self) -> Iterator[Entry]:
        """Yield the unfinished entries of an earlier run, oldest first, in constant memory."""
        ...

    async def append(self, signal: Signal, body: bytes, arrived_ns: int) -> int:
        """Keep one entry; returns its sequence number once it is durable.

        Raises JournalFull at the configured maximum, JournalError when the disk fails.
        """
        ...

    def finish(self, sequences: Iterable[int]) -> None:
        """Release entries of which every subject is done."""
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
