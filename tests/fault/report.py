"""A pytest plugin: ``--fault-report FILE`` notes by row of the matrix which tests ran and how.

Figures that a test gives to ``record_property`` are kept with it.
"""

import datetime
import fcntl
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NOTES = pytest.StashKey["Notes"]()


class Notes:
    """Collects outcomes and writes them at the end, merged into what the file holds."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rows: dict[str, dict[str, Any]] = {}

    def note(self, rows: tuple[str, ...], test: str, report: pytest.TestReport) -> None:
        """One test's outcome."""
        figures = {name: value for name, value in report.user_properties if name != "seed"}
        outcome = report.outcome
        for row in rows:
            noted = self._rows.setdefault(row, {})
            noted[test] = {"outcome": outcome, **({"figures": figures} if figures else {})}

    def write(self) -> None:
        """Replace rows of earlier days that ran; keep the others."""
        with self._file.open("a+") as file:
            # Two runs may write at a time; a renamed file would lose the lock.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            known = json.loads(file.read() or "{}")
            self._merge(known)
            file.truncate(0)
            file.write(json.dumps(dict(sorted(known.items())), indent=1) + "\n")

    def _merge(self, known: dict[str, Any]) -> None:
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        for row, tests in self._rows.items():
            before = known.get(row, {})
            if before.get("date") == today:
                tests = before["tests"] | tests
            known[row] = {"date": today, "tests": dict(sorted(tests.items()))}


def rows_of(item: pytest.Item) -> tuple[str, ...]:
    """Rows of the matrix that a test is marked with."""
    return tuple(row for mark in item.iter_markers("fault") for row in mark.args)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-report", metavar="FILE", help="note outcomes by row of the matrix")


def pytest_configure(config: pytest.Config) -> None:
    file = config.getoption("--fault-report")
    if file:
        config.stash[NOTES] = Notes(Path(file))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    report = yield
    notes = item.config.stash.get(NOTES, None)
    rows = rows_of(item)
    if notes is not None and rows and (report.when == "call" or not report.passed):
        notes.note(rows, item.nodeid.removeprefix("tests/"), report)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    notes = session.config.stash.get(NOTES, None)
    if notes is not None:
        notes.write()
