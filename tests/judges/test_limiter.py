import asyncio

import pytest

from otel_evaluator.judges.breaker import FAILURES, FIRST_PAUSE_S, Breaker
from otel_evaluator.judges.limiter import CUT, START, Limiter
from otel_evaluator.testing.doubles import ManualClock


async def fill(limiter: Limiter) -> list[float]:
    """Take every turn there is."""
    return [await limiter.acquire() for _ in range(int(limiter.limit) - limiter.in_flight)]


async def round_of_answers(limiter: Limiter) -> None:
    await fill(limiter)
    for _ in range(limiter.in_flight):
        limiter.answered()
        limiter.release()
        await fill(limiter)


@pytest.mark.fault("D1")
async def test_a_refusal_cuts_once_an_episode_and_growth_follows():
    clock = ManualClock()
    limiter = Limiter(64, clock)
    assert limiter.limit == START
    while limiter.limit < 64:
        await fill(limiter)
        limiter.answered()
    turns = await fill(limiter) or [0.0]
    clock.advance(1)
    for started in [*turns, 0.0, 0.5]:
        limiter.refused(started, None)
    assert limiter.limit == 64 * CUT
    clock.advance(1)
    limiter.refused(clock.monotonic(), None)
    assert limiter.limit == 64 * CUT * CUT
    before = limiter.limit
    for _ in range(int(before)):
        limiter.answered()
    assert before * 1.04 < limiter.limit < before * 1.06


@pytest.mark.fault("D1")
async def test_the_limit_never_falls_below_one_call():
    clock = ManualClock()
    limiter = Limiter(8, clock)
    for _ in range(50):
        clock.advance(1)
        limiter.refused(clock.monotonic(), None)
    assert limiter.limit == 1
    await asyncio.wait_for(limiter.acquire(), 1)


async def test_no_more_than_the_limit_in_flight_and_in_order():
    limiter = Limiter(2, ManualClock())
    taken: list[int] = []

    async def take(number: int) -> None:
        await limiter.acquire()
        taken.append(number)

    tasks = [asyncio.create_task(take(n)) for n in range(5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert taken == [0, 1]
    tasks[2].cancel()
    await asyncio.sleep(0)
    limiter.release()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert taken == [0, 1, 3]
    limiter.release()
    await tasks[4]
    assert (limiter.in_flight, limiter.waiting) == (2, 0)


async def test_a_turn_that_came_while_it_was_given_up_is_passed_on():
    limiter = Limiter(1, ManualClock())
    await limiter.acquire()
    first, second = (asyncio.create_task(limiter.acquire()) for _ in range(2))
    await asyncio.sleep(0)
    limiter.release()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await asyncio.wait_for(second, 1)
    assert limiter.in_flight == 1


@pytest.mark.fault("D1")
async def test_nobody_is_let_through_before_the_time_the_endpoint_named():
    clock = ManualClock()
    limiter = Limiter(4, clock)
    limiter.refused(await limiter.acquire(), 0.2)
    limiter.release()
    waiting = asyncio.create_task(limiter.acquire())
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.advance(0.2)
    await asyncio.wait_for(waiting, 5)


@pytest.mark.fault("D2")
def test_the_breaker_opens_probes_once_and_closes():
    clock = ManualClock()
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        assert breaker.wait_s() == 0
        breaker.failed()
    assert breaker.is_open
    assert breaker.wait_s() == FIRST_PAUSE_S
    clock.advance(FIRST_PAUSE_S)
    assert breaker.wait_s() == 0
    assert breaker.wait_s() > 0, "one probe at a time"
    breaker.failed()
    assert breaker.wait_s() == 2 * FIRST_PAUSE_S
    clock.advance(2 * FIRST_PAUSE_S)
    assert breaker.wait_s() == 0
    breaker.abandoned()
    assert breaker.wait_s() == 0
    breaker.succeeded()
    assert not breaker.is_open
