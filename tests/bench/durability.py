"""Scenarios ``durable`` and ``recovery``: what a synced journal costs, and a restart with a lot."""

import asyncio
import time
from pathlib import Path
from typing import Any

from otel_evaluator.journal.sqlite import SqliteJournal
from tests.bench import procfs, servers
from tests.bench.measure import MIB, Measurement, measure
from tests.bench.report import Report, Target
from tests.bench.request_pool import GENAI_SHARE, pool

GENAI_PER_SECOND = 20_000
ACK_MS = 50.0
SECONDS_PER_GIB = 10.0
EVERYTHING: dict[str, Any] = {"sampling": {"key": "trace", "base_rate": 1.0}}


RECEIVE, FINISH = "receive", "receive and finish"


def durable(directory: Path) -> Report:
    """Receive, select, journal (power) and hold every GenAI span on one core; and finish it."""
    report = Report("durable", "Receive into a synced journal, every GenAI span kept, one core")
    report.columns = (
        "scope", "load", "spans/s", "GenAI spans/s", "MB/s", "p50 ms", "p99 ms", "cores"
    )  # fmt: skip
    rate = GENAI_PER_SECOND / GENAI_SHARE
    for scope, quiet in ((RECEIVE, "60s"), (FINISH, "1s")):
        config = EVERYTHING | {
            "journal": {"path": str(directory / scope), "durability": "power"},
            "assembly": {"quiet": quiet, "incomplete_quiet": quiet, "max_wait": "60s"},
        }
        with servers.front(directory / f"front {scope}", config) as server:
            load = ("--order", "descending", "--warmup", "2")
            paced = asyncio.run(
                measure(server.pid, server.target, *load, "--seconds", "10", "--rate", str(rate))
            )
            fastest = asyncio.run(measure(server.pid, server.target, *load, "--seconds", "8"))
        for name, run in (("paced", paced), ("closed loop", fastest)):
            report.rows.append([scope, name, *_cells(run)])
        report.targets.append(
            Target(f"{scope}: GenAI spans/s", _genai_per_second(fastest), GENAI_PER_SECOND)
        )
        latency = paced.load["latency_ms"]["p99"]
        wanted = f"{scope}: p99 in milliseconds at {GENAI_PER_SECOND:,} GenAI spans/s"
        report.targets.append(Target(wanted, latency, ACK_MS, at_least=False))
        report.data[scope] = {"fastest": fastest.load, "paced": paced.load}
    report.notes.append("finish: traces close after 1 s, their entries are deleted; no evaluators")
    return report


def _genai_per_second(run: Measurement) -> float:
    sent = run.load
    accepted = sent["accepted_spans"] / max(1, sent["spans"])
    return float(sent["genai_spans"] * accepted / sent["seconds"])


def _cells(run: Measurement) -> list[str]:
    sent, seconds = run.load, run.load["seconds"]
    return [
        f"{run.spans_per_second:,.0f}",
        f"{_genai_per_second(run):,.0f}",
        f"{sent['bytes'] / seconds / 1e6:,.0f}",
        f"{sent['latency_ms']['p50']:.1f}",
        f"{sent['latency_ms']['p99']:.1f}",
        f"{sent['server_cpu_seconds'] / seconds:.2f}",
    ]


def recovery(directory: Path) -> Report:
    """Start the whole service on a gibibyte of entries that were never finished."""
    report = Report("recovery", "Restart with a backlog, default memory settings")
    journal = directory / "journal"
    size = asyncio.run(fill(journal, 1024 * MIB))
    config = EVERYTHING | {
        "journal": {"path": str(journal), "durability": "power", "max_size": "8GiB"}
    }
    begun = time.monotonic()
    with servers.evaluator(directory / "full", config) as server:
        full = time.monotonic() - begun
        time.sleep(5)
        with_backlog = procfs.usage(server.pid, descendants=False).peak_rss
    begun = time.monotonic()
    with servers.evaluator(directory / "empty", EVERYTHING) as server:
        empty = time.monotonic() - begun
        time.sleep(5)
        without = procfs.usage(server.pid, descendants=False).peak_rss
    gibibytes = size / 2**30
    report.columns = ("backlog GiB", "ready after s", "empty: s", "peak MiB", "empty: MiB")
    report.rows.append(
        [f"{gibibytes:.2f}", f"{full:.1f}", f"{empty:.1f}", f"{with_backlog / MIB:,.0f}",
         f"{without / MIB:,.0f}"]
    )  # fmt: skip
    seconds = (full - empty) / gibibytes
    report.targets.append(
        Target("seconds to ready per GiB", seconds, SECONDS_PER_GIB, at_least=False)
    )
    report.data = {"full_s": full, "empty_s": empty, "peak": with_backlog, "peak_empty": without}
    report.notes.append("ready: answers requests; entries are assembled as memory allows")
    return report


async def fill(folder: Path, size: int) -> int:
    """Append requests until the journal holds ``size`` bytes; how many it holds."""
    journal = SqliteJournal(folder, "process", 8 * 2**30)
    requests, total = pool(60, "descending", 0.01, 0), 0
    while total < size:
        bodies = [requests[n % len(requests)].renew() for n in range(16)]
        total += sum(map(len, bodies))
        await asyncio.gather(*(journal.append("traces", b, time.time_ns()) for b in bodies))
    await journal.aclose()
    return total
