"""No journal: entries live in memory only (``durability: none``)."""

from collections.abc import Iterable, Iterator

from otel_evaluator.api.journal import Entry, JournalStatistics, Signal


class MemoryJournal:
    """Keeps counts, not bytes: assembly already holds the spans."""

    durability = "none"

    def __init__(self) -> None:
        self._sequence = 0
        self._entries: dict[int, tuple[int, int]] = {}
        self._bytes = 0

    def recover(self) -> Iterator[Entry]:
        """Nothing survives."""
        return iter(())

    async def append(self, signal: Signal, body: bytes, arrived_ns: int) -> int:
        """Number one entry."""
        self._sequence += 1
        self._entries[self._sequence] = (arrived_ns, len(body))
        self._bytes += len(body)
        return self._sequence

    def finish(self, sequences: Iterable[int]) -> None:
        """Forget entries."""
        for sequence in sequences:
            _, size = self._entries.pop(sequence, (0, 0))
            self._bytes -= size

    def load_state(self) -> bytes:
        """Nothing survives."""
        return b""

    def save_state(self, state: bytes) -> None:
        """Nothing survives."""

    def statistics(self) -> JournalStatistics:
        """Entries not finished."""
        oldest = next(iter(self._entries.values()), (0, 0))[0]
        return JournalStatistics(len(self._entries), self._bytes, oldest)

    async def aclose(self) -> None:
        """Nothing to close."""
