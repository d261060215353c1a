"""Disks that fill up, fail and wait: a small tmpfs, and system calls that strace makes fail."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a tmpfs"
)
needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed (apt-get install strace)"
)


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    """A tmpfs of its own at ``folder``, for instance with ``size=24m`` or ``nr_inodes=8``."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """Take the free space of a disk but ``leave`` bytes; the file to delete for getting it back."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        for _ in range(1000):
            free = shutil.disk_usage(folder).free
            with contextlib.suppress(OSError):  # others wrote in between
                os.posix_fallocate(file.fileno(), 0, max(1, free - leave))
                return ballast
    pytest.fail(f"{folder} could not be filled")


def failing(call: str, what: str) -> list[str]:
    """A command line before which the system call fails as strace's ``inject`` says."""
    return ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e",
            f"inject={call}:{what}"]  # fmt: skip
