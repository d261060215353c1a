"""CPU time and memory of a process tree, read from /proc."""

import os
from pathlib import Path
from typing import NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")


class Usage(NamedTuple):
    """What a process tree has used; memory in bytes."""

    cpu_seconds: float
    rss: int
    peak_rss: int
    processes: int


def children(pid: int) -> list[int]:
    """Direct children, of every thread."""
    out: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            out += map(int, task.read_text().split())
        except FileNotFoundError:
            continue
    return out


def tree(pid: int) -> list[int]:
    """The process and all its descendants."""
    out = [pid]
    for child in children(pid):
        out += tree(child)
    return out


def usage(pid: int, *, descendants: bool = True) -> Usage:
    """Use of ``pid`` and, unless told otherwise, of its living descendants."""
    cpu = rss = peak = 0.0
    pids = tree(pid) if descendants else [pid]
    for each in pids:
        try:
            stat = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{each}/status").read_text()
        except FileNotFoundError:
            continue
        cpu += (int(stat[11]) + int(stat[12])) / TICKS
        sizes = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Vm"))
        rss += int(sizes["VmRSS"].split()[0]) * 1024
        peak += int(sizes["VmHWM"].split()[0]) * 1024
    return Usage(cpu, int(rss), int(peak), len(pids))


def reset_peak(pid: int) -> None:
    """Start VmHWM anew for a process tree."""
    for each in tree(pid):
        Path(f"/proc/{each}/clear_refs").write_text("5")
