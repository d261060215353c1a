"""One engine per test module, one database per test.

The embedded engine opens one directory per process; modules are run one after the other, and
each holds its directory open so that its tests do not pay for opening it.
"""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest

from otel_evaluator.testing.doubles import ManualClock
from otel_evaluator.write.clickhouse import ClickHouseConfig, ClickHouseWriter

_numbers = itertools.count()


class Engine:
    """The raw engine beside the writer: for making tables and looking at rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.client = clickhouse_connect.get_client(interface="chdb", path=str(path))

    def run(self, sql: str) -> None:
        self.client.command(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.client.query(sql).result_rows]

    def value(self, sql: str) -> Any:
        return self.rows(sql)[0][0]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = Engine(tmp_path_factory.mktemp("clickhouse"))
    yield engine
    engine.client.close()


@pytest.fixture
def database(engine: Engine) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    engine.run(f"CREATE DATABASE {name}")
    engine.run(f"USE {name}")
    yield name
    # Left where it is: the embedded engine may wait for ever in DROP DATABASE.
    engine.run("USE default")


@pytest.fixture
def configure(engine: Engine, database: str) -> Callable[..., ClickHouseConfig]:
    def make(**settings: Any) -> ClickHouseConfig:
        # The tests' clock stands in the past: without ttl=0 merges would delete their rows.
        defaults = {"dsn": f"chdb://{engine.path}", "database": database, "ttl": 0}
        values = {**defaults, "rollup_ttl": 0, **settings}
        return ClickHouseConfig.model_validate(values)

    return make


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def writer(
    configure: Callable[..., ClickHouseConfig], clock: ManualClock
) -> AsyncIterator[ClickHouseWriter]:
    writer = ClickHouseWriter(configure(), clock)
    await writer.start()
    yield writer
    await writer.aclose()
