"""What a workload was promised, line by line, and whether a folder keeps it."""

from collections.abc import Iterable
from pathlib import Path

from workload import body

from otel_evaluator.journal.sqlite import SqliteJournal


class Promises:
    """Read from the lines that the workload had written at some moment."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.entries: dict[int, int] = {}
        self.rows: dict[int, int] = {}
        self.batches: dict[str, int] = {}
        self.maybe_finished: set[int] = set()
        self.delivered_to = 0
        self.refused = 0
        for line in lines:
            word, *values = line.split()
            if word == "entry":
                self.entries[int(values[0])] = int(values[1])
            elif word == "row":
                self.rows[int(values[0])] = int(values[1])
            elif word == "batch":
                self.batches[values[0]] = int(values[1])
            elif word == "finishing":
                self.maybe_finished.add(int(values[0]))
            elif word == "delivering":
                self.delivered_to = int(values[0])
            elif word == "refused":
                self.refused += 1

    async def check(self, folder: Path) -> None:
        """Open the folder as a restart does; AssertionError names the first broken promise."""
        journal = SqliteJournal(folder, "power", 2**26)
        try:
            await self._entries(journal)
            await self._outbox(journal)
        finally:
            await journal.aclose()

    async def _entries(self, journal: SqliteJournal) -> None:
        found, after = {}, 0
        while batch := await journal.read(after):
            found.update((entry.sequence, entry) for entry in batch)
            after = batch[-1].sequence
        for sequence, number in self.entries.items():
            if sequence in found:
                assert found[sequence].body == body(number), f"entry {sequence} is altered"
            else:
                assert sequence in self.maybe_finished, f"entry {sequence} is lost"
        for sequence, entry in found.items():
            number = int(entry.body.partition(b":")[0])
            assert entry.body == body(number), f"entry {sequence} is half there"
        assert journal.statistics().damaged == 0

    async def _outbox(self, journal: SqliteJournal) -> None:
        batches, _, rows = await journal.outbox(["sink"])
        kept = {row.sequence for row in rows}
        for batch in batches:
            kept.update(range(batch.first + 1, batch.last + 1))
            for encoded in await journal.rows(batch):
                assert encoded == body(int(encoded.partition(b":")[0])), "a row is altered"
        for row in self.rows:
            assert row in kept or row <= self.delivered_to, f"row {row} is lost"
        ids = {batch.id: batch.last for batch in batches}
        for batch_id, last in self.batches.items():
            assert ids.get(batch_id) == last or last <= self.delivered_to, f"{batch_id} is lost"
