"""The fault job: ``python -m tests.fault.job [OPTION...]``, one run of pytest a file.

Options are pytest's. The embedded engine can be opened once in a process, so each file has a
process of its own; two of them run at a time, for most of their time is waiting.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

TESTS = Path(__file__).parents[1]
MARK = "pytest.mark.faultjob"
AT_ONCE = 2
DEADLINE_S = 420


def run(name: str) -> tuple[bool, str]:
    """Whether the file's tests passed, and what pytest said."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "faultjob and not nightly", name]
    try:
        ran = subprocess.run(
            [*command, *sys.argv[1:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )
    except subprocess.TimeoutExpired as error:
        said = (error.stdout or b"").decode(errors="replace")
        return False, f"{said}\nnot done after {DEADLINE_S} s\n"
    return ran.returncode == 0, ran.stdout


def main() -> int:
    """Run the files, those that say most first; 1 when something failed or did not end."""
    files = [file for file in TESTS.glob("*/test_*.py") if MARK in file.read_text()]
    files.sort(key=lambda file: len(file.read_text()), reverse=True)
    failed = []
    with ThreadPoolExecutor(AT_ONCE) as threads:
        names = [str(file.relative_to(TESTS.parent)) for file in files]
        running = {threads.submit(run, name): name for name in names}
        for done in as_completed(running):
            name, (passed, said) = running[done], done.result()
            print(f"-- {name}\n{said}", end="", flush=True)
            if not passed:
                failed.append(name)
    print(f"fault job: {len(files) - len(failed)} of {len(files)} files passed", *failed, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
