"""Scenarios ``select`` and ``assemble``: our service beside rotel and the Collector."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench import servers
from tests.bench.measure import Measurement, measure
from tests.bench.report import SERVER_COLUMNS, Report, Target, median, server_row

OURS = "otel-evaluator"
WHOLE = "otel-evaluator, whole service"
ROTEL = "rotel"
PROBABILISTIC = "collector-probabilistic"
TAIL = "collector-tail-sampling"


@dataclass(frozen=True, slots=True)
class Load:
    """One way to send."""

    name: str
    arguments: tuple[str, ...]
    rounds: int


SCOPE = (
    f"{OURS}: receive, select, assemble, and drop what would be evaluated, as rotel's blackhole and"
    f" the Collector's nop exporter do; {WHOLE}: with evaluation and ClickHouse on the same core"
)
PLAIN = (
    Load("ascending", ("--order", "ascending"), 3),
    Load("descending", ("--order", "descending"), 3),
)
GZIP = (
    Load("ascending, gzip", ("--order", "ascending", "--gzip"), 2),
    Load("descending, gzip", ("--order", "descending", "--gzip"), 2),
)
Results = dict[tuple[str, str], list[Measurement]]


def interleaved(running: Sequence[servers.Server], loads: Sequence[Load], *extra: str) -> Results:
    """Measure every server under every load in turn, A B C A B C."""
    results: Results = {}
    # Whoever is not measured stands still: a backlog of one must not cost another.
    for server in running:
        server.pause()
    for load in loads:
        for _ in range(load.rounds):
            for server in running:
                server.resume()
                run = measure(server.pid, server.target, *load.arguments, *extra)
                results.setdefault((load.name, server.name), []).append(asyncio.run(run))
                server.pause()
    return results


def cpu(results: Results, load: str, name: str) -> float:
    """Median spans per CPU-second."""
    return median(each.spans_per_cpu_second for each in results.get((load, name), []))


def tabulate(report: Report, results: Results) -> None:
    """Rows of a report, with our multiple of each reference."""
    report.columns = SERVER_COLUMNS
    for (load, name), rounds in results.items():
        reference = None if name in (OURS, WHOLE) else cpu(results, load, OURS)
        report.rows.append(server_row(load, name, rounds, reference))
    report.data["rounds"] = [
        {"load": load, "server": name, **each.load}
        for (load, name), rounds in results.items()
        for each in rounds
    ]


def select(directory: Path) -> Report:
    """Receive and select: nothing early-kept, base rate 1 %, all dialects' markers."""
    report = Report("select", "Receive and select (base rate 1 %), one core a side")
    lacking = servers.missing()
    with ExitStack() as stack:
        running = [
            servers.front(directory / "front", {}, OURS),
            servers.evaluator(directory / "whole", {}, WHOLE),
        ]
        if "rotel" not in lacking:
            running.append(servers.rotel(directory))
        if "collector" not in lacking:
            running.append(servers.sampling_collector(directory))
        for server in running:
            stack.enter_context(server)
        results = interleaved(running, (*PLAIN, *GZIP), "--seconds", "4")
    tabulate(report, results)
    report.notes.append(SCOPE)
    report.notes += [f"{name} not measured: {reason}" for name, reason in lacking.items()]
    for load, against_rotel, against_collector in (
        ("ascending", 1.5, 2.0),
        ("descending", 1.5, 2.0),
        ("ascending, gzip", 1.0, 1.5),
        ("descending, gzip", 1.0, 1.5),
    ):
        for name, wanted in ((ROTEL, against_rotel), (PROBABILISTIC, against_collector)):
            if reference := cpu(results, load, name):
                ratio = cpu(results, load, OURS) / reference
                report.targets.append(Target(f"{load}: multiple of {name}", ratio, wanted))
    return report


HELD = {
    "sampling": {
        "key": "trace",
        "base_rate": 0.01,
        "tiers": [
            {"name": "errors", "rate": 1.0, "when": "signals.errors > 0"},
            {"name": "escalated", "rate": 0.25, "when": "signals.escalated"},
        ],
    }
}
"""A tier at rate 1: every GenAI span is held until its trace closes."""


def assemble(directory: Path) -> Report:
    """Receive, select and assemble with boosted tiers, beside tail sampling with like policies."""
    report = Report("assemble", "Receive, select and assemble (wait 1 s), one core a side")
    lacking = servers.missing()
    with ExitStack() as stack:
        running = [
            servers.front(directory / "front", HELD, OURS),
            servers.evaluator(directory / "whole", HELD, WHOLE),
        ]
        if "collector" not in lacking:
            running.append(servers.tail_sampling_collector(directory))
        for server in running:
            stack.enter_context(server)
        results = interleaved(running, PLAIN, "--seconds", "8", "--warmup", "3", *CALM)
    tabulate(report, results)
    report.notes.append(SCOPE)
    if "collector" in lacking:
        report.notes.append(f"tail_sampling not measured: {lacking['collector']}")
        return report
    for load in PLAIN:
        ours, theirs = results[load.name, OURS], results[load.name, TAIL]
        speed = median(e.spans_per_second for e in ours) / median(
            e.spans_per_second for e in theirs
        )
        memory = median(e.load["server_peak_rss"] for e in ours) / median(
            e.load["server_peak_rss"] for e in theirs
        )
        report.targets.append(Target(f"{load.name}: multiple of tail_sampling's spans/s", speed, 2))
        report.targets.append(
            Target(f"{load.name}: share of tail_sampling's memory", memory, 0.5, at_least=False)
        )
    return report


CALM = ("--errors", "0.0005")
"""Few errors, so that both sides keep few traces and evaluation stays a small part."""
