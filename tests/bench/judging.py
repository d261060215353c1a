"""Scenario ``judge``: judgements a second on one core, beside bare HTTP calls in the same run."""

import asyncio
import itertools
import json
import multiprocessing
import subprocess
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import msgspec
import uvloop
from aiohttp import web

from otel_evaluator.judges.client import Asking
from otel_evaluator.judges.config import JudgeConfig
from otel_evaluator.judges.evaluator import judge as evaluator
from otel_evaluator.judges.evaluator_config import JudgeEvaluatorConfig
from otel_evaluator.judges.verdict import verdict
from otel_evaluator.model.outcome import Scored
from otel_evaluator.testing.builders import a_subject
from tests.bench.report import Report, Target
from tests.support import cache
from tests.support.judge_server import JudgeServer, a_client, completion, says

IN_FLIGHT = 256
ENDPOINT_S = 0.02
CALLS, ROUNDS = 4000, 5
LIBRARIES, LIBRARY_CALLS, LIBRARY_ROUNDS = ("openevals", "autoevals"), 300, 3
PER_SECOND = 1500
FOUR = says(4)


def judge(directory: Path) -> Report:
    """A subject to a verdict: question, limiter, budget, prompt, call, answer."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    endpoint = context.Process(target=_endpoint, args=(theirs,), daemon=True)
    endpoint.start()
    try:
        url = ours.recv()
        figures = uvloop.run(_measure(url))
        for library in LIBRARIES:
            figures[library] = [_of_library(library, url) for _ in range(LIBRARY_ROUNDS)]
    finally:
        endpoint.kill()
        endpoint.join()
    report = Report("judge", f"Judgements, {IN_FLIGHT} in flight, an endpoint of 20 ms")
    report.columns = ("what", "calls/s", "per CPU second", "spread of calls/s")
    for name, runs in figures.items():
        wall, cpu = zip(*runs, strict=True)
        spread = f"{min(wall):,.0f} to {max(wall):,.0f}"
        report.rows.append([name, f"{median(wall):,.0f}", f"{median(cpu):,.0f}", spread])
    reached = median(cpu for _, cpu in figures["judgement"])
    report.targets.append(Target("judgements per CPU second", reached, PER_SECOND))
    report.notes.append(
        "the endpoint is a scripted server in another process, which shares the cores"
    )
    report.data = {name: [*runs] for name, runs in figures.items()}
    return report


def _of_library(library: str, url: str) -> tuple[float, float]:
    """The same for another library, in its own environment, as many calls in flight."""
    script = Path(__file__).with_name("library_calls.py")
    python = cache.environment("libraries")
    arguments = [python, script, library, url, str(IN_FLIGHT), str(LIBRARY_CALLS)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    wall, cpu = json.loads(done.stdout.splitlines()[-1])
    return wall, cpu


def _reply(body: dict[str, Any]) -> web.StreamResponse:
    """A score, or the choice that autoevals asks for by a tool."""
    if "tools" not in body:
        found = FOUR(body)
        assert isinstance(found, web.StreamResponse)
        return found
    arguments = json.dumps({"reasons": "because", "choice": "A"})
    function = {"name": body["tools"][0]["function"]["name"], "arguments": arguments}
    calls = [{"id": "1", "type": "function", "function": function}]
    return completion(None, message={"tool_calls": calls}, finish_reason="tool_calls")


def _endpoint(pipe: Connection) -> None:
    async def main() -> None:
        async with JudgeServer(then=_reply, delay_s=ENDPOINT_S) as server:
            pipe.send(server.url)
            while True:
                await asyncio.sleep(1)
                server.bodies.clear()
                server.headers.clear()

    uvloop.run(main())


async def _measure(url: str) -> dict[str, list[tuple[float, float]]]:
    """Calls a second of wall time and of CPU time, by what was called; rounds take turns."""
    settings: dict[str, Any] = {"name": "j", "type": "judge", "rubric": "answer_relevance"}
    config = JudgeEvaluatorConfig.model_validate(settings)
    check = evaluator(config)
    endpoint = JudgeConfig.model_validate(
        {
            "base_url": url,
            "local": True,
            "model": "scripted",
            "max_concurrency": IN_FLIGHT,
            "price": {"input": 1.0, "output": 1.0},
            "budget": {"usd_per_day": 1000.0},
        }
    )
    client = a_client(endpoint)
    subject = a_subject(
        input="How much is it, and when will it come? " * 10,
        output="It costs five euros and arrives tomorrow. " * 10,
    )

    async def judgement() -> None:
        asked: Any = check(subject)
        found = verdict(config.rubric, await client.ask(asked.question, Asking(config.name)))
        assert isinstance(found, Scored)

    body = msgspec.json.encode({"messages": [{"role": "user", "content": "x" * 3000}]})
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with aiohttp.ClientSession(connector=connector) as session:
        headers = {"Content-Type": "application/json"}

        async def bare() -> None:
            async with session.post(f"{url}/chat/completions", data=body, headers=headers) as got:
                await got.read()

        await _run(judgement, 1000)
        figures: dict[str, list[tuple[float, float]]] = {"judgement": [], "bare aiohttp call": []}
        for _ in range(ROUNDS):
            figures["judgement"].append(await _run(judgement, CALLS))
            figures["bare aiohttp call"].append(await _run(bare, CALLS))
    await client.aclose()
    return figures


async def _run(call: Callable[[], Awaitable[None]], count: int) -> tuple[float, float]:
    numbers = itertools.count()

    async def caller() -> None:
        while next(numbers) < count:
            await call()

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    return count / (time.perf_counter() - wall), count / (time.process_time() - cpu)
