"""Scenario ``overload``: ten times what can be evaluated, for a minute."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench import servers
from tests.bench.evaluation import thirteen
from tests.bench.latency import samples, total
from tests.bench.measure import MIB, measure
from tests.bench.report import Report, Target
from tests.bench.request_pool import GENAI_PER_TRACE
from tests.support.cache import ROOT

SECONDS = 60
SETTLE = 2.0
DRAIN = 6.0
"""Seconds until a flood's traces have closed, and while their evaluation is counted."""
TIMES = 10
ABOVE_ENGINE = 300 * MIB
GOOD = {"OK", "UNAVAILABLE+RetryInfo"}

ENGINE = """
import json, sys
import clickhouse_connect
from pathlib import Path
client = clickhouse_connect.get_client(dsn=f"chdb://{sys.argv[1]}")
client.command("CREATE TABLE t (a String, b Float64) ENGINE = MergeTree ORDER BY a")
for _ in range(50):
    client.insert("t", [[f"trace {i} " + "x" * 500, i] for i in range(2000)], ["a", "b"])
client.query("SELECT a, avg(b) FROM t GROUP BY a")
status = Path("/proc/self/status").read_text()
peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
print(json.dumps(int(peak.split()[1]) * 1024))
"""
"""What the embedded engine takes on its own: Python, the client, inserts like ours."""


def engine_peak(directory: Path) -> int:
    """Bytes resident at most in a process that only writes to the embedded engine."""
    done = subprocess.run(
        ["taskset", "-c", str(servers.SERVER_CORE), sys.executable, "-c", ENGINE, directory],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the embedded engine could not be measured:\n{done.stderr[-1500:]}")
    return int(json.loads(done.stdout.splitlines()[-1]))


def overload(directory: Path) -> Report:
    """Memory and answers when everything is to be evaluated and ten times too much comes."""
    report = Report("overload", f"{TIMES} times what can be evaluated, {SECONDS} s")
    engine = engine_peak(directory / "engine")
    config: dict[str, Any] = {
        "sampling": {"key": "trace", "base_rate": 1.0},
        "evaluators": thirteen(),
        "journal": {"path": str(directory / "overload" / "journal"), "durability": "process"},
    }
    with servers.evaluator(directory / "overload", config) as server:
        capacity = evaluated_per_second(server)
        run = measure(
            server.pid, server.target, "--order", "descending", "--seconds", str(SECONDS),
            "--rate", str(TIMES * capacity), "--warmup", "0",
        )  # fmt: skip
        flooded = asyncio.run(run)
        found = samples(server)
    front = flooded.load["front_peak_rss"]
    answers = flooded.load["answers"]
    other = sum(count for code, count in answers.items() if code not in GOOD)
    report.columns = ("rate, spans/s", "answers", "front peak MiB", "engine alone MiB", "p99 ms")
    report.rows.append(
        [f"{TIMES * capacity:,.0f}", ", ".join(f"{k} {v}" for k, v in sorted(answers.items())),
         f"{front / MIB:,.0f}", f"{engine / MIB:,.0f}",
         f"{flooded.load['latency_ms'].get('p99', 0):,.0f}"]
    )  # fmt: skip
    report.targets += [
        Target("MiB of the front above the engine", (front - engine) / MIB,
               ABOVE_ENGINE / MIB, at_least=False),
        Target("answers that are neither OK nor UNAVAILABLE with RetryInfo", other, 0,
               at_least=False),
    ]  # fmt: skip
    report.data = {"capacity": capacity, "flooded": flooded.load, "engine_peak": engine}
    report.notes.append(f"evaluated in all: {total(found, 'evaluations_total'):,.0f} outcomes")
    return report


def evaluated_per_second(server: servers.Server) -> float:
    """Spans a second whose traces get evaluated: how fast a full queue empties."""
    load = ("--order", "descending", "--seconds", "3", "--warmup", "0", "--rate", "100000")
    run = asyncio.run(measure(server.pid, server.target, *load))
    time.sleep(SETTLE)
    before, begun = samples(server), time.monotonic()
    time.sleep(DRAIN)
    after, took = samples(server), time.monotonic() - begun
    traces = total(after, "evaluations_total", evaluator="length") - total(
        before, "evaluations_total", evaluator="length"
    )
    spans_a_trace = run.load["spans"] / (run.load["genai_spans"] / GENAI_PER_TRACE)
    return float(traces / took * spans_a_trace)
