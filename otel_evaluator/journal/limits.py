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
        self.log_to_restart = self._log // 2
        """Size of the log at which readers are made to wait so that it can begin anew."""
        self._for_rows = max_size // 8

    def takes_entry(self, used: int, log: int, waiting: int) -> bool:
        """Whether entries may be added to what database and log take.

        ``waiting``: bytes that are not committed yet, the new entry's among them.
        """
        return self._is_left(used + 2 * PAGE, log, waiting) >= self._for_rows

    def takes_rows(self, used: int, log: int, waiting: int) -> bool:
        """Whether outcomes may be added; ``waiting`` as for entries."""
        return self._is_left(used, log, waiting + self.group_bytes) >= 0

    def _is_left(self, used: int, log: int, waiting: int) -> int:
        """Bytes left when ``waiting`` ones are in the log and in the database."""
        log = max(self._log, log + 2 * waiting)
        pages = waiting + waiting // 100
        return self.max_size - used - pages - log - self.reserve


def _between(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))
