"""Resident memory of this process and how much of it there may be."""

import ctypes
import os
from collections.abc import Callable
from pathlib import Path

SHARE = 0.75
"""Part of the available memory that the receiver lets the process use by default."""

_CGROUP_FILES = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def resident_bytes(statm: Path = Path("/proc/self/statm")) -> Callable[[], int] | None:
    """A function that reads this process's resident bytes; None where /proc is absent.

    ru_maxrss would not do in its place: a peak never comes down again.
    """
    try:
        file = os.open(statm, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    os.close(file)
    page = os.sysconf("SC_PAGE_SIZE")

    def read() -> int:
        return int(statm.read_bytes().split()[1]) * page

    return read


def memory_ceiling(files: tuple[Path, ...] = _CGROUP_FILES) -> int:
    """Bytes: 75 % of the control group's limit or of the machine's memory, the smaller."""
    try:
        available = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 2**63
    for path in files:
        try:
            available = min(available, int(path.read_text()))
        except (OSError, ValueError):
            continue
    return int(available * SHARE)


def give_back() -> None:
    """Return freed heap pages to the system (glibc only), so that resident memory can fall."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
