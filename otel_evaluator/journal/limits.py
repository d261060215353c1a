"""How ``max_size`` is divided between the database, its log and what must always fit."""

from otel_evaluator.journal.schema import PAGE

KIB, MIB = 2**10, 2**20


class Limits:
    """Bounds derived from the configured maximum, in bytes on disk.

    An eighth is for the write-ahead log and one for outcomes alone: work that was accepted can
    always be finished, and finishing it is what frees space.
    """

    def __init__(self, max_size: int) -> None:
        self.max_size = max_size
        self.checkpoint_pages = _between(max_size // 64 // PAGE, 64, 1000)
        self.group_bytes = _between(max_size // 32, 128 * KIB, 4 * MIB)
        self.reserve = _between(max_size // 64, 64 * KIB, MIB)
        self.remembered = _between(max_size // (16 * KIB), 256, 50_000)
        """Closed traces and conversations kept, about 1 KiB each."""
        self._log = _between(max_size // 8, 512 * KIB, 32 * MIB)
        self._for_rows = max_size // 8

    def takes_entry(self, used: int, log: int, size: int) -> bool:
        """Whether an entry of this size may be added to what database and log take."""
        pages = size + size // 100 + 2 * PAGE
        log = max(self._log, log + 2 * size)
        return used + pages + log + self.reserve + self._for_rows <= self.max_size

    def takes_rows(self, used: int, log: int) -> bool:
        """Whether outcomes may be added."""
        log = max(self._log, log + self.group_bytes)
        return used + log + self.reserve + self.group_bytes <= self.max_size


def _between(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))
