"""What the journal asks of its database; every function runs inside a caller's transaction."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from otel_evaluator.api.journal import Closed, Done, Entry, Frozen, Kept, Part, Row, Signal
from otel_evaluator.journal.schema import CHECKED, checksum, insert_sql

_SIGNALS: tuple[Signal, ...] = ("traces", "logs")
_KINDS: tuple[Literal["trace", "conversation"], ...] = ("trace", "conversation")
_SQL = {table: insert_sql(table) for table in CHECKED}
_SELECT = {
    table: f"SELECT sequence, checksum, {', '.join(columns)} FROM {table}"  # noqa: S608
    for table, columns in CHECKED.items()
}
_STATE, _CLEAN = 1, 2
_MAX_QUARANTINED = 10_000
_TRIM_EVERY = 64


def _add(database: sqlite3.Connection, table: str, *values: Any) -> int:
    found = database.execute(_SQL[table], (checksum(table, *values), *values)).lastrowid
    assert found is not None
    return found


def select_sql(table: str) -> str:
    """SELECT of a checked table's rows: sequence, checksum, and the columns it covers."""
    return _SELECT[table]


def is_whole(table: str, row: Sequence[Any]) -> bool:
    """Whether the checksum of a row so selected holds."""
    return bool(row[1] == checksum(table, *row[2:]))


def add_entry(
    database: sqlite3.Connection, arrived_ns: int, signal: Signal, configuration: str, body: bytes
) -> int:
    """Insert an entry; its sequence number."""
    return _add(database, "entry", arrived_ns, _SIGNALS.index(signal), configuration, body)


def entries_after(
    reader: sqlite3.Connection, after: int, limit_bytes: int
) -> tuple[list[Entry], list[int]]:
    """Entries in order until ``limit_bytes`` are read, and the numbers of damaged ones."""
    entries, damaged, size = [], [], 0
    for row in reader.execute(f"{_SELECT['entry']} WHERE sequence > ? ORDER BY sequence", (after,)):
        sequence, _, arrived_ns, signal, configuration, body = row
        if is_whole("entry", row):
            entries.append(Entry(sequence, arrived_ns, _SIGNALS[signal], configuration, body))
        else:
            damaged.append(sequence)
        size += len(body)
        if size >= limit_bytes:
            break
    return entries, damaged


def finish(database: sqlite3.Connection, done: Done, remembered: int) -> Kept:
    """Everything a subject leaves, at once."""
    row = part = 0
    if done.rows:
        row = _add(database, "outbox", done.outcomes, done.rows)
    if done.part is not None:
        kept = done.part
        part = _add(database, "part", kept.conversation_id, kept.trace_id, kept.body)
    if done.closed is not None:
        closed = done.closed
        kind = _KINDS.index(closed.kind)
        last = _add(
            database, "closed", kind, closed.key, closed.revision, closed.seen, closed.story
        )
        if last % _TRIM_EVERY == 0:
            database.execute("DELETE FROM closed WHERE sequence <= ?", (last - remembered,))
    if done.entries:
        _delete(database, "entry", done.entries)
    if done.parts:
        _delete(database, "part", done.parts)
    return Kept(row, part)


def _delete(database: sqlite3.Connection, table: str, sequences: Iterable[int]) -> None:
    database.executemany(
        f"DELETE FROM {table} WHERE sequence = ?",  # noqa: S608
        [(sequence,) for sequence in sequences],
    )


def freeze(database: sqlite3.Connection, batch_id: str, last: int) -> Frozen:
    """A batch of the rows after the last batch."""
    (first,) = database.execute("SELECT coalesce(max(last), 0) FROM batch").fetchone()
    (outcomes,) = database.execute(
        "SELECT coalesce(sum(outcomes), 0) FROM outbox WHERE sequence > ? AND sequence <= ?",
        (first, last),
    ).fetchone()
    number = database.execute(
        "INSERT INTO batch (id, first, last, outcomes) VALUES (?, ?, ?, ?)",
        (batch_id, first, last, outcomes),
    ).lastrowid
    assert number is not None
    return Frozen(number, batch_id, first, last, outcomes)


def rows_of(reader: sqlite3.Connection, batch: Frozen) -> tuple[list[bytes], list[int]]:
    """The rows of a batch in order, and the numbers of damaged ones."""
    rows, damaged = [], []
    for row in reader.execute(
        f"{_SELECT['outbox']} WHERE sequence > ? AND sequence <= ? ORDER BY sequence",
        (batch.first, batch.last),
    ):
        if is_whole("outbox", row):
            rows.append(row[-1])
        else:
            damaged.append(row[0])
    return rows, damaged


def delivered(database: sqlite3.Connection, sink: str, number: int) -> None:
    """Advance a cursor; delete the batches that every sink has, but the last one.

    The last batch says where the next one begins.
    """
    database.execute(
        "INSERT INTO cursor (sink, number) VALUES (?, ?) ON CONFLICT (sink)"
        " DO UPDATE SET number = max(number, excluded.number)",
        (sink, number),
    )
    (everywhere,) = database.execute("SELECT min(number) FROM cursor").fetchone()
    database.execute(
        "DELETE FROM outbox WHERE sequence <= (SELECT max(last) FROM batch WHERE number <= ?)",
        (everywhere,),
    )
    database.execute(
        "DELETE FROM batch WHERE number <= ? AND number < (SELECT max(number) FROM batch)",
        (everywhere,),
    )


def outbox(
    database: sqlite3.Connection, sinks: Sequence[str]
) -> tuple[list[Frozen], dict[str, int], list[Row]]:
    """Batches, cursors of exactly these sinks, and rows in no batch; see ``Journal.outbox``."""
    known = dict(database.execute("SELECT sink, number FROM cursor"))
    (least,) = database.execute("SELECT coalesce(min(number), 1) - 1 FROM batch").fetchone()
    cursors = {sink: known.get(sink, least) for sink in sinks}
    database.executemany(
        "DELETE FROM cursor WHERE sink = ?", [(sink,) for sink in known if sink not in cursors]
    )
    database.executemany("REPLACE INTO cursor (sink, number) VALUES (?, ?)", cursors.items())
    everywhere = min(cursors.values(), default=0)
    batches = [
        Frozen(*row)
        for row in database.execute(
            "SELECT number, id, first, last, outcomes, 1 FROM batch"
            " WHERE number > ? ORDER BY number",
            (everywhere,),
        )
    ]
    rows = [
        Row(*row)
        for row in database.execute(
            "SELECT sequence, outcomes, length(body) FROM outbox WHERE sequence >"
            " (SELECT coalesce(max(last), 0) FROM batch) ORDER BY sequence"
        )
    ]
    return batches, cursors, rows


def closed(reader: sqlite3.Connection) -> Iterator[Closed]:
    """Closed traces and conversations, oldest first; damaged ones are left out."""
    for row in reader.execute(f"{_SELECT['closed']} ORDER BY sequence"):
        if is_whole("closed", row):
            _, _, kind, key, revision, seen, story = row
            yield Closed(_KINDS[kind], key, revision, seen, story)


def parts(reader: sqlite3.Connection) -> Iterator[Part]:
    """Parts that conversations need, oldest first; damaged ones are left out."""
    for row in reader.execute(f"{_SELECT['part']} ORDER BY sequence"):
        if is_whole("part", row):
            yield Part(row[2], row[3], row[4], row[0])


def set_aside(
    database: sqlite3.Connection, source: str, reason: str, body: bytes, noted_ns: int
) -> None:
    """Keep rows that a sink refused for ever; of too many the oldest go."""
    last = database.execute(
        "INSERT INTO quarantine (noted_ns, source, reason, body) VALUES (?, ?, ?, ?)",
        (noted_ns, source, reason, body),
    ).lastrowid
    assert last is not None
    database.execute("DELETE FROM quarantine WHERE sequence <= ?", (last - _MAX_QUARANTINED,))


def set_damaged_aside(database: sqlite3.Connection, table: str, sequence: int) -> None:
    """Move a record whose checksum is wrong into quarantine."""
    database.execute(
        "INSERT INTO quarantine (noted_ns, source, reason, body)"  # noqa: S608
        f" SELECT 0, ?, 'checksum', body FROM {table} WHERE sequence = ?",
        (f"journal:{table}", sequence),
    )
    _delete(database, table, (sequence,))


def load_state(reader: sqlite3.Connection) -> bytes:
    """The small value kept last."""
    row = reader.execute("SELECT value FROM state WHERE id = ?", (_STATE,)).fetchone()
    return bytes(row[0]) if row else b""


def save_state(database: sqlite3.Connection, state: bytes) -> None:
    """Keep a small value."""
    database.execute("REPLACE INTO state (id, value) VALUES (?, ?)", (_STATE, state))


def mark_clean(database: sqlite3.Connection) -> None:
    """Note that the journal was closed in order."""
    database.execute("REPLACE INTO state (id, value) VALUES (?, '')", (_CLEAN,))


def take_clean_mark(database: sqlite3.Connection) -> bool:
    """Whether the journal was closed in order; it is open from now on."""
    return database.execute("DELETE FROM state WHERE id = ?", (_CLEAN,)).rowcount > 0


def pages(database: sqlite3.Connection) -> tuple[int, int]:
    """Pages of the database, and how many of them are free."""
    (count,) = database.execute("PRAGMA page_count").fetchone()
    (free,) = database.execute("PRAGMA freelist_count").fetchone()
    return count, free


def log_size(path: Path) -> int:
    """Bytes of the write-ahead log of a database."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size
    except OSError:
        return 0


def oldest_entry(database: sqlite3.Connection) -> int:
    """Arrival of the oldest entry in nanoseconds; 0 when there is none."""
    row = database.execute("SELECT arrived_ns FROM entry ORDER BY sequence LIMIT 1").fetchone()
    return int(row[0]) if row else 0


def count_entries(database: sqlite3.Connection) -> tuple[int, int]:
    """How many entries there are, and the number of the last one."""
    count, last = database.execute(
        "SELECT count(*), coalesce(max(sequence), 0) FROM entry"
    ).fetchone()
    return int(count), int(last)
