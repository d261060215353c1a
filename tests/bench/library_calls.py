"""Judgements by other libraries: ``python library_calls.py LIBRARY URL IN_FLIGHT CALLS``.

Runs in the libraries' own environment; prints calls a second of wall time and of CPU time.
"""

import asyncio
import itertools
import json
import os
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

QUESTION = "How much is it, and when will it come? " * 10
ANSWER = "It costs five euros and arrives tomorrow. " * 10


def openevals() -> Callable[[], Awaitable[Any]]:
    """An asynchronous LLM judge with one of the library's own prompts."""
    from openevals.llm import create_async_llm_as_judge
    from openevals.prompts import CONCISENESS_PROMPT

    judge = create_async_llm_as_judge(prompt=CONCISENESS_PROMPT, model="openai:gpt-4o-mini")
    return lambda: judge(inputs=QUESTION, outputs=ANSWER)


def autoevals() -> Callable[[], Awaitable[Any]]:
    """One of the library's own classifiers."""
    from autoevals import Factuality

    judge = Factuality(model="gpt-4o-mini")
    return lambda: judge.eval_async(output=ANSWER, expected=ANSWER, input=QUESTION)


async def main() -> None:
    """Warm up, measure, print."""
    library, url, in_flight, count = sys.argv[1:]
    os.environ |= {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-nothing"}
    call = {"openevals": openevals, "autoevals": autoevals}[library]()
    await _run(call, 8, 16)
    print(json.dumps(await _run(call, int(in_flight), int(count))))


async def _run(
    call: Callable[[], Awaitable[Any]], in_flight: int, count: int
) -> tuple[float, float]:
    numbers = itertools.count()

    async def caller() -> None:
        while next(numbers) < count:
            await call()

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(in_flight)))
    return count / (time.perf_counter() - wall), count / (time.process_time() - cpu)


warnings.simplefilter("ignore")
asyncio.run(main())
