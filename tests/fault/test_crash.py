"""A: kills at any moment. What was acknowledged is found once, exactly as it was sent."""

import asyncio
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from otel_evaluator.judges.rubrics import RUBRICS
from tests.fault.driver import Driver, export, send
from tests.fault.oracle import Oracle
from tests.fault.service import (
    Service,
    a_check,
    ask,
    balance,
    doubled_spans,
    rolled_up,
    sabotaged,
    visible,
)
from tests.support.clickhouse_http import Answer, ClickHouseHttp, Request
from tests.support.judge_server import JudgeServer, says
from tests.support.process import eventually, http_ok

pytestmark = pytest.mark.faultjob

INCOMPLETE = """
SELECT countIf(NOT Complete) FROM {db}.otel_evaluator_scores FORMAT JSONCompactEachRow
"""
KILLS = int(os.environ.get("FAULT_KILLS") or 20)


async def kill_again_and_again(service: Service, driver: Driver, kills: int, seed: int) -> None:
    """Kill a service under load every 0.3 to 2 seconds, and start it again."""
    source = random.Random(seed)
    sending = asyncio.create_task(driver.run())
    for _ in range(kills):
        await asyncio.sleep(source.uniform(0.3, 2.0))
        service.kill()
        service.start()
        if source.random() < 0.8:
            # The others are killed while they start.
            await asyncio.to_thread(service.wait_ready, http_ok(f"{service.admin}/readyz"), 60)
    driver.stop()
    if not service.running:
        service.start()
    await asyncio.to_thread(service.wait_ready, http_ok(f"{service.admin}/readyz"), 60)
    await asyncio.wait_for(sending, 60)


@pytest.mark.fault("A1")
@pytest.mark.timeout(60 + KILLS * 8)
@pytest.mark.parametrize("which", ["fixed seed", "fresh seed"])
async def test_nothing_acknowledged_is_lost_or_doubled_by_kills(
    serving: Callable[..., Service],
    front: ClickHouseHttp,
    fresh_seed: int,
    record_property: Callable[[str, Any], None],
    which: str,
) -> None:
    seed = 7 if which == "fixed seed" else fresh_seed
    service = serving().serve()
    oracle = Oracle(seed)
    driver = Driver(oracle, service.grpc_port, senders=8, pause_s=0.015, seed=seed)
    await kill_again_and_again(service, driver, KILLS // 2, seed)
    await asyncio.to_thread(service.settle)
    assert balance(service.metrics()) == (0, 0)
    verdict = oracle.verdict(visible(front))
    figures = {
        "kills": KILLS // 2,
        "acknowledged": len(oracle.owed),
        "lost": len(verdict.lost),
        "duplicated": len(verdict.duplicated) + len(doubled_spans(front)),
        "altered": len(verdict.altered),
        "unknown": len(verdict.unknown),
    }
    for name, value in figures.items():
        record_property(name, value)
    print(figures)
    assert len(oracle.owed) > 5 * KILLS
    assert verdict.is_even, figures
    assert doubled_spans(front) == []
    assert rolled_up(front) == len({row.trace_id for row in visible(front)})


@pytest.mark.fault("A6")
async def test_a_kill_between_the_sinks_commit_and_our_note_leaves_one_row(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    service = serving().serve()
    oracle = Oracle(11)
    held = threading.Event()

    def commit_then_hold(request: Request, engine: Callable[[Request], Answer]) -> Answer | None:
        engine(request)
        held.set()
        time.sleep(3)
        return None

    front.on("INSERT", commit_then_hold)
    await send(oracle, service, requests=6)
    assert await asyncio.to_thread(held.wait, 20)
    service.kill()
    await asyncio.to_thread(service.serve)
    await asyncio.to_thread(service.settle)
    assert oracle.verdict(visible(front)).is_even
    assert len(oracle.owed) == rolled_up(front) == 24
    assert doubled_spans(front) == []


@pytest.mark.fault("A7")
@pytest.mark.timeout(180)
async def test_a_process_that_stands_still_and_goes_on_doubles_nothing(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    service = serving().serve()
    oracle = Oracle(13)
    driver = Driver(oracle, service.grpc_port, pause_s=0.05)
    sending = asyncio.create_task(driver.run())
    await asyncio.sleep(1)
    service.pause()
    await asyncio.sleep(12)  # past the senders' deadline of 5 s
    service.resume()
    await asyncio.sleep(2)
    driver.stop()
    await asyncio.wait_for(sending, 30)
    await asyncio.to_thread(service.settle)
    assert driver.sent.refusals.get("DEADLINE_EXCEEDED", 0) > 0
    assert oracle.verdict(visible(front)).is_even
    assert all(row.value for row in visible(front))
    assert not [r for r in ask(front, INCOMPLETE) if r[0]], "traces were closed before their time"


@pytest.mark.fault("A8")
def test_a_second_process_on_the_same_folder_is_refused(serving: Callable[..., Service]) -> None:
    first = serving().serve()
    second = serving({"journal": {"path": str(first.journal)}}).start()
    assert second.wait(30) == 1
    (line,) = second.logged("start_failed")
    assert "is in use by another process" in line["problem"]
    assert str(first.journal) in line["problem"]
    assert first.get("/readyz")["ready"]


@pytest.mark.fault("G4")
async def test_what_is_sent_again_after_a_lost_answer_is_evaluated_once(
    serving: Callable[..., Service], front: ClickHouseHttp, tmp_path: Path
) -> None:
    log = tmp_path / "calls"
    service = serving({"evaluators": [a_check("count", log=str(log))]}).serve()
    oracle = Oracle(17)
    body, trace_ids = oracle.issue()
    for pause in (0.0, 0.0, 1.5, 1.5):  # at once, and after the traces were evaluated
        await asyncio.sleep(pause)
        await export(service, body)
    oracle.acknowledged(trace_ids)
    await asyncio.to_thread(service.settle)
    service.kill()
    await asyncio.to_thread(service.serve)
    await export(service, body)  # and after a crash
    await asyncio.sleep(1)
    await asyncio.to_thread(service.settle)
    assert len(log.read_text().split()) == len(trace_ids)
    rows = visible(front)
    assert sorted(row.trace_id for row in rows) == sorted(trace_ids)
    assert doubled_spans(front) == []
    assert balance(service.metrics()) == (0, 0)


@pytest.mark.fault("A5")
async def test_a_kill_between_evaluation_and_outbox_costs_one_more_evaluation(
    serving: Callable[..., Service], front: ClickHouseHttp, tmp_path: Path
) -> None:
    log = tmp_path / "calls"
    # The process dies in the transaction that would have kept what the evaluation gave.
    sections = {"evaluators": [a_check("count", log=str(log))]}
    service = serving(sections, **sabotaged("die_in_outbox")).serve()
    oracle = Oracle(19, traces_per_request=1)
    body, trace_ids = oracle.issue()
    await export(service, body)
    oracle.acknowledged(trace_ids)
    assert await asyncio.to_thread(service.wait, 20) == -9
    assert visible(front) == []
    again = serving(sections | {"journal": service.config["journal"]})
    await asyncio.to_thread(again.serve)
    await asyncio.to_thread(eventually, lambda: len(visible(front)) == 1, 20, "one row")
    assert log.read_text().split() == ["called"] * 2
    assert oracle.verdict(visible(front)).is_even


def asked(judge: JudgeServer) -> int:
    """Questions about subjects: a start asks one by the rubric's own example."""
    example = next(iter(RUBRICS["answer_relevance"].examples[0].evidence.values()))
    return sum(example not in body["messages"][1]["content"] for body in judge.bodies)


@pytest.mark.fault("A5", "D3")
async def test_a_subject_that_waits_for_its_judge_is_judged_after_a_kill(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    async with JudgeServer(then=says(4), delay_s=30) as judge:
        evaluator = {"name": "relevance", "type": "judge", "rubric": "answer_relevance"}
        endpoint = {"base_url": judge.url, "local": True, "model": "scripted"}
        service = serving({"evaluators": [evaluator], "judges": {"default": endpoint}}).serve()
        oracle = Oracle(89)
        await send(oracle, service, 1)
        await asyncio.to_thread(eventually, lambda: asked(judge) == 4, 30, "asked")
        service.kill()
        judge.delay_s = 0.0
        service.serve()
        await asyncio.to_thread(service.settle)
        verdict = oracle.verdict(visible(front))
        assert verdict.lost == verdict.duplicated == verdict.unknown == set()
        assert {row.value for row in visible(front)} == {0.75}
        assert asked(judge) == 8, "once before the kill, once after it"
