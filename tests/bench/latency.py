"""Scenarios ``ack`` and ``lag``: how soon a sender is answered, and a score is in ClickHouse."""

import asyncio
import urllib.request
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.bench import servers
from tests.bench.evaluation import thirteen
from tests.bench.measure import measure
from tests.bench.report import Report, Target

ACK_MS = 15.0
LAG_S = 2.0
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(server: servers.Server) -> Samples:
    """All samples of a server's /metrics."""
    with urllib.request.urlopen(f"{server.admin}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {
        (sample.name.removeprefix("otel_evaluator_"), tuple(sorted(sample.labels.items()))):
            sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }  # fmt: skip


def total(found: Samples, name: str, **labels: str) -> float:
    """Sum over the samples with these labels."""
    return sum(
        value
        for (each, having), value in found.items()
        if each == name and labels.items() <= dict(having).items()
    )


def ack(directory: Path) -> Report:
    """Acknowledgement latency at half of the maximum rate while evaluators are busy."""
    report = Report("ack", "Acknowledgement at half of the maximum rate, evaluators busy")
    config: dict[str, Any] = {
        "sampling": {"key": "trace", "base_rate": 0.05},
        "evaluators": thirteen(),
        "journal": {"path": str(directory / "ack" / "journal"), "durability": "process"},
    }
    with servers.evaluator(directory / "ack", config) as server:
        order = ("--order", "descending")
        fastest = asyncio.run(measure(server.pid, server.target, *order, "--seconds", "6"))
        rate = fastest.spans_per_second / 2
        before = samples(server)
        paced = asyncio.run(
            measure(server.pid, server.target, *order, "--seconds", "15", "--rate", str(rate))
        )
        after = samples(server)
    latency = paced.load["latency_ms"]
    evaluated = total(after, "evaluations_total") - total(before, "evaluations_total")
    report.columns = ("rate, spans/s", "p50 ms", "p90 ms", "p99 ms", "max ms", "evaluations/s")
    report.rows.append(
        [f"{rate:,.0f}", *(f"{latency[key]:.1f}" for key in ("p50", "p90", "p99", "max")),
         f"{evaluated / paced.load['seconds']:,.0f}"]
    )  # fmt: skip
    report.targets.append(Target("p99 in milliseconds", latency["p99"], ACK_MS, at_least=False))
    report.data = {"fastest": fastest.load, "paced": paced.load}
    answers = {k: v for k, v in paced.load["answers"].items() if k != "OK"}
    report.notes.append(f"refused while paced: {answers or 'nothing'}; journal: process")
    return report


def quantile(found: Samples, name: str, part: float) -> float:
    """Quantile of a histogram without labels, linear inside its bucket."""
    buckets = sorted(
        (float(dict(labels)["le"]), value)
        for (each, labels), value in found.items()
        if each == f"{name}_bucket"
    )
    wanted = buckets[-1][1] * part
    low, below = 0.0, 0.0
    for high, count in buckets:
        if count >= wanted:
            return low + (high - low) * (wanted - below) / max(count - below, 1e-9)
        low, below = high, count
    return float("inf")


def lag(directory: Path) -> Report:
    """From the end of a trace's last span to its row in ClickHouse."""
    report = Report("lag", "Span end to row in ClickHouse, quiet: 1s")
    config: dict[str, Any] = {
        "sampling": {"key": "trace", "base_rate": 1.0},
        "evaluators": thirteen(),
        "journal": {"path": str(directory / "lag" / "journal"), "durability": "power"},
    }
    with servers.evaluator(directory / "lag", config) as server:
        run = measure(
            server.pid, server.target,
            "--fresh", "--rate", "800", "--spans", "32", "--seconds", "30", "--warmup", "3",
        )  # fmt: skip
        paced = asyncio.run(run)
        found = samples(server)
    p50, p99 = (quantile(found, "score_lag_seconds", part) for part in (0.5, 0.99))
    within = share_within(found, "score_lag_seconds", LAG_S)
    report.columns = ("traces/s", "p50 s", "p99 s", "within 2 s")
    traces = paced.load["spans"] / 8 / paced.load["seconds"]
    report.rows.append([f"{traces:,.0f}", f"{p50:.2f}", f"{p99:.2f}", f"{within:.2%}"])
    report.targets.append(Target("share of scores written within 2 s", within, 0.99))
    report.data = {"paced": paced.load, "p50": p50, "p99": p99, "within": within}
    report.notes.append("from the histogram score_lag_seconds; journal: power")
    return report


def share_within(found: Samples, name: str, limit: float) -> float:
    """Share of observations at or below a bucket's limit."""
    counts = {
        float(dict(labels)["le"]): value
        for (each, labels), value in found.items()
        if each == f"{name}_bucket"
    }
    return counts[limit] / max(counts[float("inf")], 1)
