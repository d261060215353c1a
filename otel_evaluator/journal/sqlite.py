"""The durable journal: one SQLite database in WAL mode, written by one thread.

Invariants:

* an entry is acknowledged only after the transaction that holds it has committed;
* with ``durability: power`` every commit is synced (``synchronous=FULL``), with ``process``
  the operating system's cache is enough (``NORMAL`` does not sync a WAL commit);
* a subject's outcomes enter the outbox in the transaction that deletes its entries;
* a batch is durable before a sink sees it, and stays until every sink has confirmed it.

After a failed sync the pages of the write-ahead log are written again from the first one that
was not confirmed, so no retry trusts what the page cache claims to have stored.
"""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import structlog

from otel_evaluator.api.journal import (
    Closed,
    Done,
    Entry,
    Frozen,
    JournalStatistics,
    Kept,
    Part,
    Row,
    Signal,
)
from otel_evaluator.errors import JournalError, JournalFull
from otel_evaluator.journal import statements
from otel_evaluator.journal.committer import Committer, Operation
from otel_evaluator.journal.folder import DATABASE, Reserve, own
from otel_evaluator.journal.limits import Limits
from otel_evaluator.journal.opening import open_database
from otel_evaluator.journal.schema import PAGE

T = TypeVar("T")
READ_BYTES = 4 * 2**20
"""About what one ``read`` gives at once."""
_VACUUM_PAGES = 1024
_log = structlog.get_logger(__name__)


class SqliteJournal:
    """One folder, one process. Raises JournalLocked or JournalError when it cannot open."""

    def __init__(self, path: Path, durability: Literal["power", "process"], max_size: int) -> None:
        self.durability: str = durability
        self._path = path / DATABASE
        self._limits = Limits(max_size)
        self._lock_file = own(path)
        try:
            self._database, self._damaged = open_database(
                self._path, durability, self._limits.checkpoint_pages
            )
        except BaseException:
            os.close(self._lock_file)
            raise
        self._name, self._inode = str(self._path), self._path.stat().st_ino
        self._reader = sqlite3.connect(
            f"file:{self._path}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
        )
        self._reading = threading.Lock()
        self._waiting = 0
        """Bytes submitted and not committed."""
        self._finished: list[tuple[Done, asyncio.Future[Kept] | None]] = []
        self._room = asyncio.Event()
        self._count, self.last_entry = statements.count_entries(self._database)
        self._used = self._log = self._oldest_ns = 0
        self._measure()
        self._changed()
        self._committer = Committer(
            self._database,
            Reserve(path, self._limits.reserve),
            self._limits.group_bytes,
            self._check_there,
            self._measure,
            self._shrink,
            self._changed,
        )

    async def append(
        self, signal: Signal, body: bytes, arrived_ns: int, configuration: str = ""
    ) -> int:
        """Keep one entry; returns once it is committed."""
        if not self._limits.takes_entry(self._used, self._log, self._waiting + len(body)):
            raise JournalFull(
                f"the journal uses {self._used} bytes of at most {self._limits.max_size}; it"
                " drains when the sinks accept scores again"
            )
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def insert(database: sqlite3.Connection) -> int:
            return statements.add_entry(database, arrived_ns, signal, configuration, body)

        self._waits(len(body))
        self._committer.submit(Operation(insert, future, len(body), may_fail=True))
        try:
            sequence = await asyncio.shield(future)
        except asyncio.CancelledError:
            # The sender gave up and will send again: this copy must not stay behind.
            future.add_done_callback(self._discard)
            raise
        finally:
            self._waits(-len(body))
        self._count += 1
        return sequence

    async def read(self, after: int) -> list[Entry]:
        """The next entries; damaged ones are set aside."""
        entries, damaged = await self._ask(
            lambda reader: statements.entries_after(reader, after, READ_BYTES)
        )
        for sequence in damaged:
            self._set_aside("entry", sequence)
        if damaged and not entries:
            return await self.read(damaged[-1])
        return entries

    async def finish(self, done: Done) -> Kept:
        """Commit what a subject leaves, in one transaction."""
        future: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._finish_soon(done, future)
        return await future

    def release(self, entries: Iterable[int]) -> None:
        """Delete entries with the next transaction."""
        self._finish_soon(Done(entries=tuple(entries)), None)

    def _finish_soon(self, done: Done, future: "asyncio.Future[Kept] | None") -> None:
        """Leave it to one operation for all that is finished in this turn of the loop."""
        self._count -= len(done.entries)
        self._waits(len(done.rows))
        self._finished.append((done, future))
        if len(self._finished) == 1:
            asyncio.get_running_loop().call_soon(self._submit_finished)

    def _submit_finished(self) -> None:
        finished, self._finished = self._finished, []
        if not finished:
            return
        remembered = self._limits.remembered

        def finish(database: sqlite3.Connection) -> list[Kept]:
            return [statements.finish(database, done, remembered) for done, _ in finished]

        size = sum(len(done.rows) for done, _ in finished)

        def tell(kept: "asyncio.Future[list[Kept]]") -> None:
            self._waits(-size)
            error = kept.exception()
            places = [Kept()] * len(finished) if error else kept.result()
            for (_, future), where in zip(finished, places, strict=True):
                if future is None or future.done():
                    continue
                if error is not None:
                    future.set_exception(error)
                else:
                    future.set_result(where)

        told: asyncio.Future[list[Kept]] = asyncio.get_running_loop().create_future()
        told.add_done_callback(tell)
        self._committer.submit(Operation(finish, told, size))

    async def has_room(self) -> None:
        """Wait until the outbox may grow."""
        while not self._room.is_set():
            await self._room.wait()

    async def freeze(self, batch_id: str, last: int) -> Frozen:
        """Make a batch, durably."""
        return await self._submit(lambda database: statements.freeze(database, batch_id, last))

    async def rows(self, batch: Frozen) -> list[bytes]:
        """The batch's rows; damaged ones are set aside and left out."""
        rows, damaged = await self._ask(lambda reader: statements.rows_of(reader, batch))
        for sequence in damaged:
            self._set_aside("outbox", sequence)
        return rows

    def delivered(self, sink: str, number: int) -> None:
        """Advance the sink's cursor and delete what every sink has."""
        self._committer.submit(Operation(lambda db: statements.delivered(db, sink, number)))

    def quarantine(self, sink: str, reason: str, rows: bytes, noted_ns: int) -> None:
        """Set rows aside, bounded in number."""
        self._committer.submit(
            Operation(lambda db: statements.set_aside(db, sink, reason, rows, noted_ns))
        )

    async def outbox(self, sinks: Sequence[str]) -> tuple[list[Frozen], dict[str, int], list[Row]]:
        """Read once, before anything is delivered."""
        return await self._submit(lambda database: statements.outbox(database, sinks))

    def closed(self) -> Iterator[Closed]:
        """What was evaluated lately; damaged records are left out."""
        return statements.closed(self._reader)

    def parts(self) -> Iterator[Part]:
        """What conversations still need; damaged records are left out."""
        return statements.parts(self._reader)

    def load_state(self) -> bytes:
        """What ``save_state`` kept last."""
        return statements.load_state(self._reader)

    def save_state(self, state: bytes) -> None:
        """Keep a small value."""
        self._committer.submit(Operation(lambda database: statements.save_state(database, state)))

    def statistics(self) -> JournalStatistics:
        """As of the last transaction."""
        problem = self._committer.problem
        return JournalStatistics(self._count, self._used, self._oldest_ns, self._damaged, problem)

    async def aclose(self) -> None:
        """Commit what waits, stop the thread, release the folder."""
        self._submit_finished()
        await self._committer.aclose(Operation(statements.mark_clean))
        with self._reading:
            self._reader.close()
        self._database.close()
        os.close(self._lock_file)

    async def _submit(self, run: Callable[[sqlite3.Connection], T], size: int = 0) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._committer.submit(Operation(run, future, size))
        return await future

    async def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        def ask() -> T:
            with self._reading:
                return question(self._reader)

        try:
            return await asyncio.to_thread(ask)
        except sqlite3.Error as error:
            raise JournalError(
                f"the journal {self._path} could not be read ({error}); stop the service and run"
                f" `otel-evaluator journal repair {self._path.parent}`"
            ) from None

    def _discard(self, future: "asyncio.Future[int]") -> None:
        if not future.cancelled() and future.exception() is None:
            self._count += 1
            self.release((future.result(),))

    def _set_aside(self, table: str, sequence: int) -> None:
        self._damaged += 1
        _log.error("journal_record_damaged", table=table, sequence=sequence)
        self._committer.submit(
            Operation(lambda database: statements.set_damaged_aside(database, table, sequence))
        )

    def _check_there(self) -> None:
        """In the committing thread: SQLite goes on in a file that was deleted."""
        try:
            is_there = os.stat(self._name).st_ino == self._inode
        except OSError:
            is_there = False
        if not is_there:
            raise sqlite3.OperationalError(f"{self._name} has disappeared")

    def _measure(self) -> None:
        """In the committing thread, after each transaction."""
        pages, free = statements.pages(self._database)
        self._used = (pages - free) * PAGE
        self._log = statements.log_size(self._path)
        if self._log > self._limits.log_to_restart:
            self._restart_log()
        self._oldest_ns = statements.oldest_entry(self._database)

    def _restart_log(self) -> None:
        """In the committing thread: copy the log while nobody reads, so that it is begun anew.

        It is not begun anew while a reader needs it; readers one after the other would let it
        grow for good (https://www.sqlite.org/wal.html, "Avoiding Excessively Large WAL Files").
        """
        with self._reading:
            self._database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def _waits(self, size: int) -> None:
        self._waiting += size
        self._changed()

    def _changed(self) -> None:
        if self._limits.takes_rows(self._used, self._log, self._waiting):
            self._room.set()
        else:
            self._room.clear()

    def _shrink(self) -> None:
        """In the committing thread, when idle: give pages back that a backlog had needed."""
        pages, free = statements.pages(self._database)
        if free > max(4 * _VACUUM_PAGES, pages // 2):
            try:
                self._database.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()
            except sqlite3.Error:
                _log.warning("journal_not_shrunk")
