"""Group commit: one thread writes, and what waits when it is free shares one transaction.

Two kinds of operations: an append may be refused, its sender comes again; everything else
records work that was done, is kept while the disk fails and tried until it is committed.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from otel_evaluator.errors import JournalError
from otel_evaluator.journal.folder import Reserve

MAX_GROUP = 512
RETRY_S = 0.2
_IDLE_S = 0.5
_log = structlog.get_logger(__name__)


class Operation:
    """Something to do inside a transaction, and who waits for its result."""

    __slots__ = ("future", "may_fail", "result", "run", "size")

    def __init__(
        self,
        run: Callable[[sqlite3.Connection], Any],
        future: "asyncio.Future[Any] | None" = None,
        size: int = 0,
        may_fail: bool = False,
    ) -> None:
        self.run = run
        self.future = future
        self.size = size
        self.may_fail = may_fail
        self.result: Any = None


class Committer:
    """Owns the writing connection; ``on_commit`` runs in its thread, ``on_change`` on the loop.

    ``check`` raises sqlite3.Error after a commit that is worth nothing.
    """

    def __init__(
        self,
        database: sqlite3.Connection,
        reserve: Reserve,
        max_group_bytes: int,
        check: Callable[[], None],
        on_commit: Callable[[], None],
        on_idle: Callable[[], None],
        on_change: Callable[[], None],
    ) -> None:
        self.problem = ""
        """Why the last transaction failed; empty after one that did not."""
        self._database = database
        self._reserve = reserve
        self._reserved = reserve.take()
        self._max_group_bytes = max_group_bytes
        self._check = check
        self._on_commit = on_commit
        self._on_idle = on_idle
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[Operation | None] = queue.SimpleQueue()
        self._unwritten: list[Operation] = []
        self._retry_at = 0.0
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def submit(self, operation: Operation) -> None:
        """Queue an operation; operations are committed in their order."""
        self._queue.put(operation)

    async def aclose(self, last: Operation) -> None:
        """Commit what waits, then ``last``, and stop.

        What the disk does not take is named in a log line; it is done again after a restart.
        """
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        # Appends that were given up ask for their deletion once they are committed.
        for _ in range(3):
            await asyncio.sleep(0)
        self._queue.put(last)
        group, _ = self._next()
        self._commit(group)
        if self._unwritten:
            _log.error("journal_not_flushed", operations=len(self._unwritten))

    def _run(self) -> None:
        closing = False
        while not closing:
            group, closing = self._next()
            if group:
                self._commit(group)
            elif not closing:
                self._on_idle()

    def _next(self) -> tuple[list[Operation], bool]:
        """What to commit together, and whether to stop after it."""
        wait = _IDLE_S
        if self._unwritten:
            wait = max(0.0, self._retry_at - time.monotonic())
        try:
            operation = self._queue.get(timeout=wait) if wait else self._queue.get_nowait()
        except queue.Empty:
            group, self._unwritten = self._unwritten, []
            return group, False
        group, self._unwritten = self._unwritten, []
        size = 0
        while operation is not None:
            group.append(operation)
            size += operation.size
            if len(group) >= MAX_GROUP or size >= self._max_group_bytes:
                return group, False
            try:
                operation = self._queue.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit(self, group: list[Operation]) -> None:
        group = self._unwritten + group
        self._unwritten = []
        try:
            self._transaction(group)
        except sqlite3.Error as error:
            self._failed(group, error)
            return
        except Exception as error:
            self._isolate(group, error)
            return
        if self.problem:
            _log.info("journal_written_again")
            self.problem = ""
        self._committed(group)
        if not self._reserved and self._retry_at < time.monotonic():
            self._retry_at = time.monotonic() + 1.0
            self._reserved = self._reserve.take()

    def _isolate(self, group: list[Operation], error: Exception) -> None:
        """One operation holds what no database takes: it alone fails, and this thread goes on."""
        if len(group) > 1:
            for operation in group:
                self._commit([operation])
            return
        _log.error("journal_operation_impossible", error_type=type(error).__name__)
        problem = JournalError(f"the journal cannot hold this ({type(error).__name__})")
        self._loop.call_soon_threadsafe(self._reject, group, problem)

    def _committed(self, group: list[Operation]) -> None:
        """Tell who waits; that the journal cannot be measured is no fault of what it holds."""
        try:
            self._on_commit()
        except sqlite3.Error as error:
            self.problem = f"the journal could not be read: {error}"
        self._loop.call_soon_threadsafe(self._resolve, group)

    def _transaction(self, group: list[Operation]) -> None:
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            for operation in group:
                operation.result = operation.run(database)
            database.execute("COMMIT")
            self._check()
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise

    def _failed(self, group: list[Operation], error: sqlite3.Error) -> None:
        """Refuse the appends; write the rest alone, with the reserve if the disk is full."""
        if not self.problem:
            _log.error("journal_write_failed", error=str(error), operations=len(group))
        self.problem = f"the journal could not be written: {error}"
        self._retry_at = time.monotonic() + RETRY_S
        refused = [operation for operation in group if operation.may_fail]
        self._loop.call_soon_threadsafe(self._reject, refused, JournalError(self.problem))
        kept = [operation for operation in group if not operation.may_fail]
        if not kept:
            return
        if refused or self._release_reserve(error):
            try:
                self._transaction(kept)
            except sqlite3.Error:
                self._release_reserve(error)
            else:
                self._committed(kept)
                return
        self._unwritten = kept

    def _release_reserve(self, error: sqlite3.Error) -> bool:
        code = getattr(error, "sqlite_errorcode", None)
        if not self._reserved or code != sqlite3.SQLITE_FULL:
            return False
        self._reserved = False
        return self._reserve.release()

    def _resolve(self, group: list[Operation]) -> None:
        for operation in group:
            if operation.future is not None and not operation.future.done():
                operation.future.set_result(operation.result)
        self._on_change()

    def _reject(self, group: list[Operation], problem: JournalError) -> None:
        for operation in group:
            if operation.future is not None and not operation.future.done():
                operation.future.set_exception(problem)
        self._on_change()
