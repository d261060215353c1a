"""The journal's folder: private, and owned by one process at a time."""

import fcntl
import os
from pathlib import Path

from otel_evaluator.errors import JournalError, JournalLocked

DATABASE = "journal.db"
RESERVE = "reserve"
QUARANTINE = "quarantine"


def own(folder: Path, create: bool = True) -> int:
    """Create and lock the folder; the lock's file descriptor.

    Raises JournalLocked when another process has it, JournalError when it cannot be used.
    """
    try:
        if create:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise JournalError(
            f"journal.path: {folder} cannot be used ({error.strerror}); choose a folder that"
            " this user may write"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise JournalLocked(
            f"journal.path: {folder} is in use by another process; stop it or choose another path"
        ) from None
    return descriptor


def touch_private(path: Path) -> None:
    """Make the file if it is missing, readable by its owner alone."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


class Reserve:
    """A file whose blocks are given up when the disk is full, so that work can still finish.

    Finishing is what frees space: a commit that deletes entries needs some pages first.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._path = folder / RESERVE
        self.size = size

    def take(self) -> bool:
        """Occupy the space; whether it is there."""
        try:
            touch_private(self._path)
            with self._path.open("r+b") as file:
                if os.fstat(file.fileno()).st_blocks * 512 < self.size:
                    os.posix_fallocate(file.fileno(), 0, self.size)
        except OSError:
            self.release()
            return False
        return True

    def release(self) -> bool:
        """Give the space up; whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
