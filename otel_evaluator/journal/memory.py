"""No journal: entries and outcomes live in memory only (``durability: none``)."""

from collections.abc import Iterable, Iterator, Sequence

from otel_evaluator.api.journal import (
    Closed,
    Done,
    Entry,
    Frozen,
    JournalStatistics,
    Kept,
    Part,
    Row,
    Signal,
)
from otel_evaluator.errors import JournalFull


class MemoryJournal:
    """Keeps counts of entries, not their bytes: assembly already holds the spans."""

    durability = "none"
    last_entry = 0

    def __init__(self, max_size: int = 2**62) -> None:
        self._max_size = max_size
        self._sequence = self._row = self._number = self._frozen = 0
        self._entries: dict[int, tuple[int, int]] = {}
        self._rows: dict[int, tuple[int, bytes]] = {}
        self._batches: list[Frozen] = []
        self._cursors: dict[str, int] = {}
        self._bytes = 0

    async def append(
        self, signal: Signal, body: bytes, arrived_ns: int, configuration: str = ""
    ) -> int:
        """Number one entry; JournalFull when sinks take nothing."""
        if self._bytes + len(body) > self._max_size:
            raise JournalFull(f"outcomes waiting for sinks take {self._bytes} bytes of memory")
        self._sequence += 1
        self._entries[self._sequence] = (arrived_ns, len(body))
        self._bytes += len(body)
        return self._sequence

    async def read(self, after: int) -> list[Entry]:
        """Nothing survives."""
        return []

    async def finish(self, done: Done) -> Kept:
        """Forget entries, keep rows."""
        self.release(done.entries)
        row = 0
        if done.rows:
            self._row = row = self._row + 1
            self._rows[row] = (done.outcomes, done.rows)
            self._bytes += len(done.rows)
        return Kept(row, 1 if done.part else 0)

    def release(self, entries: Iterable[int]) -> None:
        """Forget entries."""
        for sequence in entries:
            _, size = self._entries.pop(sequence, (0, 0))
            self._bytes -= size

    async def has_room(self) -> None:
        """Memory is bounded by refusing requests."""

    async def freeze(self, batch_id: str, last: int) -> Frozen:
        """Make a batch of the rows not in one."""
        first, self._frozen = self._frozen, last
        outcomes = sum(self._rows[row][0] for row in range(first + 1, last + 1))
        self._number += 1
        self._batches.append(Frozen(self._number, batch_id, first, last, outcomes))
        return self._batches[-1]

    async def rows(self, batch: Frozen) -> list[bytes]:
        """The rows of a batch."""
        return [self._rows[row][1] for row in range(batch.first + 1, batch.last + 1)]

    def delivered(self, sink: str, number: int) -> None:
        """Advance a cursor and forget what every sink has."""
        self._cursors[sink] = max(number, self._cursors.get(sink, 0))
        everywhere = min(self._cursors.values())
        while self._batches and self._batches[0].number <= everywhere:
            batch = self._batches.pop(0)
            for row in range(batch.first + 1, batch.last + 1):
                self._bytes -= len(self._rows.pop(row)[1])

    def quarantine(self, sink: str, reason: str, rows: bytes, noted_ns: int) -> None:
        """The log line is all that is left."""

    async def outbox(self, sinks: Sequence[str]) -> tuple[list[Frozen], dict[str, int], list[Row]]:
        """Nothing survives."""
        self._cursors = dict.fromkeys(sinks, 0)
        return [], dict(self._cursors), []

    def closed(self) -> Iterator[Closed]:
        """Nothing survives."""
        return iter(())

    def parts(self) -> Iterator[Part]:
        """Nothing survives."""
        return iter(())

    def load_state(self) -> bytes:
        """Nothing survives."""
        return b""

    def save_state(self, state: bytes) -> None:
        """Nothing survives."""

    def statistics(self) -> JournalStatistics:
        """Entries not finished, and bytes of them and of waiting outcomes."""
        oldest = next(iter(self._entries.values()), (0, 0))[0]
        return JournalStatistics(len(self._entries), self._bytes, oldest)

    async def aclose(self) -> None:
        """Nothing to close."""
