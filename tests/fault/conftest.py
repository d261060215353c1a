"""The engine behind HTTP, and a service in front of it; both end with the test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fault.service import Service
from tests.support.clickhouse_http import ClickHouseHttp


@pytest.fixture
def serving(tmp_path: Path, front: ClickHouseHttp) -> Iterator[Callable[..., Service]]:
    """Make a service in front of the engine; whatever was started is killed."""
    made: list[Service] = []

    def make(sections: dict[str, Any] | None = None, **options: Any) -> Service:
        folder = options.pop("directory", tmp_path / f"service-{len(made)}")
        made.append(Service(folder, front, sections, **options))
        return made[-1]

    yield make
    for each in made:
        each.kill()


@pytest.fixture
def fresh_seed(record_property: Callable[[str, Any], None]) -> int:
    """Another seed each time, printed so that a failure can be repeated with FAULT_SEED."""
    seed = int(os.environ.get("FAULT_SEED") or int.from_bytes(os.urandom(3), "big"))
    print(f"FAULT_SEED={seed}")
    record_property("seed", seed)
    return seed
