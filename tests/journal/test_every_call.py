"""Killed at each call that persists something, and again while it recovers."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from promises import Promises

WORKLOAD = Path(__file__).parent / "workload.py"
ROOT = Path(__file__).parents[2]
CALLS = "pwrite64,fdatasync,fsync,ftruncate,unlink,rename,fallocate"
STEPS = 8
SAMPLE = int(os.environ.get("FAULT_CALLS") or 20)

pytestmark = [
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
    pytest.mark.timeout(3600),
]


def run(folder: Path, *inject: str, steps: int = STEPS) -> tuple[int, list[str]]:
    """Run the workload under strace; its exit code and the lines it could write."""
    ran = subprocess.run(
        [
            *("strace", "-f", "-qq", "-o", folder.parent / "trace", "-e", f"trace={CALLS}"),
            *(part for rule in inject for part in ("-e", f"inject={rule}")),
            *(sys.executable, WORKLOAD, folder, str(steps)),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""},
    )
    return ran.returncode, ran.stdout.splitlines()


def calls_of(folder: Path) -> int:
    return len((folder.parent / "trace").read_text().splitlines())


@pytest.mark.faultjob
@pytest.mark.fault("A2", "A4")
async def test_a_kill_at_any_call_keeps_what_was_acknowledged(tmp_path, record_property):
    (tmp_path / "whole").mkdir()
    code, lines = run(tmp_path / "whole" / "journal")
    assert (code, lines[-1:]) == (0, ["closed"])
    total = calls_of(tmp_path / "whole" / "journal")
    step = max(1, total // SAMPLE)
    kills = 0
    for k in range(1, total + 1, step):
        folder = tmp_path / str(k) / "journal"
        folder.parent.mkdir()
        code, lines = run(folder, f"{CALLS}:signal=KILL:when={k}")
        kills += code != 0
        # Again while it recovers, deeper each time: no crash may make the next one worse.
        for nested in (3, 2, 1):
            code, more = run(folder, f"{CALLS}:signal=KILL:when={nested}", steps=0)
            kills += code != 0
            assert not [line for line in more if line.startswith("entry")]
        await Promises(lines).check(folder)
    record_property("kills", kills)
    assert kills > SAMPLE


@pytest.mark.faultjob
@pytest.mark.fault("B3")
async def test_a_failed_sync_refuses_its_appends_and_no_others(tmp_path, record_property):
    refused = 0
    for k in range(4, 28, 3):
        folder = tmp_path / str(k) / "journal"
        folder.parent.mkdir()
        code, lines = run(folder, f"fdatasync,fsync:error=EIO:when={k}")
        if "open" not in lines:
            assert code == 1, "a journal that cannot be made is refused"
            continue
        assert (code, lines[-1]) == (0, "closed")
        promises = Promises(lines)
        refused += promises.refused
        await promises.check(folder)
    record_property("refused", refused)
    assert refused > 3
