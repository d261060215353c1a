"""clickhouse-connect behind one dedicated thread.

Every call to the driver blocks, and the embedded engine serializes calls anyway: one thread
takes them in order, so the event loop never waits and no two calls share a session.
"""

import asyncio
import logging
import math
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import clickhouse_connect
from clickhouse_connect.driver import options
from clickhouse_connect.driver.exceptions import Error

from otel_evaluator.errors import ConfigError, Held, Retryable
from otel_evaluator.write.clickhouse.config import ClickHouseConfig, Target
from otel_evaluator.write.clickhouse.errors import classify
from otel_evaluator.write.clickhouse.pool import CheckedPool
from otel_evaluator.write.clickhouse.rows import Columns
from otel_evaluator.write.text import clean

T = TypeVar("T")
Rows = list[tuple[Any, ...]]

MAX_ROWS = 10_000
"""Default cap on the rows of one answer."""

MAX_RESULT_BYTES = 256 * 2**20
"""Cap on the size of one answer."""


NICENESS = 5
"""Of the writing thread and of the embedded engine's threads, which inherit it: merges must not
hold up the event loop where cores are scarce."""


def _yield_to_others() -> None:
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class ClickHouseClient:
    """One connection to a server or to the embedded engine.

    The embedded engine opens one directory per process and one process per directory, and a
    process must not fork once it is open.
    """

    def __init__(self, config: ClickHouseConfig) -> None:
        self._config = config
        self.target: Target = config.target
        self._client: Any = None
        self._pool: CheckedPool | None = None
        self._thread: ThreadPoolExecutor | None = None
        self.version = ""

    @property
    def connected(self) -> bool:
        """Whether ``connect`` succeeded."""
        return self._client is not None

    async def connect(self) -> None:
        """Open the connection; ConfigError where retrying cannot help, else a SinkError."""
        if not self.connected:
            self._client = await self._call(self._open, "connect")
            self.version = str(self._client.server_version or "")

    async def command(self, sql: str) -> None:
        """Run a statement without a result, such as DDL."""
        await self._call(lambda: self._client.command(sql), _first_words(sql))

    async def use(self, database: str) -> None:
        """Resolve unqualified names in this database from now on."""

        def switch() -> None:
            self._client.database = database

        await self._call(switch, "use database")

    async def query(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        max_rows: int = MAX_ROWS,
    ) -> Rows:
        """Rows of a SELECT, at most ``max_rows``; parameters as in ``{name:Type}``."""
        settings = {
            "max_result_rows": max_rows,
            "max_result_bytes": MAX_RESULT_BYTES,
            "result_overflow_mode": "break",
            # The same thread writes: no question may hold it for longer than a write may take.
            "max_execution_time": math.ceil(self._config.timeout),
        }

        def ask() -> Rows:
            answer = self._client.query(sql, parameters=dict(parameters or {}), settings=settings)
            return [tuple(row) for row in answer.result_rows[:max_rows]]

        return await self._call(ask, "query")

    async def compute(self, function: Callable[[], T]) -> T:
        """Run pure code in the thread; building thousands of rows would hold up the event loop."""
        return await self._call(function, "insert: build rows")

    async def insert(self, table: str, build: Callable[[], Columns], token: str) -> None:
        """Insert the rows that ``build`` makes, in the thread as well.

        A repeated ``token`` adds nothing where the table remembers tokens.
        """
        settings: dict[str, Any] = {
            # Explicit, because its default changed in 26.2: the answer must mean "stored".
            "async_insert": 0,
            "deduplicate_blocks_in_dependent_materialized_views": 1,
            "distributed_foreground_insert": 1,
        }

        if token:
            settings["insert_deduplication_token"] = token

        def send(columns: Columns) -> None:
            self._client.insert(
                table,
                columns.values,
                column_names=columns.names,
                column_type_names=columns.types,
                column_oriented=True,
                # Servers of other years lack one or the other, and refuse what they do not know.
                settings={k: v for k, v in settings.items() if k in self._client.server_settings},
            )

        def insert() -> None:
            columns = build()
            try:
                send(columns)
            except UnicodeEncodeError:
                send(columns._replace(values=clean(columns.values)))

        await self._call(insert, f"insert into {table}")

    async def close(self) -> None:
        """Close the connection and end the thread; safe to call twice."""
        client, self._client = self._client, None
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if client is not None:
            await asyncio.get_running_loop().run_in_executor(thread, client.close)
        thread.shutdown(wait=False)

    async def _call(self, function: Callable[[], T], what: str) -> T:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "clickhouse", initializer=_yield_to_others)
        if self._client is None and what != "connect":
            raise Retryable(f"{self.target}: {what}: not connected")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, function)
        except ConfigError:
            raise
        except Exception as error:
            failure = classify(error, str(self.target), what)
            if isinstance(failure, Retryable) and self._pool is not None:
                failure.retry_after_s = self._pool.retry_after_s
            raise failure from None

    def _open(self) -> Any:
        if "pandas" not in sys.modules:
            # The driver's first insert would import pandas, two seconds, only to ask whether the
            # rows are a DataFrame. None is its own mark for "not installed".
            vars(options).setdefault("pd", None)
        return self._open_embedded() if self.target.path else self._open_server()

    def _open_server(self) -> Any:
        target = self.target
        self._pool = CheckedPool(self._config.ca_file, self._config.verify)
        # Every failure is raised, and logged by the delivery loop at a limited rate.
        logging.getLogger("clickhouse_connect").setLevel(logging.ERROR)
        return clickhouse_connect.get_client(
            host=target.host,
            port=target.port,
            username=target.username or None,
            password=target.password,
            interface="https" if target.secure else "http",
            pool_mgr=self._pool,
            # The driver takes whole seconds.
            connect_timeout=min(10, math.ceil(self._config.timeout)),
            send_receive_timeout=math.ceil(self._config.timeout),
            autogenerate_session_id=False,
            # The delivery loop retries with its own backoff.
            query_retries=0,
            show_clickhouse_errors="scrub",
            generic_args=dict(target.options),
        )

    def _open_embedded(self) -> Any:
        path = os.path.realpath(self.target.path)
        try:
            os.makedirs(path, mode=0o700, exist_ok=True)
        except OSError as error:
            raise Held(f"storage.clickhouse.dsn: cannot create {path}: {error.strerror}") from None
        try:
            return clickhouse_connect.get_client(interface="chdb", path=path)
        except ImportError:
            raise ConfigError(
                [
                    "storage.clickhouse.dsn: the embedded ClickHouse is not installed; "
                    "run pip install 'otel-evaluator[embedded]' or use clickhouse://…"
                ]
            ) from None
        except Error as error:
            raise ConfigError([_why_not_opened(path, str(error))]) from None


def _why_not_opened(path: str, text: str) -> str:
    if "already initialized with path" in text:
        problem = "this process has another embedded ClickHouse open; one directory per process"
    else:
        problem = (
            "it cannot be opened; most often another process has it open "
            "(the embedded engine allows one), or the directory is not writable"
        )
    return f"storage.clickhouse.dsn: {path}: {problem}; stop the other one or use clickhouse://…"


def _first_words(sql: str) -> str:
    lines = [line for line in sql.splitlines() if not line.startswith("--")]
    return " ".join(" ".join(lines).split()[:6])


def quote(values: Sequence[str]) -> str:
    """Hexadecimal ids as a list of SQL literals; ValueError for anything else."""
    if not all(value.isalnum() and value.isascii() for value in values):
        raise ValueError("not an id")
    return ", ".join(f"'{value}'" for value in values)
