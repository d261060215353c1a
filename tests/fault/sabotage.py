"""The command with one promise broken on purpose: the harness must notice each.

``python -m tests.fault.sabotage serve …`` with FAULT_SABOTAGE naming what to break.
"""

import asyncio
import os
import secrets
import signal
from collections.abc import Callable
from typing import Any

import msgspec

from otel_evaluator import clock
from otel_evaluator.api.journal import Done, Kept
from otel_evaluator.journal import statements
from otel_evaluator.journal.sqlite import SqliteJournal
from otel_evaluator.write.clickhouse import sink
from otel_evaluator.write.clickhouse.client import ClickHouseClient

LATE_S = 0.5


def die_in_outbox() -> None:
    """Be killed in the transaction that would keep an outcome."""
    finish = statements.finish

    def dying(database: Any, done: Done, remembered: int) -> Kept:
        kept = finish(database, done, remembered)
        if done.rows:
            os.kill(os.getpid(), signal.SIGKILL)
        return kept

    statements.finish = dying


def acknowledge_before_commit() -> None:
    """Answer at once and write later."""
    append = SqliteJournal.append
    later: set[asyncio.Task[int]] = set()

    async def early(self: SqliteJournal, *arguments: Any) -> int:
        async def write() -> int:
            await asyncio.sleep(LATE_S)
            return await append(self, *arguments)

        later.add(asyncio.create_task(write()))
        return 0

    SqliteJournal.append = early  # type: ignore[method-assign]


def delete_before_checkpoint() -> None:
    """Delete a subject's entries in a transaction of their own, before its outcomes are kept."""
    finish = SqliteJournal.finish

    async def hasty(self: SqliteJournal, done: Done) -> Kept:
        await finish(self, Done(entries=done.entries))
        await asyncio.sleep(LATE_S)
        return await finish(self, msgspec.structs.replace(done, entries=()))

    SqliteJournal.finish = hasty  # type: ignore[method-assign]


def no_token() -> None:
    """Send a batch again as if it were new."""
    insert = ClickHouseClient.insert

    async def plain(self: ClickHouseClient, table: str, build: Any, token: str) -> None:
        # Without any token the engine would know the block by its content.
        await insert(self, table, build, secrets.token_hex(8))

    async def none(*_: Any) -> frozenset[str]:
        return frozenset()

    ClickHouseClient.insert = plain  # type: ignore[method-assign]
    sink.known_spans = none


def wall_clock_timers() -> None:
    """Wait by the clock that people set."""
    clock.SystemClock.monotonic = lambda self: self.time_ns() / 1e9  # type: ignore[method-assign]


SABOTAGES: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        die_in_outbox,
        acknowledge_before_commit,
        delete_before_checkpoint,
        no_token,
        wall_clock_timers,
    )
}

if __name__ == "__main__":
    from otel_evaluator.cli import main

    SABOTAGES[os.environ["FAULT_SABOTAGE"]]()
    main()
