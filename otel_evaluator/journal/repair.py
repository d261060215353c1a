"""Builds a sound database from what a damaged one still holds; the damaged files are kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from otel_evaluator.journal.folder import QUARANTINE, touch_private
from otel_evaluator.journal.pages import Found, rows
from otel_evaluator.journal.schema import CHECKED, TABLES, checksum, prepare

_SUFFIXES = ("", "-wal", "-shm")
_UNCHECKED = tuple(table for table in TABLES if table not in CHECKED)


class Report(msgspec.Struct):
    """What a repair did."""

    kept: dict[str, int] = {}
    """Rows carried over, by table."""
    damaged: int = 0
    """Rows that SQLite still listed and whose bytes were gone."""
    quarantine: str = ""
    """Folder of the damaged files."""

    def facts(self) -> dict[str, int | str]:
        """Flat, for a log line."""
        return {"damaged": self.damaged, "quarantine": self.quarantine, **self.kept}


def repair(path: Path) -> Report:
    """Replace the database by one with every row that can still be read.

    The damaged files are moved into a folder of ``quarantine`` beside it. Rows are taken as SQLite
    still sees them, which is what was committed before any damage of the log, and page by page, so
    that damage costs the rows it touches and no others; what was finished and lay in a
    transaction that is lost comes back, and is done again under the same ids.
    """
    fresh = path.with_name(path.name + ".repaired")
    for suffix in _SUFFIXES:
        fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
    report = Report(kept=dict.fromkeys(TABLES, 0))
    listed = _listed(path)
    touch_private(fresh)
    database = sqlite3.connect(fresh, isolation_level=None)
    try:
        database.execute("PRAGMA auto_vacuum=INCREMENTAL")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        prepare(database, fresh)
        database.execute("BEGIN")
        _copy_checked(database, path, report)
        _copy_unchecked(database, path, report)
        database.execute("COMMIT")
    finally:
        database.close()
    report.damaged = sum(max(0, count - report.kept[table]) for table, count in listed.items())
    report.quarantine = str(_set_aside(path))
    fresh.replace(path)
    return report


def _copy_checked(database: sqlite3.Connection, path: Path, report: Report) -> None:
    for found in chain(_seen_by_sqlite(path), rows(path)):
        report.kept[found.table] += _insert(database, found)


def _seen_by_sqlite(path: Path) -> Iterator[Found]:
    """A page's image after the damage may lack rows whose new page is lost; these are older."""
    for table, columns in CHECKED.items():
        names = ", ".join(("sequence", "checksum", *columns))
        for sequence, noted, *values in _readable(path, f"SELECT {names} FROM {table}"):  # noqa: S608
            if checksum(table, *values) == noted:
                yield Found(table, sequence, tuple(values))


def _insert(database: sqlite3.Connection, found: Found) -> int:
    """How many rows that adds: none where the same one is there."""
    names = ("sequence", "checksum", *CHECKED[found.table])
    values = (found.sequence, checksum(found.table, *found.values), *found.values)
    return database.execute(
        f"INSERT OR IGNORE INTO {found.table} ({', '.join(names)})"  # noqa: S608
        f" VALUES ({', '.join('?' * len(names))})",
        values,
    ).rowcount


def _copy_unchecked(database: sqlite3.Connection, path: Path, report: Report) -> None:
    """Batches, cursors and the rest, as far as SQLite can still read them."""
    for table in _UNCHECKED:
        for row in _readable(path, f"SELECT * FROM {table}"):  # noqa: S608
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", row)  # noqa: S608
            report.kept[table] += 1
    for name, number in _readable(path, "SELECT name, seq FROM sqlite_sequence"):
        # Numbers given before are not given again.
        database.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (number, name)
        )


def _listed(path: Path) -> dict[str, int]:
    """Rows by table as far as SQLite can count them."""
    counted = {}
    for table in CHECKED:
        for (count,) in _readable(path, f"SELECT count(*) FROM {table}"):  # noqa: S608
            counted[table] = int(count)
    return counted


def _readable(path: Path, sql: str) -> Iterator[tuple[Any, ...]]:
    """Rows up to the first that cannot be read."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader,
    ):
        yield from reader.execute(sql)


def _set_aside(path: Path) -> Path:
    folder = path.parent / QUARANTINE
    folder.mkdir(mode=0o700, exist_ok=True)
    number = 1 + sum(1 for _ in folder.iterdir())
    target = folder / f"damaged-{number}"
    target.mkdir(mode=0o700)
    for suffix in _SUFFIXES:
        source = path.with_name(path.name + suffix)
        if source.exists():
            source.replace(target / source.name)
    return target
