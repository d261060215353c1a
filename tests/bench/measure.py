"""Measure any OTLP/gRPC server: ``python -m tests.bench.measure --target HOST:PORT --pid PID``.

Pins the generator to one core (pinning the server is up to whoever started it), warms the
server up, measures, and prints spans a second, spans per CPU-second of the server's process
tree and its memory. Options not listed go to the generator: python -m tests.bench.load --help.
"""

import argparse
import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.support.cache import ROOT

MIB = 2**20
CLIENT_CORE = "1"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run against one server."""

    load: dict[str, Any]

    @property
    def spans_per_second(self) -> float:
        return float(self.load["accepted_spans"] / self.load["seconds"])

    @property
    def spans_per_cpu_second(self) -> float:
        return float(self.load["accepted_spans"] / max(self.load["server_cpu_seconds"], 1e-9))

    def row(self) -> list[str]:
        """Cells for the table."""
        load = self.load
        seconds, latency = load["seconds"], load["latency_ms"]
        return [
            f"{self.spans_per_second / 1000:,.0f} k",
            f"{self.spans_per_cpu_second / 1000:,.0f} k",
            f"{load['accepted_spans'] / max(load['front_cpu_seconds'], 1e-9) / 1000:,.0f} k",
            f"{load['server_cpu_seconds'] / seconds:.2f}",
            f"{load['client_cpu_seconds'] / seconds:.2f}",
            f"{latency.get('p50', 0):.1f} / {latency.get('p99', 0):.1f}",
            f"{load['server_rss'] / MIB:,.0f} / {load['server_peak_rss'] / MIB:,.0f}",
            ", ".join(f"{name} {count}" for name, count in sorted(load["answers"].items())),
        ]


COLUMNS = (
    "spans/s",
    "spans/CPU-s",
    "front only",
    "server cores",
    "client cores",
    "p50 / p99 ms",
    "RSS / peak MiB",
    "answers",
)


async def measure(pid: int, target: str, *arguments: str) -> Measurement:
    """Run the generator pinned to its core against a server."""
    process = await asyncio.create_subprocess_exec(
        "taskset", "-c", CLIENT_CORE, sys.executable, "-m", "tests.bench.load",
        "--pid", str(pid), "--target", target, *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    output, errors = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the load generator failed:\n{errors.decode()[-1500:]}")
    return Measurement(json.loads(output))


def main() -> None:
    """Measure once or several times and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.measure", description=__doc__)
    parser.add_argument("--target", required=True)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=1)
    known, rest = parser.parse_known_args()
    table = Table(*COLUMNS)
    for _ in range(known.rounds):
        table.add_row(*asyncio.run(measure(known.pid, known.target, *rest)).row())
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
