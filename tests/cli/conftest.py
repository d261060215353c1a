"""A running administration endpoint for commands, in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from otel_evaluator.expose.config import AdminConfig
from otel_evaluator.expose.reader import Feedback, Joined, QualityQuery, ScoresQuery
from otel_evaluator.expose.server import AdminServer
from otel_evaluator.metrics import Metrics
from otel_evaluator.testing.doubles import ManualClock

TRACE = "0af7651916cd43dd8448eb211c80319c"
ROW = {
    "Timestamp": "2026-01-01T00:00:00.000000000Z",
    "TraceId": TRACE,
    "SpanId": "00f067aa0ba902b7",
    "ConversationId": "",
    "ServiceName": "shop[red]desk",
    "Evaluator": "pii",
    "Outcome": "scored",
    "Value": 0.0,
    "Label": "leak",
    "Passed": False,
    "Explanation": "an e-mail address\x1b[31m",
    "Tier": "base",
    "Probability": 0.5,
    "Weight": 2.0,
}
STORY = {
    "trace_id": TRACE,
    "subjects": [
        {
            "kind": "trace",
            "key": TRACE,
            "tier": "base",
            "decision": "selected",
            "outcomes": [
                {"evaluator": "pii", "outcome": "scored", "value": 0.0, "passed": False},
                {"evaluator": "cost", "outcome": "unscored", "reason": "not_applicable"},
            ],
        }
    ],
}


class ListReader:
    """Answers from constants; remembers the queries."""

    def __init__(self) -> None:
        self.queries: list[ScoresQuery] = []
        self.qualities: list[QualityQuery] = []
        self.rows: list[dict[str, Any]] = [ROW]

    async def quality(self, query: QualityQuery) -> list[dict[str, Any]]:
        self.qualities.append(query)
        return [{"evaluator": "length", "mean": {"value": 0.5, "low": 0.4, "high": 0.6}}]

    async def scores(self, query: ScoresQuery) -> list[dict[str, Any]]:
        self.queries.append(query)
        return self.rows

    async def why(self, trace_id: str) -> dict[str, Any] | None:
        return STORY if trace_id == TRACE else None

    async def feedback(self, feedback: Feedback) -> Joined:
        return "open"

    def state(self) -> dict[str, Any]:
        return {"ready": True}


class Admin:
    """The endpoint's address and what was asked of it."""

    def __init__(self, config: AdminConfig) -> None:
        self.reader = ListReader()
        self._config = config
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = AdminServer(self._config, self.reader, Metrics(), ManualClock())
        await server.start()
        self._port = server.port
        self._ready.set()
        await self._stop.wait()
        await server.aclose()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)


@pytest.fixture
def admin() -> Iterator[Admin]:
    running = Admin(AdminConfig(endpoint="127.0.0.1:0"))
    yield running
    running.close()


@pytest.fixture
def guarded_admin() -> Iterator[Admin]:
    running = Admin(
        AdminConfig.model_validate({"endpoint": "127.0.0.1:0", "bearer_tokens": ["s3cret"]})
    )
    yield running
    running.close()
