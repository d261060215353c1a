"""The journal's tables, their checksums, and the way from the previous format to this one."""

import sqlite3
import zlib
from pathlib import Path

from otel_evaluator.errors import JournalError

VERSION = 2
PAGE = 4096

TABLES = {
    "entry": "sequence INTEGER PRIMARY KEY AUTOINCREMENT, checksum INTEGER NOT NULL,"
    " arrived_ns INTEGER NOT NULL, signal INTEGER NOT NULL, configuration TEXT NOT NULL,"
    " body BLOB NOT NULL",
    "outbox": "sequence INTEGER PRIMARY KEY AUTOINCREMENT, checksum INTEGER NOT NULL,"
    " outcomes INTEGER NOT NULL, body BLOB NOT NULL",
    "batch": "number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, outcomes INTEGER NOT NULL",
    "cursor": "sink TEXT PRIMARY KEY, number INTEGER NOT NULL",
    "part": "sequence INTEGER PRIMARY KEY AUTOINCREMENT, checksum INTEGER NOT NULL,"
    " conversation TEXT NOT NULL, trace_id BLOB NOT NULL, body BLOB NOT NULL",
    "closed": "sequence INTEGER PRIMARY KEY AUTOINCREMENT, checksum INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, seen BLOB NOT NULL,"
    " body BLOB NOT NULL",
    "quarantine": "sequence INTEGER PRIMARY KEY AUTOINCREMENT, noted_ns INTEGER NOT NULL,"
    " source TEXT NOT NULL, reason TEXT NOT NULL, body BLOB NOT NULL",
    "state": "id INTEGER PRIMARY KEY, value BLOB NOT NULL",
}
"""Table to columns. In tables with a checksum it covers every column after it."""

CHECKED = {
    name: [column.split()[0] for column in columns.split(", ")][2:]
    for name, columns in TABLES.items()
    if " checksum " in columns
}
"""Columns that the checksum covers, in order."""


def checksum(table: str, *values: int | str | bytes) -> int:
    """CRC-32 over a row's columns and the table's name, so that no row passes as another's."""
    crc = zlib.crc32(table.encode())
    for value in values:
        crc = zlib.crc32(value if isinstance(value, bytes) else str(value).encode(), crc)
    return crc


def insert_sql(table: str) -> str:
    """INSERT of one row of a checked table: checksum first, then the columns it covers."""
    names = ("checksum", *CHECKED[table])
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608


def prepare(database: sqlite3.Connection, path: Path) -> None:
    """Create the tables or bring them from the previous format; JournalError for a newer one."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise JournalError(
            f"journal.path: {path} was written by a newer version (format {version});"
            f" this version reads formats 1 to {VERSION}"
        )
    if version == VERSION:
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        if version == 1:
            database.execute("ALTER TABLE entry RENAME TO entry_1")
        for name, columns in TABLES.items():
            database.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
        if version == 1:
            _take_entries(database)
        database.execute(f"PRAGMA user_version={VERSION}")
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _take_entries(database: sqlite3.Connection) -> None:
    database.create_function(
        "entry_checksum",
        3,
        lambda arrived_ns, signal, body: checksum("entry", arrived_ns, signal, "", body),
        deterministic=True,
    )
    database.execute(
        "INSERT INTO entry (sequence, checksum, arrived_ns, signal, configuration, body)"
        " SELECT sequence, entry_checksum(arrived_ns, signal, body), arrived_ns, signal, '', body"
        " FROM entry_1 ORDER BY sequence"
    )
    database.execute("DROP TABLE entry_1")
