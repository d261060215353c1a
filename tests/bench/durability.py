"""Scenarios ``durable`` and ``recovery``: what a synced journal costs, and a restart with a lot."""

import asyncio
import time
from pathlib import Path
from typing import Any

from otel_evaluator.journal.sqlite import SqliteJournal
from tests.bench import procfs, servers
from tests.bench.measure import MIB, measure
from tests.bench.report import Report, Target
from tests.bench.request_pool import GENAI_SHARE, pool

GENAI_PER_SECOND = 20_000
ACK_MS = 50.0
SECONDS_PER_GIB = 10.0
EVERYTHING: dict[str, Any] = {"sampling": {"key": "trace", "base_rate": 1.0}}


def durable(directory: Path) -> Report:
    """Receive, select, journal (power) and assemble every GenAI span, on one core."""
    report = Report("durable", "Receive into a synced journal, every GenAI span kept, one core")
    config = EVERYTHING | {
        "journal": {"path": str(directory / "journal"), "durability": "power"},
        "assembly": {"max_memory": "512MiB"},
    }
    rate = GENAI_PER_SECOND / GENAI_SHARE
    with servers.front(directory / "front", config) as server:
        load = ("--order", "descending", "--warmup", "2")
        fastest = asyncio.run(measure(server.pid, server.target, *load, "--seconds", "10"))
        paced = asyncio.run(
            measure(server.pid, server.target, *load, "--seconds", "15", "--rate", str(rate))
        )
    report.columns = ("load", "spans/s", "GenAI spans/s", "MB/s", "p50 ms", "p99 ms", "cores")
    for name, run in (("closed loop", fastest), ("paced", paced)):
        sent, seconds = run.load, run.load["seconds"]
        kept = sent["genai_spans"] * sent["accepted_spans"] / max(1, sent["spans"])
        report.rows.append(
            [name, f"{run.spans_per_second:,.0f}", f"{kept / seconds:,.0f}",
             f"{sent['bytes'] / seconds / 1e6:,.0f}", f"{sent['latency_ms']['p50']:.1f}",
             f"{sent['latency_ms']['p99']:.1f}", f"{sent['server_cpu_seconds'] / seconds:.2f}"]
        )  # fmt: skip
    sent = fastest.load
    kept = sent["genai_spans"] * sent["accepted_spans"] / max(1, sent["spans"]) / sent["seconds"]
    report.targets.append(Target("GenAI spans/s, closed loop", kept, GENAI_PER_SECOND))
    latency = paced.load["latency_ms"]["p99"]
    wanted = f"p99 in milliseconds at {GENAI_PER_SECOND:,} GenAI spans/s"
    report.targets.append(Target(wanted, latency, ACK_MS, at_least=False))
    answers = {k: v for k, v in paced.load["answers"].items() if k != "OK"}
    report.notes.append(f"refused while paced: {answers or 'nothing'}")
    report.data = {"fastest": fastest.load, "paced": paced.load}
    return report


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
