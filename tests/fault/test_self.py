"""The harness against a product with one promise broken on purpose: it must notice each.

A checker that has never failed proves nothing.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from otel_evaluator.errors import Retryable
from otel_evaluator.write.otlp import sink
from tests.fault.driver import Driver, send
from tests.fault.oracle import Oracle, Verdict
from tests.fault.service import Service, doubled_spans, rolled_up, sabotaged, visible
from tests.fault.test_clock import closes_early, needs_faketime, partial_success_is_sent_once
from tests.support.clickhouse_http import ClickHouseHttp, commit_then_drop
from tests.support.process import http_ok

pytestmark = [pytest.mark.faultjob, pytest.mark.timeout(120), pytest.mark.fault("self")]


async def after_a_kill(service: Service, front: ClickHouseHttp, seconds: float) -> Verdict:
    """What the oracle says after one kill under load."""
    service.serve()
    oracle = Oracle(int(seconds * 1000))
    driver = Driver(oracle, service.grpc_port, pause_s=0.01)
    sending = asyncio.create_task(driver.run())
    await asyncio.sleep(seconds)
    service.kill()
    driver.stop()
    service.start()
    await asyncio.to_thread(service.wait_ready, http_ok(f"{service.admin}/readyz"), 60)
    await asyncio.wait_for(sending, 60)
    await asyncio.sleep(2.5)
    return oracle.verdict(visible(front))


@pytest.mark.parametrize("how", ["acknowledge_before_commit", "delete_before_checkpoint"])
async def test_a_promise_broken_around_the_journal_is_seen_as_loss(
    serving: Callable[..., Service], front: ClickHouseHttp, how: str
) -> None:
    verdict = await after_a_kill(serving(**sabotaged(how)), front, 2.0)
    assert verdict.lost, how


async def test_a_batch_sent_again_without_its_token_is_seen(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    service = serving(**sabotaged("no_token")).serve()
    oracle = Oracle(151)
    await send(oracle, service, 1)
    await asyncio.to_thread(service.settle)
    front.on("INSERT", *[commit_then_drop] * 2)
    await send(oracle, service, 3)
    await asyncio.to_thread(service.settle)
    seen = len(visible(front))
    assert doubled_spans(front) or rolled_up(front) != seen


@needs_faketime
async def test_timers_by_the_wall_clock_are_seen(
    serving: Callable[..., Service], tmp_path: Path
) -> None:
    assert await closes_early(serving, tmp_path, sabotaged("wall_clock_timers"))


async def test_a_partial_success_that_is_sent_again_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def again(signal: str, answer: bytes) -> int:
        raise Retryable("some were rejected")

    assert await partial_success_is_sent_once()
    monkeypatch.setattr(sink, "_rejected", again)
    assert not await partial_success_is_sent_once()
