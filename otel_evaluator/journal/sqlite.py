"""The durable journal: one SQLite database in WAL mode, written by one thread.

Invariants:

* an entry is acknowledged only after the transaction that holds it has committed;
* with ``durability: power`` every commit is synced (``synchronous=FULL``), with ``process``
  the operating system's cache is enough (``NORMAL`` does not sync a WAL commit);
* a row is deleted only after every subject of it is done, in the same thread, so a deletion
  can never overtake an append.

All appends and deletions that are waiting when the thread becomes free share one
transaction: that is the group commit.
"""

import asyncio
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import structlog

from otel_evaluator.api.journal import Entry, JournalStatistics, Signal
from otel_evaluator.errors import JournalError, JournalFull, JournalLocked

_SCHEMA_VERSION = 1
_MAX_GROUP = 512
_SIGNALS: tuple[Signal, ...] = ("traces", "logs")
_log = structlog.get_logger(__name__)

_Append = tuple[Signal, bytes, int, "asyncio.Future[int]"]
_WAKE = "wake"


class SqliteJournal:
    """One folder, one process. Raises JournalLocked or JournalError when it cannot open."""

    def __init__(self, path: Path, durability: Literal["power", "process"], max_size: int) -> None:
        self.durability: str = durability
        self._max_size = max_size
        self._folder = path
        self._lock_file = _own(path)
        try:
            self._database = _open(path / "journal.db", durability)
        except BaseException:
            os.close(self._lock_file)
            raise
        self._loop = asyncio.get_running_loop()
        self._appends: queue.SimpleQueue[_Append | str | None] = queue.SimpleQueue()
        self._woken = False
        self._finished: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._live: dict[int, tuple[int, int]] = {}
        self._bytes = 0
        self._waiting = 0
        self._state: bytes | None = None
        self._load_live()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def recover(self) -> Iterator[Entry]:
        """Yield the unfinished entries, oldest first, one row at a time."""
        reader = sqlite3.connect(f"file:{self._folder / 'journal.db'}?mode=ro", uri=True)
        try:
            for sequence in list(self._live):
                row = reader.execute(
                    "SELECT arrived_ns, signal, body FROM entry WHERE sequence = ?", (sequence,)
                ).fetchone()
                if row is not None:
                    yield Entry(sequence, row[0], _SIGNALS[row[1]], row[2])
        finally:
            reader.close()

    async def append(self, signal: Signal, body: bytes, arrived_ns: int) -> int:
        """Keep one entry; returns once it is committed."""
        if self._bytes + self._waiting + len(body) > self._max_size:
            raise JournalFull(
                f"the journal holds {self._bytes} bytes of at most {self._max_size}; it drains"
                " when the sinks accept scores again"
            )
        if not self._folder.exists():
            raise JournalError(f"the journal folder {self._folder} has disappeared")
        future: asyncio.Future[int] = self._loop.create_future()
        self._waiting += len(body)
        try:
            self._appends.put((signal, body, arrived_ns, future))
            sequence = await asyncio.shield(future)
        except asyncio.CancelledError:
            # The sender gave up and will send again: this copy must not stay behind.
            future.add_done_callback(self._discard)
            raise
        finally:
            self._waiting -= len(body)
        self._live[sequence] = (arrived_ns, len(body))
        self._bytes += len(body)
        return sequence

    def finish(self, sequences: Iterable[int]) -> None:
        """Release entries; they are deleted with the next transaction."""
        for sequence in sequences:
            _, size = self._live.pop(sequence, (0, 0))
            self._bytes -= size
            self._finished.put(sequence)
        if not self._woken and not self._finished.empty():
            # What is done must not come back after a crash: do not wait for the next append.
            self._woken = True
            self._appends.put(_WAKE)

    def _discard(self, future: "asyncio.Future[int]") -> None:
        if not future.cancelled() and future.exception() is None:
            self._finished.put(future.result())

    def load_state(self) -> bytes:
        """What ``save_state`` kept last; empty when nothing."""
        row = self._database.execute("SELECT value FROM state").fetchone()
        return bytes(row[0]) if row else b""

    def save_state(self, state: bytes) -> None:
        """Keep a small value across restarts, with the next transaction."""
        self._state = state

    def statistics(self) -> JournalStatistics:
        """Entries and bytes not finished."""
        oldest = next(iter(self._live.values()), (0, 0))[0]
        return JournalStatistics(len(self._live), self._bytes, oldest)

    async def aclose(self) -> None:
        """Commit what waits, stop the thread, release the folder."""
        self._appends.put(None)
        await asyncio.to_thread(self._thread.join)
        # The last commit's futures resolve now; those that were given up ask for deletions.
        for _ in range(3):
            await asyncio.sleep(0)
        self._commit([])
        self._database.close()
        os.close(self._lock_file)

    def _load_live(self) -> None:
        rows = self._database.execute(
            "SELECT sequence, arrived_ns, length(body) FROM entry ORDER BY sequence"
        )
        for sequence, arrived_ns, size in rows:
            self._live[sequence] = (arrived_ns, size)
            self._bytes += size

    def _run(self) -> None:
        while True:
            try:
                first = self._appends.get(timeout=0.5)
            except queue.Empty:
                self._commit([])
                continue
            group = [first]
            while first is not None and len(group) < _MAX_GROUP:
                try:
                    group.append(self._appends.get_nowait())
                except queue.Empty:
                    break
            self._woken = False
            self._commit([append for append in group if isinstance(append, tuple)])
            if None in group:
                return

    def _commit(self, appends: list[_Append]) -> None:
        """One transaction for all of ``appends`` and every waiting deletion."""
        finished = []
        while True:
            try:
                finished.append((self._finished.get_nowait(),))
            except queue.Empty:
                break
        if not appends and not finished and self._state is None:
            return
        try:
            sequences = self._write(appends, finished)
        except sqlite3.Error as error:
            self._fail(appends, finished, error)
            return
        self._loop.call_soon_threadsafe(_resolve, appends, sequences)

    def _write(self, appends: list[_Append], finished: list[tuple[int]]) -> list[int]:
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        state, self._state = self._state, None
        try:
            database.executemany("DELETE FROM entry WHERE sequence = ?", finished)
            if state is not None:
                database.execute("REPLACE INTO state (id, value) VALUES (1, ?)", (state,))
            sequences = [
                database.execute(
                    "INSERT INTO entry (arrived_ns, signal, body) VALUES (?, ?, ?)",
                    (arrived_ns, _SIGNALS.index(signal), body),
                ).lastrowid
                or 0
                for signal, body, arrived_ns, _ in appends
            ]
            database.execute("COMMIT")
        except sqlite3.Error:
            if self._state is None:
                self._state = state
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        return sequences

    def _fail(
        self, appends: list[_Append], finished: list[tuple[int]], error: sqlite3.Error
    ) -> None:
        _log.error("journal_write_failed", error_type=type(error).__name__, entries=len(appends))
        for (sequence,) in finished:
            self._finished.put(sequence)
        problem = JournalError(f"the journal could not be written: {error}")
        self._loop.call_soon_threadsafe(_reject, appends, problem)


def _resolve(appends: list[_Append], sequences: list[int]) -> None:
    for (_, _, _, future), sequence in zip(appends, sequences, strict=True):
        if not future.done():
            future.set_result(sequence)


def _reject(appends: list[_Append], problem: JournalError) -> None:
    for _, _, _, future in appends:
        if not future.done():
            future.set_exception(problem)


def _own(folder: Path) -> int:
    """Create and lock the folder; the lock's file descriptor."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise JournalError(
            f"journal.path: {folder} cannot be used ({error.strerror}); choose a folder that"
            " this user may write"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise JournalLocked(
            f"journal.path: {folder} is in use by another process; stop it or choose another path"
        ) from None
    return descriptor


def _open(path: Path, durability: str) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        _prepare(database, path, durability)
    except sqlite3.Error as error:
        database.close()
        raise JournalError(
            f"journal.path: {path} cannot be opened as a journal ({error}); restore it, or move"
            " it away to begin with an empty one"
        ) from None
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection, path: Path, durability: str) -> None:
    database.execute("PRAGMA journal_mode=WAL")
    database.execute(f"PRAGMA synchronous={'FULL' if durability == 'power' else 'NORMAL'}")
    database.execute("PRAGMA temp_store=MEMORY")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version not in (0, _SCHEMA_VERSION):
        raise JournalError(
            f"journal.path: {path} was written by a newer version (format {version});"
            f" this version reads format {_SCHEMA_VERSION}"
        )
    database.execute(
        "CREATE TABLE IF NOT EXISTS entry (sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
        " arrived_ns INTEGER NOT NULL, signal INTEGER NOT NULL, body BLOB NOT NULL)"
    )
    database.execute(
        "CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY, value BLOB NOT NULL)"
    )
    database.execute(f"PRAGMA user_version={_SCHEMA_VERSION}")
