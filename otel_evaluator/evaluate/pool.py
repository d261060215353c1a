"""Worker processes for CPU-bound evaluators, each replaced when it hangs or dies.

Processes are spawned, never forked: neither grpc nor the embedded database survives a fork.
A step that overruns its deadline is stopped by killing its process; the task is given to the
replacement together with the name of the step that must not run again.
"""

import asyncio
import multiprocessing
import pickle
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

import structlog

from otel_evaluator.evaluate.worker import IDLE, Processor, Progress, load, main, run_tasks
from otel_evaluator.metrics import Metrics

_POLL_S = 0.05
_START_S = 60.0
BETWEEN_STEPS_S = 60.0
"""Deadline of what is no evaluator's: decoding and normalising one task."""
_log = structlog.get_logger(__name__)

_Waiting = tuple[Any, "asyncio.Future[Any]"]
"""A task and who waits for its result."""


class Culprit(Exception):
    """A worker was lost while ``step`` of task ``index`` ran; ``reason``: timeout or crash."""

    def __init__(self, index: int, step: int, reason: str) -> None:
        super().__init__(f"{reason} in step {step} of task {index}")
        self.index = index
        self.step = step
        self.reason = reason


class TaskLost(Exception):
    """A task took its worker with it outside of every step, twice; it has no result."""


def _is_late(step: int, started: float, timeouts: Sequence[float]) -> bool:
    limit = BETWEEN_STEPS_S if step < 0 else timeouts[step % len(timeouts)]
    return time.monotonic() - started > limit


class Worker:
    """One worker process and the thread that talks to it."""

    def __init__(self, number: int, factory: str, argument: Any, timeouts: Sequence[float]) -> None:
        self._number = number
        self._factory = factory
        self._argument = argument
        self._timeouts = timeouts
        self._context = multiprocessing.get_context("spawn")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"worker-{number}")
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._slots: Any = None
        self._ending = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Spawn the process and wait until its evaluators are built."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._spawn)

    async def run(self, tasks: Sequence[Any]) -> list[Any]:
        """Results in order; raises Culprit when the process had to be replaced."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._run, tasks)

    def stop(self) -> None:
        """End the process; safe at any time."""
        self._kill()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _spawn(self) -> None:
        ours, theirs = self._context.Pipe()
        self._slots = self._context.Array("d", [0.0, IDLE, 0.0], lock=False)
        self._process = self._context.Process(
            target=main,
            args=(theirs, self._slots, self._factory, self._argument),
            name=f"otel-evaluator-worker-{self._number}",
            daemon=True,
        )
        self._process.start()
        theirs.close()
        self._connection = ours
        try:
            ready = ours.poll(_START_S) and ours.recv_bytes() == b"ready"
        except (EOFError, OSError):
            ready = False
        if not ready:
            self._kill()
            raise RuntimeError("a worker process did not start; its error is on standard error")

    def _run(self, tasks: Sequence[Any]) -> list[Any]:
        if self._process is None:
            self._spawn()
        connection = self._connection
        assert connection is not None
        # What a dead worker noted last is about another message.
        self._slots[:] = [0.0, IDLE, time.monotonic()]
        try:
            connection.send_bytes(pickle.dumps(list(tasks), pickle.HIGHEST_PROTOCOL))
            while not connection.poll(_POLL_S):
                self._check_deadline()
            results: list[Any] = pickle.loads(connection.recv_bytes())  # noqa: S301 - from our own child
        except (EOFError, OSError):
            raise self._lost("crash") from None
        return results

    def _check_deadline(self) -> None:
        index, step, started = self._slots
        if _is_late(int(step), started, self._timeouts):
            self._kill()
            raise Culprit(int(index), int(step), "timeout")

    def _lost(self, reason: str) -> Culprit:
        index, step, _ = self._slots
        self._kill()
        return Culprit(int(index), int(step), reason)

    def _kill(self) -> None:
        # From the thread, which sees the pipe end, and from the loop that stops the pool.
        with self._ending:
            process, self._process = self._process, None
            connection, self._connection = self._connection, None
            if process is not None:
                process.kill()
                process.join()
                process.close()
            if connection is not None:
                connection.close()


class ThreadWorker:
    """A worker without a process: an overrunning thread is abandoned, not stopped."""

    pid: int | None = None

    def __init__(self, factory: str, argument: Any, timeouts: Sequence[float]) -> None:
        self._factory = factory
        self._argument = argument
        self._timeouts = timeouts
        self._progress = Progress()
        self._processor: Processor | None = None

    async def start(self) -> None:
        """Build the evaluators."""
        self._processor = await asyncio.to_thread(load(self._factory), self._argument)

    async def run(self, tasks: Sequence[Any]) -> list[Any]:
        """Results in order; raises Culprit when a thread had to be abandoned."""
        self._progress.task(0)
        running = self._begin(tasks)
        while not (await asyncio.wait({running}, timeout=_POLL_S))[0]:
            index, step, started = self._progress.read()
            if _is_late(step, started, self._timeouts):
                self._progress = Progress()
                raise Culprit(index, step, "timeout")
        return running.result()

    def stop(self) -> None:
        """Nothing to stop: threads are daemons, and the process may end without them."""

    def _begin(self, tasks: Sequence[Any]) -> "asyncio.Future[list[Any]]":
        """Run the tasks in a thread that does not keep the process from ending."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Any]] = loop.create_future()
        processor, progress = self._processor, self._progress
        assert processor is not None

        def finish(results: list[Any] | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(results or [])

        def work() -> None:
            results, problem = None, None
            try:
                results = run_tasks(processor, tasks, progress)
            except Exception as error:
                problem = error
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(finish, results, problem)

        threading.Thread(target=work, name="evaluators", daemon=True).start()
        return future


class WorkerPool:
    """``size`` workers over one queue; 0 means one thread of this process.

    ``timeouts`` are the deadlines of steps by their number modulo the length;
    ``exclude(task, step, reason)`` gives the task without the step that must not run again.
    """

    def __init__(
        self,
        size: int,
        factory: str,
        argument: Any,
        timeouts: Sequence[float],
        exclude: Callable[[Any, int, str], Any],
        metrics: Metrics,
    ) -> None:
        self._workers: list[Worker | ThreadWorker] = [
            Worker(n, factory, argument, timeouts) for n in range(size)
        ] or [ThreadWorker(factory, argument, timeouts)]
        self._exclude = exclude
        self._metrics = metrics
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """Process ids of the running workers."""
        return [worker.pid for worker in self._workers if worker.pid]

    @property
    def waiting(self) -> int:
        """Tasks not yet given to a worker."""
        return self._queue.qsize()

    async def start(self) -> None:
        """Spawn all workers; raises RuntimeError when one cannot be built."""
        starting = (worker.start() for worker in self._workers)
        results = await asyncio.gather(*starting, return_exceptions=True)
        for problem in results:
            if problem is not None:
                await self.aclose()
                raise problem
        self._tasks = [asyncio.create_task(self._serve(worker)) for worker in self._workers]

    async def process(self, task: Any) -> Any:
        """The result of one task; raises TaskLost when it cannot have one."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._closed:
            future.cancel()
        else:
            self._queue.put_nowait((task, future))
        return await future

    async def aclose(self) -> None:
        """Stop the workers; waiting and running tasks are cancelled."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while not self._queue.empty():
            _cancel([self._queue.get_nowait()])
        for worker in self._workers:
            worker.stop()

    async def _serve(self, worker: Worker | ThreadWorker) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < 16 and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                await self._run(worker, batch)
            finally:
                _cancel(batch)

    async def _run(self, worker: Worker | ThreadWorker, batch: list[_Waiting]) -> None:
        suspects: set[asyncio.Future[Any]] = set()
        while batch:
            try:
                results = await worker.run([task for task, _ in batch])
            except Culprit as lost:
                self._metrics.child("worker_restarts", lost.reason).inc()
                _log.warning("worker_replaced", reason=lost.reason, step=lost.step)
                self._without_culprit(lost, batch, suspects)
                continue
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                return
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)
            return

    def _without_culprit(
        self, lost: Culprit, batch: list[_Waiting], suspects: set["asyncio.Future[Any]"]
    ) -> None:
        """Make the batch fit to run again.

        Between steps a worker may die by no fault of the task, so that has a second try.
        """
        task, future = batch[lost.index]
        if lost.step >= 0:
            batch[lost.index] = (self._exclude(task, lost.step, lost.reason), future)
        elif future not in suspects:
            suspects.add(future)
        else:
            del batch[lost.index]
            if not future.done():
                future.set_exception(TaskLost(f"{lost.reason} outside of every evaluator"))


def _cancel(batch: list[_Waiting]) -> None:
    for _, future in batch:
        future.cancel()
