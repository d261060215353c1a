"""The embedded engine: one directory per process, one process per directory."""

import subprocess
import sys

import pytest

from otel_evaluator.errors import ConfigError
from otel_evaluator.write.clickhouse import ClickHouseConfig, ClickHouseWriter

OTHER_PROCESS = """
import asyncio, sys
from otel_evaluator.clock import SystemClock
from otel_evaluator.errors import ConfigError
from otel_evaluator.write.clickhouse import ClickHouseConfig, ClickHouseWriter

async def main():
    writer = ClickHouseWriter(ClickHouseConfig(dsn=f"chdb://{sys.argv[1]}"), SystemClock())
    try:
        await writer.start()
    except ConfigError as error:
        print(error)
    await writer.aclose()

asyncio.run(main())
"""


def test_a_second_process_is_told_why(engine) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, str(engine.path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "storage.clickhouse.dsn" in done.stdout
    assert str(engine.path) in done.stdout
    assert "another process has it open" in done.stdout


async def test_a_second_directory_is_told_why(engine, clock, tmp_path) -> None:
    writer = ClickHouseWriter(ClickHouseConfig(dsn=f"chdb://{tmp_path}"), clock)
    with pytest.raises(ConfigError, match="one directory per process"):
        await writer.start()
    await writer.aclose()


async def test_the_same_directory_twice_in_one_process_works(configure, clock) -> None:
    writers = [ClickHouseWriter(configure(), clock) for _ in range(2)]
    for writer in writers:
        await writer.start()
    for writer in writers:
        await writer.aclose()
