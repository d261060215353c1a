"""A chat completions endpoint that answers as scripted; real HTTP, no model."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from otel_evaluator.clock import Clock, SystemClock
from otel_evaluator.judges.client import JudgeClient
from otel_evaluator.judges.config import JudgeConfig
from otel_evaluator.judges.endpoint import endpoints
from otel_evaluator.metrics import Metrics

Script = Callable[[dict[str, Any]], web.StreamResponse | Awaitable[web.StreamResponse]]


def completion(content: str | None, **choice: Any) -> web.Response:
    """A chat completion with this text; ``choice`` overrides fields of its one choice."""
    message = {"role": "assistant", "content": content, **choice.pop("message", {})}
    return web.json_response(
        {
            "model": "scripted-1",
            "choices": [{"message": message, "finish_reason": "stop", **choice}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10},
        }
    )


def says(score: Any, reasoning: str = "because") -> Script:
    """Gives this score."""
    return lambda body: completion(json.dumps({"reasoning": reasoning, "score": score}))


def status(code: int, text: str = "", **headers: str) -> Script:
    """Answers with an error."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda body: web.Response(status=code, text=text, headers=named)


class JudgeServer:
    """Requests meet the scripts in order, then ``then``; ``bodies`` keeps what was asked."""

    def __init__(self, *scripts: Script, then: Script | None = None, delay_s: float = 0.0) -> None:
        self.scripts = [*scripts]
        self.then = then or says(5)
        self.delay_s = delay_s
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.in_flight = self.most_in_flight = 0
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def __aenter__(self) -> "JudgeServer":
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.delay_s)
            script = self.scripts.pop(0) if self.scripts else self.then
            found = script(body)
            return await found if asyncio.iscoroutine(found) else found
        finally:
            self.in_flight -= 1


def a_client(config: JudgeConfig, clock: Clock | None = None) -> JudgeClient:
    """A judge called ``default`` with an endpoint of its own."""
    clock = clock or SystemClock()
    reached = endpoints({"default": config}, clock)["default"]
    return JudgeClient("default", config, reached, clock, Metrics())
