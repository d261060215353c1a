import asyncio
import os
import threading
import time

import psutil
import pytest

from otel_evaluator.evaluate.pool import TaskLost, WorkerPool
from otel_evaluator.metrics import Metrics
from tests.support.process import eventually
from tests.support.worker_tasks import Task, without

FACTORY = "tests.support.worker_tasks:build"
TIMEOUTS = [0.6, 0.6, 30.0]
"""Of the first, second and third step."""


def a_pool(size, argument="", timeouts=TIMEOUTS, metrics=None):
    return WorkerPool(size, FACTORY, argument, timeouts, without, metrics or Metrics())


class Pool:
    """A started pool; nothing may be left of it at the end."""

    def __init__(self, size):
        self.metrics = Metrics()
        self.pool = a_pool(size, metrics=self.metrics)

    async def __aenter__(self):
        await self.pool.start()
        return self

    async def __aexit__(self, *exception):
        children = self.children()
        await self.pool.aclose()
        _, alive = psutil.wait_procs(children, 5)
        assert not alive
        assert self.pool.pids == []

    def children(self):
        return [psutil.Process(pid) for pid in self.pool.pids]

    def restarts(self, reason):
        return self.metrics.value("worker_restarts_total", reason=reason)

    async def all(self, *tasks):
        return await asyncio.gather(*map(self.pool.process, tasks), return_exceptions=True)


def steps(result):
    """A result without the task's name and the process id."""
    return result[1:-1]


async def test_many_tasks_over_two_processes_keep_their_results_apart():
    async with Pool(2) as pool:
        assert len(set(pool.pool.pids)) == 2
        assert os.getpid() not in pool.pool.pids
        tasks = [Task(["ok", "sleep" if n % 10 == 0 else "ok"], str(n)) for n in range(200)]
        results = await asyncio.wait_for(pool.all(*tasks), 30)
        assert [result[0] for result in results] == [str(n) for n in range(200)]
        assert {result[-1] for result in results} == set(pool.pool.pids)
        assert pool.pool.waiting == 0
        assert pool.restarts("timeout") == pool.restarts("crash") == 0


async def test_steps_that_hang_or_end_their_process_fail_alone():
    async with Pool(1) as pool:
        before = pool.pool.pids
        started = time.monotonic()
        results = await pool.all(
            Task(["ok", "ok"], "before"),
            Task(["ok", "hang", "ok"], "hangs"),
            Task(["exit", "ok"], "exits"),
            Task(["ok", "kill"], "killed"),
            Task(["hang", "exit"], "both"),
            Task(["ok", "ok"], "after"),
        )
        assert [steps(result) for result in results] == [
            ["ok", "ok"],
            ["ok", "timeout", "ok"],
            ["crash", "ok"],
            ["ok", "crash"],
            ["timeout", "crash"],
            ["ok", "ok"],
        ]
        assert [result[0] for result in results] == [
            *("before", "hangs", "exits", "killed", "both", "after")
        ]
        assert time.monotonic() - started < 2 * 3.0 + 6, "waited for what hangs"
        assert (pool.restarts("timeout"), pool.restarts("crash")) == (2, 3)
        assert pool.pool.pids != before
        assert not any(psutil.pid_exists(pid) for pid in before)


async def test_a_task_that_takes_its_worker_along_outside_of_steps_is_given_up():
    async with Pool(1) as pool:
        # Many results before, so that what is noted of them is out of the next batch's range.
        await pool.all(*(Task(["ok"], str(n)) for n in range(40)))
        results = await pool.all(
            Task(["ok"], "fine"), Task(["ok", "outside:exit"], "lost"), Task(["ok"], "fine too")
        )
        assert [steps(results[0]), steps(results[2])] == [["ok"], ["ok"]]
        assert isinstance(results[1], TaskLost)
        (alone,) = await pool.all(Task(["outside:exit"]))
        assert isinstance(alone, TaskLost)
        (unsendable,) = await pool.all(Task(["lambda"]))
        assert isinstance(unsendable, TaskLost)
        assert steps((await pool.all(Task(["ok"])))[0]) == ["ok"]


@pytest.mark.parametrize("size", [0, 1])
async def test_a_task_that_hangs_outside_of_steps_is_given_up(size, monkeypatch):
    monkeypatch.setattr("otel_evaluator.evaluate.pool.BETWEEN_STEPS_S", 0.5)
    async with Pool(size) as pool:
        await asyncio.sleep(0.6)  # a worker that waits for work is not late
        results = await pool.all(Task(["ok"]), Task(["outside:hang", "ok"]), Task(["sleep"] * 3))
        assert [steps(results[0]), steps(results[2])] == [["ok"], ["sleep"] * 3]
        assert isinstance(results[1], TaskLost)
        assert pool.restarts("timeout") == 2


async def test_a_worker_that_is_killed_while_idle_is_replaced_and_no_task_suffers():
    async with Pool(1) as pool:
        await pool.all(*(Task(["ok"]) for _ in range(20)))
        for _ in range(2):
            (process,) = pool.children()
            process.kill()
            # Not waited for: the pool must find out by itself.
            eventually(lambda p=process: p.status() == psutil.STATUS_ZOMBIE, 5, "its end")
            (result,) = await pool.all(Task(["ok"], "next"))
            assert steps(result) == ["ok"]
        assert pool.restarts("crash") == 2


@pytest.mark.parametrize("argument", ["raise", "exit"])
async def test_evaluators_that_cannot_be_built_stop_the_start(argument, capfd):
    pool = a_pool(2, argument)
    with pytest.raises(RuntimeError, match="did not start"):
        await pool.start()
    assert pool.pids == []
    if argument == "raise":
        assert "ValueError: cannot be built" in capfd.readouterr().err


async def test_closing_ends_what_runs_and_cancels_what_waits():
    pool = a_pool(1, timeouts=[60.0])
    await pool.start()
    (pid,) = pool.pids
    running = [asyncio.create_task(pool.process(Task(["hang"]))) for _ in range(40)]
    await asyncio.sleep(0.2)
    started = time.monotonic()
    await asyncio.wait_for(pool.aclose(), 5)
    results = await asyncio.wait_for(asyncio.gather(*running, return_exceptions=True), 5)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert time.monotonic() - started < 4.5
    assert not psutil.pid_exists(pid)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(pool.process(Task(["ok"])), 5)


async def test_a_pool_that_was_never_started_can_be_closed():
    await a_pool(2).aclose()
    await a_pool(0).aclose()


def evaluator_threads():
    return sum(thread.name == "evaluators" for thread in threading.enumerate())


async def test_without_processes_a_thread_does_the_same():
    before = evaluator_threads()
    async with Pool(0) as pool:
        assert pool.pool.pids == []
        results = await pool.all(
            Task(["ok"], "before"),
            Task(["hang", "ok"], "hangs"),
            *(Task(["ok"], str(n)) for n in range(40)),
        )
        assert [result[0] for result in results] == ["before", "hangs", *map(str, range(40))]
        assert steps(results[1]) == ["timeout", "ok"]
        assert all(result[-1] == os.getpid() for result in results)
        assert pool.restarts("timeout") == 1
        # The abandoned thread and at most one more; other tests have threads of their own.
        assert evaluator_threads() <= before + 2


async def test_a_processor_that_raises_in_a_thread_stops_nothing_else():
    async with Pool(0) as pool:
        (result,) = await pool.all(Task(["raise"]))
        assert isinstance(result, ValueError)
        (result,) = await asyncio.wait_for(pool.all(Task(["ok"])), 5)
        assert steps(result) == ["ok"]


async def test_evaluators_that_cannot_be_built_in_a_thread_stop_the_start():
    pool = a_pool(0, "raise")
    with pytest.raises(ValueError, match="cannot be built"):
        await pool.start()
