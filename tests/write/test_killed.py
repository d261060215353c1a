"""A process that dies right after the engine confirmed: the next one writes the batch again."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

WRITE_AND_DIE = """
import asyncio, json, os, signal, sys
from otel_evaluator.testing.doubles import ManualClock
from otel_evaluator.write.clickhouse import ClickHouseConfig, ClickHouseWriter
from tests.support.outcomes import a_batch, a_sample, an_outcome

async def main():
    config = ClickHouseConfig(dsn=f"chdb://{sys.argv[1]}", ttl=0, rollup_ttl=0)
    writer = ClickHouseWriter(config, ManualClock())
    await writer.start()
    await writer.write(a_batch(*(an_outcome(i) for i in range(50)), samples=(a_sample(),)))
    tables = ("traces", "evaluator_scores", "evaluator_scores_data", "evaluator_samples_data")
    counts = {
        table: (await writer.query(f"SELECT count() FROM otel_{table}"))[0][0] for table in tables
    }
    counts["n"] = (await writer.query("SELECT sum(n) FROM otel_evaluator_rollup"))[0][0]
    print(json.dumps(counts), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_kill_after_commit_leaves_one_row_each(tmp_path: Path) -> None:
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", WRITE_AND_DIE, str(tmp_path / "clickhouse")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert json.loads(done.stdout.splitlines()[-1]) == {
            "traces": 50,
            "evaluator_scores": 50,
            "evaluator_scores_data": 50,
            "evaluator_samples_data": 1,
            "n": 50,
        }
