"""B: disks that are full, fail, are slow or vanish."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.fault.disk import failing, fill, needs_root, needs_strace, small_disk
from tests.fault.driver import Driver, export, send
from tests.fault.oracle import Oracle
from tests.fault.service import Service, balance, visible
from tests.support.clickhouse_http import ClickHouseHttp, refuse
from tests.support.process import eventually

pytestmark = [pytest.mark.faultjob, pytest.mark.timeout(180)]


async def is_refused(service: Service, oracle: Oracle) -> grpc.aio.AioRpcError | None:
    """The refusal of one request; None when it is taken."""
    body, trace_ids = oracle.issue()
    try:
        await export(service, body)
    except grpc.aio.AioRpcError as error:
        return error
    oracle.acknowledged(trace_ids)
    return None


async def until_refused(service: Service, oracle: Oracle, most: int = 2_000) -> Any:
    for _ in range(most):
        refusal = await is_refused(service, oracle)
        if refusal is not None:
            return refusal
    pytest.fail("nothing was refused")


def retry_info(error: grpc.aio.AioRpcError) -> bool:
    return any(key == "grpc-status-details-bin" for key, _ in error.trailing_metadata() or ())


@needs_root
@pytest.mark.fault("B1", "B2")
@pytest.mark.parametrize("reserve", ["with the reserve", "without the reserve"])
async def test_a_full_disk_refuses_loses_nothing_and_recovers(
    serving: Callable[..., Service], front: ClickHouseHttp, tmp_path: Path, reserve: str
) -> None:
    with small_disk(tmp_path / "disk", "size=24m") as disk:
        service = serving({"journal": {"path": str(disk / "journal")}}).serve()
        oracle = Oracle(23)
        await send(oracle, service, 20)
        ballast = fill(disk)
        if reserve == "without the reserve":
            (disk / "journal" / "reserve").unlink(missing_ok=True)
            ballast.unlink()
            fill(disk)
        refusal = await until_refused(service, oracle)
        assert refusal.code() is grpc.StatusCode.UNAVAILABLE
        assert retry_info(refusal)
        assert service.running
        assert not service.get("/readyz")["rooms"]["journal"]["ready"]
        ballast.unlink()

        async def taken() -> bool:
            return await is_refused(service, oracle) is None

        for _ in range(100):
            if await taken():
                break
            await asyncio.sleep(0.1)
        await send(oracle, service, 20)
        await asyncio.to_thread(service.settle)
        assert oracle.verdict(visible(front)).is_even
        assert balance(service.metrics()) == (0, 0)
        assert service.get("/readyz")["ready"]
        assert service.stop() == 0


@needs_strace
@pytest.mark.fault("B3")
async def test_a_sync_that_fails_is_never_acknowledged(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    # Every fifth sync fails: commits and checkpoints alike.
    wrapper = failing("fdatasync,fsync", "error=EIO:when=12+5")
    service = serving(wrapper=wrapper).serve(90)
    oracle = Oracle(29)
    driver = Driver(oracle, service.grpc_port, senders=4, pause_s=0.02)
    sending = asyncio.create_task(driver.run())
    await asyncio.sleep(6)
    driver.stop()
    await asyncio.wait_for(sending, 60)
    assert driver.sent.refusals.get("UNAVAILABLE", 0) > 0
    assert service.running
    assert service.logged("journal_write_failed")
    service.kill()
    again = serving({"journal": service.config["journal"]}).serve()
    await asyncio.to_thread(again.settle)
    assert oracle.verdict(visible(front)).is_even
    assert len(oracle.owed) > 50


@needs_strace
@pytest.mark.fault("B4")
async def test_a_slow_disk_delays_answers_and_group_commit_keeps_the_rate(
    serving: Callable[..., Service], front: ClickHouseHttp, record_property: Callable[..., None]
) -> None:
    service = serving(wrapper=failing("fdatasync", "delay_exit=200000")).serve(90)
    oracle = Oracle(31, traces_per_request=1)
    driver = Driver(oracle, service.grpc_port, senders=64)
    sending = asyncio.create_task(driver.run())
    await asyncio.sleep(6)
    driver.stop()
    await asyncio.wait_for(sending, 60)
    # One commit at a time could not acknowledge more than five requests a second.
    record_property("acknowledged", driver.sent.acknowledged)
    assert driver.sent.acknowledged > 6 * 5 * 4
    assert not driver.sent.refusals
    await asyncio.to_thread(service.settle, 90)
    assert oracle.verdict(visible(front)).is_even


@pytest.mark.fault("B7")
async def test_a_folder_that_vanishes_is_not_made_again_in_silence(
    serving: Callable[..., Service],
) -> None:
    service = serving().serve()
    oracle = Oracle(37)
    await send(oracle, service, 5)
    shutil.rmtree(service.journal)
    refusal = await is_refused(service, oracle)
    assert refusal is not None
    assert refusal.code() is grpc.StatusCode.UNAVAILABLE
    assert "disappeared" in str(refusal.details())
    state = service.get("/readyz")
    assert not state["ready"]
    assert "disappeared" in state["rooms"]["journal"]["problem"]
    assert not service.journal.exists()
    assert service.total("spans_received_total") > 0, "metrics are still answered"


@pytest.mark.fault("B8")
@pytest.mark.parametrize("policy", ["block", "drop_oldest", "drop_newest"])
async def test_the_configured_maximum_is_never_exceeded(
    serving: Callable[..., Service],
    front: ClickHouseHttp,
    record_property: Callable[..., None],
    policy: str,
) -> None:
    most = 8 * 2**20
    service = serving({"journal": {"path": "journal", "max_size": most, "overflow": policy}})
    service.serve()
    front.on("", *[refuse(503)] * 100_000)
    oracle = Oracle(41, traces_per_request=20)
    driver = Driver(oracle, service.grpc_port, senders=4)
    sending = asyncio.create_task(driver.run())
    sizes = []
    for _ in range(50):
        await asyncio.sleep(0.2)
        sizes.append(service.disk())
    driver.stop()
    record_property("largest_bytes", max(sizes))
    assert max(sizes) <= most
    assert max(sizes) > most // 2, "it was not filled"
    if policy == "block":
        assert driver.sent.refusals.get("UNAVAILABLE", 0) > 0
    front.faults.clear()
    await asyncio.wait_for(sending, 60)
    await asyncio.to_thread(eventually, lambda: bool(visible(front)), 60, "rows")
    await asyncio.to_thread(service.settle)
    assert balance(service.metrics()) == (0, 0)
    verdict = oracle.verdict(visible(front))
    assert verdict.duplicated == verdict.altered == verdict.unknown == set()
    metrics = service.metrics()
    dropped = {name: value for name, value in metrics.items() if 'overload"' in name and value}
    if policy == "drop_oldest":
        assert verdict.lost
        assert any(name.startswith("outcomes_dropped_total") for name in dropped)
    else:
        assert not verdict.lost
    if policy == "drop_newest":
        assert any(name.startswith("spans_dropped_total") for name in dropped)
