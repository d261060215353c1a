"""Figures of a benchmark run: medians with their spread, a table, a JSON file."""

import json
import os
import platform
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.measure import Measurement
from tests.support.cache import ROOT

RESULTS = ROOT / "bench-results"


@dataclass(frozen=True, slots=True)
class Target:
    """A figure the project promises, and whether this run kept it."""

    what: str
    measured: float
    wanted: float
    at_least: bool = True

    @property
    def kept(self) -> bool:
        return self.measured >= self.wanted if self.at_least else self.measured <= self.wanted

    def text(self) -> str:
        """One line for people."""
        sign = "≥" if self.at_least else "≤"
        mark = "kept" if self.kept else "MISSED"
        return f"{mark:6}  {self.what}: {self.measured:,.3g} (wanted {sign} {self.wanted:,.3g})"


@dataclass(slots=True)
class Report:
    """What one scenario found."""

    scenario: str
    title: str
    columns: Sequence[str] = ()
    rows: list[list[str]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])
    """The machine's load average when the scenario began; figures of a busy machine are low."""

    def print(self, console: Console) -> None:
        """The table, the promises and the notes."""
        if self.rows:
            table = Table(*self.columns, title=self.title, title_justify="left")
            for row in self.rows:
                table.add_row(*row)
            console.print(table)
        else:
            console.print(self.title)
        for target in self.targets:
            console.print("  " + target.text(), highlight=False)
        for note in self.notes:
            console.print("  " + note, style="dim", highlight=False)

    def save(self) -> Path:
        """Write everything measured below bench-results/."""
        RESULTS.mkdir(exist_ok=True)
        file = RESULTS / f"{self.scenario}.json"
        body = asdict(self) | {
            "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "machine": {
                "processor": processor(),
                "python": platform.python_version(),
                "load": self.load_before,
            },
        }
        file.write_text(json.dumps(body, indent=1, default=str), encoding="utf-8")
        return file


def processor() -> str:
    """The processor's name as Linux tells it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def median(values: Iterable[float]) -> float:
    """The median; 0 of nothing."""
    listed = list(values)
    return statistics.median(listed) if listed else 0.0


def spread(values: Iterable[float]) -> str:
    """How far rounds lie apart, as a share of their median."""
    listed = list(values)
    middle = median(listed)
    if not middle or len(listed) < 2:
        return ""
    return f"±{(max(listed) - min(listed)) / 2 / middle:.0%}"


SERVER_COLUMNS = (
    "load",
    "server",
    "spans/s",
    "spans/CPU-s",
    "spread",
    "cores",
    "p50 / p99 ms",
    "peak RSS MiB",
    "ratio",
    "answers",
)


def server_row(
    load: str, name: str, rounds: Sequence[Measurement], reference: float | None
) -> list[str]:
    """One row: medians over the rounds, and our multiple of this server's figure."""
    per_cpu = [each.spans_per_cpu_second for each in rounds]
    middle = median(per_cpu)
    latency = [each.load["latency_ms"] for each in rounds]
    answers: dict[str, int] = {}
    for each in rounds:
        for code, count in each.load["answers"].items():
            answers[code] = answers.get(code, 0) + count
    return [
        load,
        name,
        f"{median(each.spans_per_second for each in rounds) / 1000:,.0f} k",
        f"{middle / 1000:,.0f} k",
        spread(per_cpu),
        f"{median(e.load['server_cpu_seconds'] / e.load['seconds'] for e in rounds):.2f}",
        f"{median(x.get('p50', 0) for x in latency):.1f} / "
        f"{median(x.get('p99', 0) for x in latency):.1f}",
        f"{median(each.load['server_peak_rss'] for each in rounds) / 2**20:,.0f}",
        f"{reference / middle:.2f}" if reference and middle else "",
        ", ".join(f"{code} {count}" for code, count in sorted(answers.items())),
    ]
