"""A processor for worker processes: a task is a list of steps, a step a word.

The words are what evaluators do to their process: ``ok``, ``sleep``, ``hang``, ``exit``,
``raise``; with ``outside:`` in front it happens before any step begins. The result is the
list of what became of each step, with the process id at its end.
"""

import os
import signal
import time
from dataclasses import dataclass, field, replace
from typing import Any

from otel_evaluator.evaluate.worker import Progress

HANG_S = 3.0
"""Longer than any deadline here; threads cannot be stopped and end by themselves."""


@dataclass
class Task:
    steps: list[str]
    name: str = ""
    excluded: dict[int, str] = field(default_factory=dict)


def without(task: Task, step: int, reason: str) -> Task:
    return replace(task, excluded={**task.excluded, step: reason})


class Processor:
    def process(self, task: Task, progress: Progress) -> list[Any]:
        result: list[Any] = [task.name]
        for index, step in enumerate(task.steps):
            if index in task.excluded:
                result.append(task.excluded[index])
                continue
            if step.startswith("outside:"):
                _do(step.removeprefix("outside:"))
            progress.step(index)
            result.append(_do(step))
            progress.idle()
        return [*result, os.getpid()]


def _do(step: str) -> Any:
    match step:
        case "exit":
            os._exit(7)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            time.sleep(HANG_S)
        case "sleep":
            time.sleep(0.05)
        case "raise":
            raise ValueError("a processor must not raise")
        case "lambda":
            return lambda: None  # cannot be sent back
    return step


def build(argument: str) -> Processor:
    if argument == "raise":
        raise ValueError("cannot be built")
    if argument == "exit":
        os._exit(3)
    return Processor()
