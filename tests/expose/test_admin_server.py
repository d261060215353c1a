"""The administration endpoint over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from otel_evaluator.errors import Busy, ConfigError
from otel_evaluator.expose import server as server_module
from otel_evaluator.expose.config import AdminConfig
from otel_evaluator.expose.reader import Feedback, Joined, QualityQuery, ScoresQuery
from otel_evaluator.expose.server import AdminServer
from otel_evaluator.metrics import Metrics
from otel_evaluator.testing.doubles import EPOCH_NS, ManualClock

TRACE = "0af7651916cd43dd8448eb211c80319c"


class FakeReader:
    """Answers from lists; raises what it is told to."""

    def __init__(self) -> None:
        self.queries: list[ScoresQuery] = []
        self.qualities: list[QualityQuery] = []
        self.feedbacks: list[Feedback] = []
        self.ready = True
        self.error: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def quality(self, query: QualityQuery) -> list[dict[str, Any]]:
        self.qualities.append(query)
        return [{"evaluator": "length", "mean": {"value": 0.5, "low": 0.4, "high": 0.6}}]

    async def scores(self, query: ScoresQuery) -> list[dict[str, Any]]:
        if self.error:
            raise self.error
        if self.gate:
            await self.gate.wait()
        self.queries.append(query)
        return [
            {"TraceId": TRACE, "Evaluator": "length", "Value": float("nan"), "Outcome": "scored"}
        ]

    async def why(self, trace_id: str) -> dict[str, Any] | None:
        return {"trace_id": trace_id, "subjects": []} if trace_id == TRACE else None

    async def feedback(self, feedback: Feedback) -> Joined:
        self.feedbacks.append(feedback)
        return "open"

    def state(self) -> dict[str, Any]:
        return {
            "ready": self.ready,
            "durability": "power",
            "rooms": {"receive": {"ready": True}, "write": {"ready": self.ready}},
            "sinks": {"clickhouse": {"ready": self.ready}},
        }


class Running:
    def __init__(self, server: AdminServer, reader: FakeReader, metrics: Metrics) -> None:
        self.server, self.reader, self.metrics = server, reader, metrics
        self.session = aiohttp.ClientSession(f"http://127.0.0.1:{server.port}")

    async def get(self, path: str, **kwargs: Any) -> tuple[int, Any]:
        async with self.session.get(path, **kwargs) as response:
            return response.status, await response.json()

    async def post(self, path: str, **kwargs: Any) -> tuple[int, Any]:
        async with self.session.post(path, **kwargs) as response:
            return response.status, await response.json()


async def run(**settings: Any) -> Running:
    reader, metrics = FakeReader(), Metrics()
    config = AdminConfig.model_validate({"endpoint": "127.0.0.1:0", **settings})
    server = AdminServer(config, reader, metrics, ManualClock())
    await server.start()
    return Running(server, reader, metrics)


@pytest.fixture
async def admin() -> AsyncIterator[Running]:
    running = await run()
    yield running
    await running.session.close()
    await running.server.aclose()


async def unread_scrape(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that asks for the metrics and takes one byte at a time of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    return reader, writer


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What still comes, to the end or the reset of the connection."""
    taken = b""
    try:
        while chunk := await reader.read(2**20):
            taken += chunk
    except ConnectionResetError:
        pass
    return taken


class TestMetrics:
    async def test_prometheus_text_by_default(self, admin: Running):
        admin.metrics.child("spans_received", "grpc").inc(7)
        async with admin.session.get("/metrics") as response:
            text = await response.text()
        assert response.headers["Content-Type"].startswith("text/plain; version=")
        assert 'otel_evaluator_spans_received_total{protocol="grpc"} 7.0' in text

    async def test_openmetrics_when_asked_for(self, admin: Running):
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        async with admin.session.get("/metrics", headers=accept) as response:
            text = await response.text()
        assert response.headers["Content-Type"].startswith("application/openmetrics-text")
        assert text.endswith("# EOF\n")

    async def test_gzip_when_accepted(self, admin: Running):
        async with admin.session.get("/metrics", headers={"Accept-Encoding": "gzip"}) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert "otel_evaluator_" in await response.text()

    async def test_readers_that_never_read_hold_up_nobody(
        self, admin: Running, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(server_module, "SCRAPE_SECONDS", 0.3)
        for number in range(90_000):
            # More than the socket buffers of both sides hold.
            admin.metrics.tally.add("evaluations", (f"evaluator-{number}", "scored", ""))
        slow = [await unread_scrape(admin.server.port) for _ in range(2)]
        assert (await admin.get("/healthz"))[0] == 200
        while admin.server._scrapes:
            await asyncio.sleep(0.05)
        for reader, writer in slow:
            assert not (await rest(reader)).endswith(b"0\r\n\r\n"), "it was not cut off"
            writer.close()

    async def test_scrapes_at_once_are_bounded(
        self, admin: Running, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(server_module, "MAX_SCRAPES", 0)
        status, answer = await admin.get("/metrics")
        assert status == 503
        assert "scrapes" in answer["error"]


class TestHealth:
    async def test_alive(self, admin: Running):
        assert await admin.get("/healthz") == (200, {"status": "alive"})

    async def test_ready_tells_every_room(self, admin: Running):
        status, state = await admin.get("/readyz")
        assert status == 200
        assert state["durability"] == "power"
        assert set(state["rooms"]) == {"receive", "write"}

    async def test_not_ready_is_503_with_the_same_state(self, admin: Running):
        admin.reader.ready = False
        status, state = await admin.get("/readyz")
        assert status == 503
        assert state["sinks"]["clickhouse"]["ready"] is False

    async def test_the_index_names_the_paths(self, admin: Running):
        assert "/metrics" in (await admin.get("/"))[1]["paths"]


class TestScores:
    async def test_parameters_reach_the_reader(self, admin: Running):
        path = "/api/scores?evaluator=length&since=1h30m&below=0.5&limit=7"
        status, answer = await admin.get(path)
        assert status == 200
        assert answer["scores"][0]["Value"] is None  # JSON has no NaN
        assert admin.reader.queries == [ScoresQuery("length", EPOCH_NS - 5400 * 10**9, 0.5, 7)]

    async def test_a_trace_and_estimates_can_be_asked_for(self, admin: Running):
        await admin.get(f"/api/scores?trace_id={TRACE.upper()}")
        assert admin.reader.queries == [ScoresQuery(trace_id=TRACE)]
        status, answer = await admin.get("/api/quality?evaluator=length&since=1h")
        assert status == 200
        assert answer["quality"][0]["mean"]["value"] == 0.5
        assert admin.reader.qualities == [QualityQuery("length", EPOCH_NS - 3600 * 10**9)]
        assert (await admin.get("/api/quality?limit=5"))[0] == 400

    @pytest.mark.parametrize(
        "since", ["2025-12-31T00:00:00Z", "2025-12-31", "2025-12-31T01:00%2B01:00"]
    )
    async def test_since_takes_a_time(self, admin: Running, since: str):
        await admin.get(f"/api/scores?since={since}")
        assert admin.reader.queries[0].since_ns == EPOCH_NS - 86400 * 10**9

    @pytest.mark.parametrize("since", ["9" * 30 + "d", "0001-01-01", "9999-12-31"])
    async def test_since_beyond_all_scores_is_bounded(self, admin: Running, since: str):
        await admin.get(f"/api/scores?since={since}")
        assert admin.reader.queries[0].since_ns in (0, 2**63 - 1)

    @pytest.mark.parametrize(
        "query",
        [
            "evaluator=a'%20OR%201",
            "evaluator=",
            "since=yesterday",
            "since=-5s",
            "below=nan",
            "below=x",
            "limit=0",
            "limit=-1",
            "limit=10001",
            "limit=9" + "9" * 5000,
            "limit=x",
            "order=desc",
        ],
    )
    async def test_what_cannot_be_asked_is_400_with_a_sentence(self, admin: Running, query: str):
        status, answer = await admin.get(f"/api/scores?{query}")
        assert status == 400
        assert len(answer["error"]) > 10
        assert not admin.reader.queries

    async def test_busy_is_503_with_retry_after(self, admin: Running):
        admin.reader.error = Busy("the store is starting", 3.0)
        async with admin.session.get("/api/scores") as response:
            assert response.status == 503
            assert response.headers["Retry-After"] == "3"

    async def test_reads_at_once_are_bounded(self, admin: Running):
        admin.reader.gate = asyncio.Event()
        waiting = [asyncio.ensure_future(admin.get("/api/scores")) for _ in range(4)]
        while admin.server._reads < 4:
            await asyncio.sleep(0)
        status, answer = await admin.get("/api/scores")
        assert (status, answer) == (503, {"error": "4 reads are under way; ask again"})
        admin.reader.gate.set()
        assert [status for status, _ in await asyncio.gather(*waiting)] == [200] * 4
        assert (await admin.get("/api/scores"))[0] == 200

    async def test_a_store_that_does_not_answer_is_503(
        self, admin: Running, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(server_module, "READ_SECONDS", 0.05)
        admin.reader.gate = asyncio.Event()
        status, answer = await admin.get("/api/scores")
        assert status == 503
        assert "did not answer" in answer["error"]

    async def test_a_failure_inside_is_not_told_outside(self, admin: Running):
        admin.reader.error = ValueError("sentinel-content")
        async with admin.session.get("/api/scores") as response:
            assert response.status == 500
            assert "sentinel" not in await response.text()


class TestWhy:
    async def test_known_and_upper_case(self, admin: Running):
        assert (await admin.get(f"/api/why/{TRACE.upper()}"))[1]["trace_id"] == TRACE

    async def test_unknown_is_404_with_reasons(self, admin: Running):
        status, answer = await admin.get("/api/why/" + "1" * 32)
        assert status == 404
        assert "not received" in answer["error"]

    @pytest.mark.parametrize("bad", ["x", "0" * 32, "1" * 31, "1" * 33, "%27OR%201=1", "%00" * 8])
    async def test_bad_ids_are_400(self, admin: Running, bad: str):
        status, answer = await admin.get(f"/api/why/{bad}")
        assert status == 400
        assert "32 hexadecimal" in answer["error"]


class TestFeedback:
    async def test_taken_and_counted(self, admin: Running):
        body = {"trace_id": TRACE, "score": -1, "comment": "wrong price", "source": "thumbs"}
        assert await admin.post("/api/feedback", json=body) == (202, {"joined": "open"})
        assert admin.reader.feedbacks == [Feedback(-1.0, TRACE, "", "wrong price", "thumbs")]
        assert admin.metrics.value("feedback_total", joined="open") == 1

    async def test_by_conversation(self, admin: Running):
        body = {"conversation_id": "call 17", "score": 0.5}
        assert (await admin.post("/api/feedback", json=body))[0] == 202
        assert admin.reader.feedbacks[0].conversation_id == "call 17"

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[]",
            b"{}",
            b"{",
            b"[" * 20_000,
            b"\xff\xfe",
            b'{"score": 1}',
            b'{"trace_id": "' + TRACE.encode() + b'"}',
            b'{"trace_id": "' + TRACE.encode() + b'", "conversation_id": "a", "score": 1}',
            b'{"trace_id": "x", "score": 1}',
            b'{"trace_id": 5, "score": 1}',
            b'{"conversation_id": "a", "score": "1"}',
            b'{"conversation_id": "a", "score": true}',
            b'{"conversation_id": "a", "score": 1.01}',
            b'{"conversation_id": "a", "score": 1e999}',
            b'{"conversation_id": "a", "score": NaN}',
            b'{"conversation_id": "a", "score": 1, "comment": ["x"]}',
            b'{"conversation_id": "a", "score": 1, "comment": "' + b"x" * 5000 + b'"}',
            b'{"conversation_id": "' + b"x" * 300 + b'", "score": 1}',
            b'{"conversation_id": "a", "score": 1, "__class__": 1}',
        ],
    )
    async def test_what_is_not_feedback_is_400(self, admin: Running, body: bytes):
        headers = {"Content-Type": "application/json"}
        status, answer = await admin.post("/api/feedback", data=body, headers=headers)
        assert status == 400, answer
        assert answer["error"]
        assert not admin.reader.feedbacks

    async def test_a_body_beyond_the_limit_is_413(self, admin: Running):
        body = b'{"comment": "' + b"x" * 200_000 + b'"}'
        headers = {"Content-Type": "application/json"}
        status, answer = await admin.post("/api/feedback", data=body, headers=headers)
        assert status == 413
        assert "64 KiB" in answer["error"]

    async def test_other_types_and_methods(self, admin: Running):
        assert (await admin.post("/api/feedback", data=b"{}"))[0] == 415
        status, answer = await admin.get("/api/feedback")
        assert status == 405
        assert "another method" in answer["error"]
        assert (await admin.get("/nothing"))[0] == 404


class TestConnections:
    async def test_more_than_the_most_are_cut_off_and_places_come_free(
        self, admin: Running, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(server_module, "MAX_CONNECTIONS", 3)
        idle = [await asyncio.open_connection("127.0.0.1", admin.server.port) for _ in range(3)]
        with pytest.raises(aiohttp.ClientError):
            await admin.get("/healthz")
        for _, writer in idle:
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(5):
            while True:
                try:
                    assert (await admin.get("/healthz"))[0] == 200
                    break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.01)


class TestGuard:
    @pytest.fixture
    async def guarded(self) -> AsyncIterator[Running]:
        running = await run(bearer_tokens=["s3cret", "other"])
        yield running
        await running.session.close()
        await running.server.aclose()

    @pytest.mark.parametrize(
        ("header", "status"),
        [
            (None, 401),
            ("Bearer wrong", 401),
            ("Basic s3cret", 401),
            ("Bearer", 401),
            ("Bearer é", 401),
            ("Bearer s3cret", 200),
            ("bearer  other", 200),
        ],
    )
    async def test_api_takes_a_token(self, guarded: Running, header: str | None, status: int):
        headers = {"Authorization": header} if header else {}
        assert (await guarded.get("/api/scores", headers=headers))[0] == status
        assert (await guarded.post("/api/feedback", headers=headers))[0] in (401, 415)

    async def test_metrics_and_health_need_none(self, guarded: Running):
        async with guarded.session.get("/metrics") as response:
            assert response.status == 200
        assert (await guarded.get("/readyz"))[0] == 200

    async def test_a_name_that_a_page_points_here_is_refused(self, admin: Running):
        for host, status in [("evil.example", 403), ("localhost:9464", 200), ("[::1]:9464", 200)]:
            assert (await admin.get("/api/scores", headers={"Host": host}))[0] == status


async def test_a_taken_port_is_a_configuration_error(admin: Running):
    config = AdminConfig(endpoint=f"127.0.0.1:{admin.server.port}")
    other = AdminServer(config, admin.reader, Metrics(), ManualClock())
    with pytest.raises(ConfigError, match=r"admin.endpoint: cannot listen on .*use another port"):
        await other.start()
    await other.aclose()
