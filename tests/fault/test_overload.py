"""F: more than can be done, from many, for long."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_evaluator.testing.builders import an_export_request
from tests.fault.driver import Driver, export, send
from tests.fault.oracle import Oracle
from tests.fault.service import Service, a_check, balance, visible
from tests.support.clickhouse_http import ClickHouseHttp, refuse
from tests.support.judge_server import JudgeServer
from tests.support.process import eventually

pytestmark = [pytest.mark.faultjob, pytest.mark.timeout(240)]
LENGTH = {"name": "length", "type": "length", "min": 1}
CEILING = 512 * 2**20
SECONDS = int(os.environ.get("FAULT_SECONDS") or 10)


@pytest.mark.fault("F1", "F4")
async def test_overload_is_refused_with_advice_in_bounded_memory_and_passes(
    serving: Callable[..., Service], front: ClickHouseHttp, record_property: Callable[..., Any]
) -> None:
    assembly = {"quiet": "200ms", "incomplete_quiet": "300ms", "max_memory": "4MiB"}
    evaluators = [a_check("slow", seconds=0.004)]
    service = serving({"assembly": assembly, "evaluators": evaluators}, core=1).serve()
    oracle = Oracle(113, traces_per_request=10)
    driver = Driver(oracle, service.grpc_port, senders=50)
    sending = asyncio.create_task(driver.run())
    slowest = 0.0
    for _ in range(SECONDS * 2):
        await asyncio.sleep(0.5)
        began = time.monotonic()
        metrics = await asyncio.to_thread(service.metrics)
        slowest = max(slowest, time.monotonic() - began)
        assert balance(metrics) == (0, 0), "at every scrape"
    driver.stop()
    await asyncio.wait_for(sending, 120)
    record_property("peak_bytes", service.memory())
    record_property("slowest_scrape_s", round(slowest, 3))
    record_property("refusals", sum(driver.sent.refusals.values()))
    assert driver.sent.refusals.get("UNAVAILABLE", 0) > 50
    assert set(driver.sent.refusals) == {"UNAVAILABLE"}
    assert service.memory() < CEILING
    advised = driver.sent.delays
    assert len(advised) == driver.sent.refusals["UNAVAILABLE"], "each refusal says when"
    assert len({round(delay, 3) for delay in advised}) > 10, "spread"
    tenth = max(1, len(advised) // 10)
    assert sum(advised[-tenth:]) / tenth > sum(advised[:tenth]) / tenth, "growing"
    await asyncio.to_thread(service.settle, 120)
    assert oracle.verdict(visible(front)).is_even
    assert not (await refusals(service))


async def refusals(service: Service) -> int:
    """How many of some requests are refused now."""
    count = 0
    for number in range(5):
        try:
            await export(service, an_export_request(1, first=9_000_000 + number))
        except grpc.aio.AioRpcError:
            count += 1
    return count


@pytest.mark.fault("F1", "D3")
async def test_what_waits_for_a_judge_waits_on_disk_and_outlives_a_kill(
    serving: Callable[..., Service], front: ClickHouseHttp, record_property: Callable[..., Any]
) -> None:
    async with JudgeServer(delay_s=20.0) as server:
        default = {"base_url": server.url, "local": True, "model": "scripted-1"}
        relevance = {"name": "relevance", "type": "judge", "rubric": "answer_relevance"}
        sections = {
            "assembly": {"quiet": "200ms", "incomplete_quiet": "300ms", "max_memory": "1MiB"},
            "judges": {"default": default | {"price": {"input": 0, "output": 0}}},
            "evaluators": [relevance, LENGTH],
        }
        service = serving(sections).serve()
        oracle = Oracle(151, traces_per_request=20)
        await send_until_taken(oracle, service, 50)

        def is_full() -> bool:
            return service.metrics()["queue_subjects"] == 1000

        await asyncio.to_thread(eventually, is_full, 30, "subjects that wait")
        await send(oracle, service, 50)  # none is refused
        await asyncio.to_thread(eventually, lambda: bool(service.logged("assembly_behind")), 5, "")
        held = service.metrics()["held_bytes"]
        record_property("held_bytes", int(held))
        assert held < 2 * 2**20
        await asyncio.to_thread(service.kill)
        service.serve()
        await send(oracle, service, 20)
        server.delay_s = 0.0
        await asyncio.to_thread(service.settle, 120)
    rows = visible(front)
    assert sum(row.evaluator == "relevance" for row in rows) == 2400
    assert oracle.verdict([row for row in rows if row.evaluator == "length"]).is_even


async def send_until_taken(oracle: Oracle, service: Service, requests: int) -> None:
    """As ``send``, coming back when told to: traces that are still open fill the memory too."""
    for _ in range(requests):
        body, trace_ids = oracle.issue()
        while not await taken(service, body):
            await asyncio.sleep(0.1)
        oracle.acknowledged(trace_ids)


@pytest.mark.fault("F2")
async def test_one_slow_evaluator_does_not_hold_up_requests(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    slow = a_check("slow", seconds=2.0) | {"when": "signals.turns > 99"}
    hanging = a_check("hang") | {"timeout": "1s"}
    service = serving({"evaluators": [LENGTH, slow, hanging], "workers": 2}).serve()
    oracle = Oracle(127)
    await send(oracle, service, 1)
    rows: list[Any] = []

    def scored() -> bool:
        rows[:] = [row for row in visible(front) if row.evaluator == "length"]
        return len(rows) == 4

    await asyncio.to_thread(eventually, scored, 90, "the fast evaluator's scores")
    await asyncio.to_thread(service.settle)
    assert scored()
    assert oracle.verdict(rows).is_even
    assert service.total("worker_restarts_total") > 0


@pytest.mark.fault("F3")
async def test_readers_that_do_not_read_change_nothing(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    service = serving().serve()
    oracle = Oracle(131)
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            reader = socket.create_connection(("127.0.0.1", service.admin_port), 5)
            stack.callback(reader.close)
            reader.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await send(oracle, service, 20)
        await asyncio.to_thread(service.settle)
        assert oracle.verdict(visible(front)).is_even


@pytest.mark.fault("F3")
async def test_a_log_that_nobody_reads_changes_nothing(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    # sleep(1) never reads its standard input: the pipe is full after 64 KiB of log.
    service = serving(wrapper=("bash", "-c", '"$@" 2>&1 | sleep 3600', "-"))
    service.serve()
    oracle = Oracle(137)
    with contextlib.closing(socket.socket()):
        for _ in range(400):
            with contextlib.suppress(grpc.aio.AioRpcError):
                await export(service, b"\x0a\xff")
    await send(oracle, service, 20)
    await asyncio.to_thread(service.settle)
    assert oracle.verdict(visible(front)).is_even


@pytest.mark.fault("F6")
async def test_a_hundred_thousand_names_leave_the_number_of_series_as_it_was(
    serving: Callable[..., Service], front: ClickHouseHttp, record_property: Callable[..., Any]
) -> None:
    service = serving({"sampling": {"base_rate": 0.1}}).serve()
    await send(Oracle(139), service, 2)
    await asyncio.to_thread(service.settle)
    front.on("", *[refuse(503)] * 100_000)  # rows are of no interest here
    before, names = len(service.metrics()), 0
    for first in range(0, 100_000, 500):
        request = ExportTraceServiceRequest.FromString(
            an_export_request(500, first=10_000_000 + first, other_spans=0)
        )
        spans = request.resource_spans[0].scope_spans[2].spans
        for number, span in enumerate(spans):
            name = f"name-{first + number}"
            for attribute in span.attributes:
                if attribute.key in ("gen_ai.request.model", "gen_ai.response.model"):
                    attribute.value.string_value = name
            for key in ("gen_ai.conversation.id", "gen_ai.agent.name", "user.id"):
                span.attributes.add(key=key).value.string_value = name
        request.resource_spans[0].resource.attributes[0].value.string_value = f"service-{first}"
        names += len(spans)
        while await taken(service, request.SerializeToString()) is False:
            await asyncio.sleep(0.1)
    assert names == 100_000
    record_property("peak_bytes", service.memory())
    # Series of new evaluator outcomes and sink failures appear; names of traffic do not.
    assert len(service.metrics()) - before < 150
    assert not [name for name in service.metrics() if "name-" in name or "service-" in name]
    assert service.memory() < 2 * CEILING


async def taken(service: Service, body: bytes) -> bool:
    try:
        await export(service, body)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False
    return True


@pytest.mark.fault("F5")
@pytest.mark.nightly
@pytest.mark.timeout(2400)
async def test_half_an_hour_at_half_load_leaks_nothing(
    serving: Callable[..., Service], front: ClickHouseHttp, record_property: Callable[..., Any]
) -> None:
    service = serving().serve()
    oracle = Oracle(149)
    driver = Driver(oracle, service.grpc_port, senders=4, pause_s=0.02)
    sending = asyncio.create_task(driver.run())
    points = []
    for minute in range(30):
        await asyncio.sleep(60)
        if minute >= 10:
            points.append((minute, service.resident(), service.descriptors()))
    driver.stop()
    await asyncio.wait_for(sending, 30)
    middle = len(points) // 2
    early = sum(size for _, size, _ in points[:middle]) / middle
    late = sum(size for _, size, _ in points[middle:]) / (len(points) - middle)
    slope = (late - early) / 10
    record_property("bytes_per_minute", round(slope))
    assert slope < 2**20
    assert max(fds for *_, fds in points) - min(fds for *_, fds in points) < 20
    await asyncio.to_thread(service.settle)
    assert oracle.verdict(visible(front)).is_even
