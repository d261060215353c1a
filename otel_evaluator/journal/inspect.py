"""Looks into a journal without changing it; the service may be running."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from otel_evaluator.api.journal import Entry
from otel_evaluator.errors import JournalError
from otel_evaluator.journal import statements
from otel_evaluator.journal.folder import DATABASE, QUARANTINE, own
from otel_evaluator.journal.repair import Report, repair
from otel_evaluator.journal.schema import CHECKED, TABLES, VERSION

_READ_BYTES = 16 * 2**20


class Check(msgspec.Struct):
    """What a check found."""

    records: dict[str, int] = {}
    """Records by table."""
    damaged: dict[str, int] = {}
    """Of them with a wrong checksum."""
    problems: list[str] = []
    """What SQLite says of the pages; empty when they are sound."""
    bytes: int = 0
    """Of the files."""
    oldest_ns: int = 0
    """Arrival of the oldest unfinished entry; 0 when there is none."""
    waiting: dict[str, int] = {}
    """Batches by sink that it does not have yet."""
    set_aside: int = 0
    """Folders of damaged files in ``quarantine``."""

    @property
    def is_sound(self) -> bool:
        """Whether every record can be read."""
        return not self.problems and not any(self.damaged.values())


def check(folder: Path) -> Check:
    """Read every page and every record; JournalError when there is no journal to read."""
    found = Check()
    path = folder / DATABASE
    with closing(_reader(path)) as reader:
        for (problem,) in _ask(reader, "PRAGMA integrity_check(20)"):
            if problem != "ok":
                found.problems += str(problem).splitlines()
        for table in TABLES:
            try:
                _count(reader, table, found)
            except sqlite3.Error as error:
                found.problems.append(f"{table}: {error}")
        found.oldest_ns = statements.oldest_entry(reader) if not found.problems else 0
        for sink, waiting in _ask(
            reader,
            "SELECT sink, (SELECT count(*) FROM batch WHERE batch.number > cursor.number)"
            " FROM cursor",
        ):
            found.waiting[sink] = waiting
    files = [path, path.with_name(path.name + "-wal")]
    found.bytes = sum(file.stat().st_size for file in files if file.exists())
    kept = folder / QUARANTINE
    found.set_aside = sum(1 for _ in kept.iterdir()) if kept.is_dir() else 0
    return found


def entries(folder: Path) -> Iterator[Entry]:
    """Unfinished entries, oldest first, in constant memory; damaged ones are passed over."""
    with closing(_reader(folder / DATABASE)) as reader:
        after = 0
        while True:
            found, damaged = statements.entries_after(reader, after, _READ_BYTES)
            yield from found
            if not found and not damaged:
                return
            after = max([entry.sequence for entry in found] + damaged)


def repaired(folder: Path) -> Report:
    """Rebuild the database; JournalError when a process has it open."""
    if not folder.is_dir():
        raise JournalError(f"{folder} is no folder of a journal")
    own(folder, create=False)  # until this process ends
    try:
        return repair(folder / DATABASE)
    except (OSError, sqlite3.Error) as error:
        raise JournalError(f"{folder}: cannot be repaired: {error}") from None


def _reader(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise JournalError(f"{path} does not exist; give the folder that journal.path names")
    reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    try:
        (version,) = reader.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        reader.close()
        raise JournalError(
            f"{path} cannot be read ({error}); stop the service and run"
            f" `otel-evaluator journal repair {path.parent}`"
        ) from None
    if version != VERSION:
        reader.close()
        raise JournalError(
            f"{path} has format {version}, not {VERSION}; an older one is brought up to date when"
            " the service opens it"
        )
    return reader


def _ask(reader: sqlite3.Connection, sql: str) -> list[Any]:
    try:
        return reader.execute(sql).fetchall()
    except sqlite3.Error as error:
        return [(str(error),)] if sql.startswith("PRAGMA") else []


def _count(reader: sqlite3.Connection, table: str, found: Check) -> None:
    found.records[table] = 0
    if table not in CHECKED:
        (found.records[table],) = reader.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        return
    for row in reader.execute(statements.select_sql(table)):
        found.records[table] += 1
        if not statements.is_whole(table, row):
            found.damaged[table] = found.damaged.get(table, 0) + 1
