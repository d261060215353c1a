"""G: the clock that people set jumps; the service waits by the other one."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_evaluator.metrics import Metrics
from otel_evaluator.write.otlp import OtlpExporterConfig, OtlpWriter
from tests.fault.driver import send
from tests.fault.oracle import Oracle
from tests.fault.service import Service, visible
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.outcomes import a_batch

QUIET = {"assembly": {"quiet": "5s", "incomplete_quiet": "6s"}}


def faketime_library() -> str:
    """Path of libfaketime; empty when it is not installed."""
    if shutil.which("faketime") is None:
        return ""
    asked = ["faketime", "-f", "+0", "printenv", "LD_PRELOAD"]
    ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    return ran.stdout.strip()


needs_faketime = pytest.mark.skipif(
    shutil.which("faketime") is None, reason="faketime is not installed (apt-get install faketime)"
)


def with_settable_clock(tmp_path: Path) -> tuple[dict[str, str], Path]:
    """Environment of a process whose wall clock is the machine's plus what the file says."""
    offset = tmp_path / "offset"
    offset.write_text("+0")
    return {
        "LD_PRELOAD": faketime_library(),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # With other times of its files every module is compiled again.
        "NO_FAKE_STAT": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }, offset


async def closes_early(
    serving: Callable[..., Service], tmp_path: Path, options: dict[str, Any], jump: str = "+3600"
) -> bool:
    """Whether open traces are closed when the wall clock jumps."""
    environment, offset = with_settable_clock(tmp_path)
    environment |= options.pop("environment", {})
    service = serving(QUIET, environment=environment, **options).serve()
    await send(Oracle(157), service, 2)
    assert service.total("open_traces") == 8
    offset.write_text(jump)
    # The clock's library looks at its file once a second.
    for _ in range(25):
        await asyncio.sleep(0.1)
        if service.total("open_traces") < 8:
            return True
    return False


@needs_faketime
@pytest.mark.faultjob
@pytest.mark.fault("G1")
@pytest.mark.parametrize("jump", ["+3600", "-3600", "+10y", "-10y"])
async def test_a_jump_of_the_wall_clock_closes_nothing_early_and_stalls_nothing(
    serving: Callable[..., Service], front: ClickHouseHttp, tmp_path: Path, jump: str
) -> None:
    environment, offset = with_settable_clock(tmp_path)
    service = serving(QUIET, environment=environment).serve()
    oracle = Oracle(163)
    await send(oracle, service, 2)
    offset.write_text(jump)
    await asyncio.sleep(1.5)
    assert service.total("open_traces") == 8
    await asyncio.to_thread(service.settle, 20)
    assert oracle.verdict(visible(front)).is_even


async def partial_success_is_sent_once() -> bool:
    """Whether a batch that a receiver took in part is left alone from then on."""
    sent = []
    answer = ExportTraceServiceResponse()
    answer.partial_success.rejected_spans = 1

    class Once:
        async def send(self, signal: str, request: bytes) -> bytes:
            sent.append(request)
            return answer.SerializeToString()

        async def aclose(self) -> None: ...

    writer = OtlpWriter(OtlpExporterConfig(endpoint="http://127.0.0.1:1"), metrics=Metrics())
    writer._transport = Once()  # type: ignore[assignment]
    batch = a_batch()
    for _ in range(2):
        try:
            await writer.write(batch)
        except Exception:
            continue  # as a lane does
        break
    return len(sent) == 1
