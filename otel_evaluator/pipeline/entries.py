"""How many traces still need each journal entry; at none it is released."""

from collections.abc import Iterable

from otel_evaluator.api.journal import Journal


class Entries:
    """Reference counts of journal entries; a trace counts once per entry it has items in."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._open: dict[int, int] = {}

    def opened(self, entry: int, traces: int) -> None:
        """Note that ``traces`` traces hold items of a new entry."""
        if traces:
            self._open[entry] = traces
        else:
            self._journal.finish((entry,))

    def kept(self, entries: Iterable[int]) -> None:
        """Count one more user of entries: a conversation that outlives its traces."""
        for entry in entries:
            self._open[entry] = self._open.get(entry, 0) + 1

    def done(self, entries: Iterable[int]) -> None:
        """Release one use of each entry."""
        finished = []
        for entry in entries:
            left = self._open.get(entry, 0) - 1
            if left > 0:
                self._open[entry] = left
            elif self._open.pop(entry, None) is not None:
                finished.append(entry)
        if finished:
            self._journal.finish(finished)
