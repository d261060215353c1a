"""H: stopping, reloading, bad plugins, secrets."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.fault.driver import Driver, export, send
from tests.fault.oracle import Oracle
from tests.fault.service import PATHS, Service, a_check, balance, dsn, visible
from tests.support.clickhouse_http import ClickHouseHttp, refuse
from tests.support.process import eventually

pytestmark = [pytest.mark.faultjob, pytest.mark.timeout(180)]
LENGTH = {"name": "length", "type": "length", "min": 1}
GRACE = {"grace": "4s"}


def terminate(service: Service, number: int = signal.SIGTERM) -> float:
    """Signal the front process; the time it was."""
    os.kill(service.pid, number)
    return time.monotonic()


async def until_refused(service: Service) -> float:
    """The time at which nothing is accepted any more."""
    while True:
        try:
            with_timeout = asyncio.open_connection("127.0.0.1", service.grpc_port)
            _, writer = await asyncio.wait_for(with_timeout, 1)
            writer.close()
        except OSError:
            return time.monotonic()
        await asyncio.sleep(0.02)


@pytest.mark.fault("H1")
@pytest.mark.parametrize(
    "scene", ["idle", "under load", "sinks down", "sink silent", "hanging evaluator"]
)
async def test_a_stop_refuses_at_once_and_ends_within_the_grace(
    serving: Callable[..., Service], front: ClickHouseHttp, scene: str
) -> None:
    sections: dict[str, Any] = dict(GRACE)
    if scene == "hanging evaluator":
        hang = a_check("hang") | {"timeout": "600s"}
        sections |= {"evaluators": [LENGTH, hang], "workers": 1}
    service = serving(sections).serve()
    oracle = Oracle(83)
    await send(oracle, service, 3)
    if scene == "sinks down":
        await asyncio.to_thread(service.settle)
        front.on("", *[refuse(503)] * 10_000)
        await send(oracle, service, 3)
        await asyncio.sleep(1)
    silent = threading.Event()
    if scene == "sink silent":
        front.on("INSERT", lambda request, engine: silent.wait(60) and None)
        await send(oracle, service, 3)
        await asyncio.sleep(1)
    driver = Driver(oracle, service.grpc_port)
    sending = asyncio.create_task(driver.run()) if scene == "under load" else None
    await asyncio.sleep(0.5)
    began = terminate(service)
    assert await until_refused(service) - began < 1.5
    code = await asyncio.to_thread(service.wait, 30)
    assert code == 0
    assert time.monotonic() - began < 4 + 1.5
    front.faults.clear()
    silent.set()
    kept = {name: service.config[name] for name in ("journal", "receivers")}
    again = serving(kept | {"evaluators": [LENGTH]}).serve()
    if sending is not None:
        driver.stop()
        await asyncio.wait_for(sending, 30)
    await asyncio.to_thread(again.settle)
    rows = [row for row in visible(front) if row.evaluator == "length"]
    assert oracle.verdict(rows).is_even


@pytest.mark.fault("H2")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (signal.SIGTERM, signal.SIGTERM),
        (signal.SIGINT, signal.SIGTERM),
        (signal.SIGTERM, signal.SIGHUP),
        (signal.SIGPIPE, signal.SIGTERM),
    ],
)
async def test_signals_on_signals_are_defined(
    serving: Callable[..., Service],
    front: ClickHouseHttp,
    first: signal.Signals,
    second: signal.Signals,
) -> None:
    hang = a_check("hang") | {"timeout": "600s"}
    service = serving({"evaluators": [LENGTH, hang], "workers": 1, "grace": "5s"}).serve()
    oracle = Oracle(89)
    await send(oracle, service, 3)
    await asyncio.sleep(0.6)
    terminate(service, first)
    await asyncio.sleep(0.5)
    began = terminate(service, second)
    code = await asyncio.to_thread(service.wait, 30)
    if second is signal.SIGHUP or first is signal.SIGPIPE:
        assert code == 0, service.output()
        assert not service.logged("reloaded")
    else:
        assert code == -signal.SIGKILL
        assert time.monotonic() - began < 2
    again = serving({"journal": service.config["journal"], "evaluators": [LENGTH]}).serve()
    await asyncio.to_thread(again.settle)
    rows = [row for row in visible(front) if row.evaluator == "length"]
    assert oracle.verdict(rows).is_even


BAD_FILES = {
    "syntax error": "evaluators: [",
    "unknown type": {"evaluators": [{"name": "x", "type": "nonsense"}]},
    "missing secret": {"sampling": {"base_rate": "${env:NO_SUCH_VARIABLE_IS_SET}"}},
    "other port": {"admin": {"endpoint": "127.0.0.1:1"}},
    "plugin import error": {
        "evaluators": [{"name": "x", "type": "python", "callable": "tests.fault.nowhere:check"}]
    },
    "sink away for ever": {
        "storage": {"clickhouse": {"dsn": "clickhouse://127.0.0.1:1/fault", "create_schema": False}}
    },
}


@pytest.mark.fault("H3")
async def test_a_bad_file_does_not_touch_what_runs(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    service = serving().serve()
    good = dict(service.config)
    oracle = Oracle(97)
    driver = Driver(oracle, service.grpc_port, pause_s=0.02)
    sending = asyncio.create_task(driver.run())
    for number, (name, bad) in enumerate(BAD_FILES.items(), 1):
        if isinstance(bad, str):
            service.file.write_text(bad)
        else:
            service.write(**bad)
            service.config = dict(good)
        service.reload()

        def failed(number: int = number) -> bool:
            return len(service.logged("reload_failed")) == number

        await asyncio.to_thread(eventually, failed, 30, f"{name} is said once")
        assert service.logged("reload_failed")[-1]["problem"], name
    service.write()
    service.reload()
    await asyncio.to_thread(eventually, lambda: bool(service.logged("reloaded")), 30, "reloaded")
    driver.stop()
    await asyncio.wait_for(sending, 30)
    assert driver.sent.refusals == {}, "not one request was refused"
    metrics = service.metrics()
    assert metrics['reloads_total{outcome="failed"}'] == len(BAD_FILES)
    assert metrics['reloads_total{outcome="done"}'] == 1
    await asyncio.to_thread(service.settle)
    assert oracle.verdict(visible(front)).is_even


@pytest.mark.fault("H4")
async def test_what_was_accepted_is_finished_under_the_configuration_of_its_time(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    slow = {"assembly": {"quiet": "4s", "incomplete_quiet": "5s"}}
    service = serving(slow | {"evaluators": [LENGTH, LENGTH | {"name": "leaving"}]}).serve()
    before, after = Oracle(101, evaluators=2), Oracle(103)
    await send(before, service, 3)
    service.write(
        evaluators=[LENGTH | {"min": 2}],
        assembly={"quiet": "200ms", "incomplete_quiet": "300ms"},
        sampling={"base_rate": 1.0, "seed": 5},
    )
    service.reload()
    await asyncio.to_thread(eventually, lambda: bool(service.logged("reloaded")), 30, "reloaded")
    await send(after, service, 3)
    await asyncio.to_thread(service.settle)
    rows = visible(front)
    old = [row for row in rows if row.trace_id in before.owed]
    new = [row for row in rows if row.trace_id in after.owed]
    assert before.verdict(old).is_even
    assert {row.evaluator for row in old} == {"length", "leaving"}
    assert after.verdict(new).is_even
    assert {row.evaluator for row in new} == {"length"}
    done = "the old configuration ends when nothing of it is left"
    await asyncio.to_thread(
        eventually, lambda: bool(service.logged("configuration_finished")), 20, done
    )
    assert balance(service.metrics()) == (0, 0)


@pytest.mark.fault("H6")
async def test_evaluators_that_misbehave_are_named_and_harm_no_other(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    names = ("raises", "exits", "forks", "prints", "nonsense", "blocks")
    bad = [a_check(name) | {"timeout": "1s"} for name in names]
    service = serving({"evaluators": [LENGTH, *bad], "workers": 1}).serve()
    oracle = Oracle(107, traces_per_request=2)
    await send(oracle, service, 2)
    await asyncio.to_thread(service.settle, 90)
    assert oracle.verdict([r for r in visible(front) if r.evaluator == "length"]).is_even
    metrics = service.metrics()
    for name in ("raises", "exits", "blocks"):
        failed = sum(v for n, v in metrics.items() if f'evaluator="{name}",outcome="failed"' in n)
        assert failed == 4, name
    assert service.running
    assert balance(metrics) == (0, 0)


@pytest.mark.fault("H10")
async def test_no_secret_is_ever_shown(
    serving: Callable[..., Service], front: ClickHouseHttp, tmp_path: Path
) -> None:
    secret = "s3ntinel-4711"
    front.password = secret
    token = "t0ken-sentinel"
    (tmp_path / "token").write_text(token)
    service = serving(
        {
            "storage": {
                "clickhouse": {
                    "dsn": dsn(front),
                    "username": "default",
                    "password": "${env:FAULT_PASSWORD}",
                }
            },
        },
        environment={"FAULT_PASSWORD": secret},
    )
    service.config["admin"]["bearer_tokens"] = [f"${{file:{tmp_path / 'token'}}}"]
    service.write()
    service.serve()
    oracle = Oracle(109)
    await send(oracle, service, 3)
    front.password = "another"  # so that failures are told as well
    await send(oracle, service, 3)
    await asyncio.sleep(2)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await export(service, b"\x0a\xff")
    shown = service.output() + str(refused.value) + str(service.get("/readyz"))
    shown += str(service.metrics())
    for command in (["validate", "--config", str(service.file)], ["components"]):
        ran = subprocess.run(
            [sys.executable, "-m", "otel_evaluator", *command],
            capture_output=True, text=True, timeout=60,
            env={**os.environ, **PATHS, "FAULT_PASSWORD": secret}, cwd=service.directory,
        )  # fmt: skip
        shown += ran.stdout + ran.stderr
    files = [file for file in service.journal.rglob("*") if file.is_file()]
    kept = b"".join(file.read_bytes() for file in files)
    for word in (secret, token):
        assert word not in shown
        assert word.encode() not in kept
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert service.journal.stat().st_mode & 0o777 == 0o700
