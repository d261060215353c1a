"""A1 at length: ``python -m tests.fault.kills --kills 1000 --report docs/fault-run.json``.

Kills are spread over runs of pytest, each with another seed and an engine of its own: the
embedded engine keeps threads of every connection, and runs out of them after some hundred
starts of the service. Figures are added up into the report's row A1.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

TEST = "tests/fault/test_crash.py::test_nothing_acknowledged_is_lost_or_doubled_by_kills"
AT_ONCE = 25
"""Kills of one run."""


def run(number: int) -> dict[str, Any]:
    """One run; its figures, none when it failed: the end of its output is printed."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        seed = int.from_bytes(os.urandom(3), "big")
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", f"{TEST}[fresh seed]"),
                *("--basetemp", f"{scratch}/tests", "--fault-report", report),
            ],
            env={**os.environ, "FAULT_KILLS": str(2 * AT_ONCE), "FAULT_SEED": str(seed)},
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            print(f"run {number}, FAULT_SEED={seed}:\n{ran.stdout[-4000:]}", flush=True)
            return {}
        (test,) = json.loads(report.read_text())["A1"]["tests"].values()
        figures: dict[str, Any] = test["figures"]
        return figures


def main() -> int:
    """Make the kills; print and note the sum. 1 when a run failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--parallel", type=int, default=max(1, (os.cpu_count() or 1)))
    parser.add_argument("--report", type=Path, required=True)
    options = parser.parse_args()
    total, failed = noted(options.report), 0
    with ThreadPoolExecutor(options.parallel) as threads:
        for figures in threads.map(run, range(-(-options.kills // AT_ONCE))):
            failed += not figures
            for name, value in figures.items():
                total[name] = total.get(name, 0) + value
            print(total, flush=True)
            note(options.report, total)
    print(f"{failed} runs failed")
    return 1 if failed else 0


def noted(report: Path) -> dict[str, int]:
    """The sum of earlier calls on the same day."""
    row = json.loads(report.read_text()).get("A1", {}) if report.exists() else {}
    if row.get("date") != datetime.datetime.now(datetime.UTC).date().isoformat():
        return {}
    tests: list[dict[str, Any]] = [test.get("figures", {}) for test in row["tests"].values()]
    return {name: sum(test.get(name, 0) for test in tests) for name in tests[0]}


def note(report: Path, total: dict[str, int]) -> None:
    """Put the sum so far into the report."""
    known = json.loads(report.read_text()) if report.exists() else {}
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    tests = {TEST.removeprefix("tests/"): {"outcome": "passed", "figures": total}}
    known["A1"] = {"date": today, "tests": tests}
    report.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
