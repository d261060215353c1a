"""How many traces still need each journal entry; at none it may be released."""

from collections.abc import Iterable


class Entries:
    """Reference counts of journal entries; a trace counts once per entry it has items in."""

    def __init__(self) -> None:
        self._open: dict[int, int] = {}

    def opened(self, entry: int, traces: int) -> list[int]:
        """Note that ``traces`` traces hold items of a new entry; it is released if none does."""
        if not traces:
            return [entry]
        self._open[entry] = traces
        return []

    def done(self, entries: Iterable[int]) -> list[int]:
        """Release one use of each entry; those that nobody needs any more."""
        finished = []
        for entry in entries:
            left = self._open.get(entry, 0) - 1
            if left > 0:
                self._open[entry] = left
            elif self._open.pop(entry, None) is not None:
                finished.append(entry)
        return finished
