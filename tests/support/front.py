"""Fixtures of the engine behind HTTP; a conftest imports them."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clickhouse_http import ClickHouseHttp

_numbers = itertools.count()


@pytest.fixture(scope="module")
def engine_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clickhouse")


@pytest.fixture
def front(engine_folder: Path) -> Iterator[ClickHouseHttp]:
    """ClickHouse over HTTP, empty."""
    with ClickHouseHttp(str(engine_folder)) as server:
        # Left where it is: the embedded engine may wait for ever in DROP.
        server.database = f"test_{next(_numbers)}"
        yield server
