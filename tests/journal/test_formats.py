"""Journals of earlier formats are read, newer ones are refused and left alone."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest
from test_sqlite_journal import entries, opened
from workload import body

from otel_evaluator.api.journal import Entry
from otel_evaluator.errors import JournalError
from otel_evaluator.journal.schema import VERSION
from otel_evaluator.journal.sqlite import SqliteJournal

GOLDEN = Path(__file__).parents[1] / "data" / "journal"
"""One folder for each format, written by the release that had it; they are kept for ever."""

pytestmark = pytest.mark.fault("A10")


async def test_format_1_is_brought_up_to_date(tmp_path):
    folder = tmp_path / "journal"
    folder.mkdir(mode=0o700)
    shutil.copy(GOLDEN / "v1" / "journal.db", folder)
    async with opened(folder) as journal:
        assert await entries(journal) == [
            Entry(n + 1, 1000 + n, "logs" if n % 3 else "traces", "", body(n))
            for n in range(20)
            if n + 1 not in (4, 9)
        ]
        assert journal.load_state() == b"state"
        assert await journal.append("traces", b"new", 1) == 21
    with contextlib.closing(sqlite3.connect(folder / "journal.db")) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (VERSION,)


async def test_a_newer_format_is_refused_and_not_touched(tmp_path):
    folder = tmp_path / "journal"
    async with opened(folder) as journal:
        await journal.append("traces", b"x", 1)
    with contextlib.closing(sqlite3.connect(folder / "journal.db")) as database:
        database.execute("PRAGMA user_version=99")
    before = (folder / "journal.db").read_bytes()
    with pytest.raises(JournalError, match=r"newer version .format 99"):
        SqliteJournal(folder, "process", 2**24)
    assert (folder / "journal.db").read_bytes() == before
