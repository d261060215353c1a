"""All benchmarks: ``python -m tests.bench [--only select,lag]``; what ``make bench`` runs."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from tests.bench.durability import durable, recovery
from tests.bench.evaluation import evaluate, every_check
from tests.bench.judging import judge
from tests.bench.latency import ack, lag
from tests.bench.overload import overload
from tests.bench.report import Report, processor
from tests.bench.throughput import assemble, select

SCENARIOS: dict[str, Callable[[Path], Report]] = {
    "evaluate": evaluate,
    "checks": every_check,
    "select": select,
    "assemble": assemble,
    "durable": durable,
    "recovery": recovery,
    "judge": judge,
    "ack": ack,
    "lag": lag,
    "overload": overload,
}


def chosen(only: str) -> list[str]:
    """Names of the scenarios to run; SystemExit for an unknown one."""
    names = [name.strip() for name in only.split(",") if name.strip()] or list(SCENARIOS)
    if unknown := [name for name in names if name not in SCENARIOS]:
        raise SystemExit(f"no benchmark is called {unknown[0]!r}; known: {', '.join(SCENARIOS)}")
    return names


def main() -> int:
    """Run, print and save; 0 even when a promise is missed, which the table says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"of {', '.join(SCENARIOS)}")
    names = chosen(parser.parse_args().only)
    console = Console(width=170)
    if sys.platform != "linux" or (os.cpu_count() or 1) < 2:
        console.print("Benchmarks need Linux and two cores: one for the server, one for the load.")
        return 1
    console.print(f"{processor()}, {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}")
    failed = 0
    for name in names:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="otel-evaluator-bench-") as scratch:
            try:
                report = SCENARIOS[name](Path(scratch))
            except (RuntimeError, AssertionError, OSError) as error:
                console.print(f"{name}: could not be measured: {error}", highlight=False)
                failed += 1
                continue
        report.seconds = time.monotonic() - begun
        report.print(console)
        console.print(f"  {report.seconds:.0f} s, written to {report.save().name}\n", style="dim")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
