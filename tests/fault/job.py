"""The fault job: ``python -m tests.fault.job [--fault-report FILE]``, one process a file.

The embedded engine keeps threads of every connection and stops answering after some thousand,
so each file has an engine of its own, and a deadline.
"""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
MARK = "pytest.mark.faultjob"
DEADLINE_S = 420


def main() -> int:
    """Run the files one after the other; 1 when something failed or did not end."""
    failed = []
    files = [file for file in sorted(TESTS.glob("*/test_*.py")) if MARK in file.read_text()]
    for file in files:
        name = str(file.relative_to(TESTS.parent))
        command = [sys.executable, "-m", "pytest", "-q", "-m", "faultjob and not nightly", name]
        print(f"-- {name}", flush=True)
        try:
            ran = subprocess.run([*command, *sys.argv[1:]], check=False, timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            failed.append(f"{name}: not done after {DEADLINE_S} s")
            continue
        if ran.returncode:
            failed.append(name)
    print(f"fault job: {len(files) - len(failed)} of {len(files)} files passed", *failed, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
