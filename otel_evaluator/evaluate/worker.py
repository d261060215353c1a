"""The worker process: tasks in, results out, and a note of what is running right now."""

import os
import pickle
import signal
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import SynchronizedArray
from typing import Any, Protocol

IDLE = -1.0
_NICENESS = 10


class Progress:
    """Tells the front process which step of which task has been running since when.

    Three doubles in shared memory: task index in the message, step, start of the step or of
    the time between steps (monotonic seconds, a clock all processes of a machine share).
    """

    def __init__(self, slots: "SynchronizedArray[float] | None" = None) -> None:
        self._slots: Any = slots if slots is not None else [0.0, IDLE, 0.0]

    def task(self, index: int) -> None:
        """Begin a task of the message."""
        self.idle()
        self._slots[0] = index

    def step(self, step: int) -> None:
        """Begin a step of the task; the evaluator's index."""
        slots = self._slots
        slots[2] = time.monotonic()
        slots[1] = step

    def read(self) -> tuple[int, int, float]:
        """Task, step and start as last noted."""
        task, step, started = self._slots
        return int(task), int(step), started

    def idle(self) -> None:
        """Between steps: no evaluator is running."""
        self._slots[2] = time.monotonic()
        self._slots[1] = IDLE


class Processor(Protocol):
    """What a worker runs: pure given the task."""

    def process(self, task: Any, progress: Progress) -> Any:
        """The result of one task; must not raise."""
        ...


def run_tasks(processor: Processor, tasks: Sequence[Any], progress: Progress) -> list[Any]:
    """The results of one message, in order."""
    results = []
    for index, task in enumerate(tasks):
        progress.task(index)
        results.append(processor.process(task, progress))
        progress.idle()
    return results


def load(path: str) -> Callable[[Any], Processor]:
    """The factory at ``module:function``."""
    module, _, name = path.partition(":")
    factory: Callable[[Any], Processor] = getattr(import_module(module), name)
    return factory


def main(
    connection: Connection,
    slots: "SynchronizedArray[float]",
    factory: str,
    argument: Any,
) -> None:
    """Serve messages (lists of tasks) until the front process closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        # Where cores are scarce the receiving process comes first.
        os.nice(_NICENESS)
    os.environ["OTEL_SDK_DISABLED"] = "true"
    progress = Progress(slots)
    processor = load(factory)(argument)
    connection.send_bytes(b"ready")
    while True:
        try:
            tasks = pickle.loads(connection.recv_bytes())  # noqa: S301 - from our own parent
        except EOFError:
            return
        results = run_tasks(processor, tasks, progress)
        connection.send_bytes(pickle.dumps(results, pickle.HIGHEST_PROTOCOL))
