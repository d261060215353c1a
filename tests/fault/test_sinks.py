"""C: sinks that are away, silent, slow, forgetful, changed or picky."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fault.driver import Driver, export, send
from tests.fault.oracle import Oracle
from tests.fault.proxy import Proxy
from tests.fault.service import Service, ask, balance, doubled_spans, dsn, rolled_up, visible
from tests.support.clickhouse_http import ClickHouseHttp, Request, commit_then_drop, refuse
from tests.support.otlp_sink import OtlpSink
from tests.support.process import eventually

pytestmark = [pytest.mark.faultjob, pytest.mark.timeout(180)]
FAST = {"timeout": "2s"}


@pytest.fixture
def proxy(front: ClickHouseHttp) -> Iterator[Proxy]:
    with Proxy(front.port) as between:
        yield between


def command(front: ClickHouseHttp, sql: str) -> None:
    answer = front._ask(Request(sql, b"", {}, {}, ""))
    assert answer.status == 200, answer.body


def clickhouse(front: ClickHouseHttp, port: int | None = None, **settings: Any) -> dict[str, Any]:
    return {
        "storage": {
            "clickhouse": {"dsn": dsn(front, port), "ttl": 0, "timeout": "2s", **settings},
            "samples": {"redact": False},
        }
    }


async def all_written(service: Service, front: ClickHouseHttp, oracle: Oracle) -> None:
    """Everything owed is visible once, and the books are even."""
    await asyncio.to_thread(service.settle, 90)
    assert oracle.verdict(visible(front)).is_even
    assert doubled_spans(front) == []
    assert rolled_up(front) == len(visible(front))
    assert balance(service.metrics()) == (0, 0)


@pytest.mark.fault("C1")
async def test_a_sink_that_is_away_costs_nothing_and_is_not_overrun_when_it_is_back(
    serving: Callable[..., Service], front: ClickHouseHttp, proxy: Proxy
) -> None:
    service = serving(clickhouse(front, proxy.port)).serve()
    oracle = Oracle(43)
    await send(oracle, service, 5)
    proxy.mode = "refuse"
    driver = Driver(oracle, service.grpc_port, pause_s=0.05)
    sending = asyncio.create_task(driver.run())
    await asyncio.sleep(8)
    driver.stop()
    await asyncio.wait_for(sending, 30)
    assert service.get("/readyz")["sinks"]["clickhouse"]["state"] == "retrying"
    assert service.total("outbox_outcomes") > 100
    assert not driver.sent.refusals, "the outbox takes it"
    before = proxy.connections
    proxy.mode = "pass"
    await all_written(service, front, oracle)
    assert proxy.connections - before < 10


@pytest.mark.fault("C2")
async def test_a_sink_that_says_nothing_does_not_hold_the_other_one(
    serving: Callable[..., Service], front: ClickHouseHttp, proxy: Proxy
) -> None:
    with OtlpSink() as other:
        exporters = {
            "exporters": {"otlp": {"endpoint": f"http://127.0.0.1:{other.port}", "insecure": True}}
        }
        service = serving(clickhouse(front, proxy.port) | exporters).serve()
        oracle = Oracle(47)
        await send(oracle, service, 2)
        await asyncio.to_thread(service.settle)
        proxy.mode = "stall"
        await send(oracle, service, 10)
        await asyncio.to_thread(
            eventually, lambda: len(other.spans()) == 48, 30, "the other sink has every score"
        )
        proxy.mode = "pass"
        await all_written(service, front, oracle)


@pytest.mark.fault("C3")
async def test_a_slow_sink_is_waited_for_in_bounded_memory(
    serving: Callable[..., Service],
    front: ClickHouseHttp,
    proxy: Proxy,
    record_property: Callable[..., None],
) -> None:
    service = serving(clickhouse(front, proxy.port, timeout="60s")).serve()
    oracle = Oracle(53, traces_per_request=20)
    await send(oracle, service, 5)
    await asyncio.to_thread(service.settle)
    proxy.mode = "crawl"
    driver = Driver(oracle, service.grpc_port, senders=4, pause_s=0.05)
    sending = asyncio.create_task(driver.run())
    await asyncio.sleep(5)
    early = service.memory()
    await asyncio.sleep(10)
    driver.stop()
    await asyncio.wait_for(sending, 30)
    record_property("peak_bytes", service.memory())
    assert service.memory() - early < 64 * 2**20
    assert service.total("outbox_outcomes") > 1000
    proxy.mode = "pass"
    await all_written(service, front, oracle)


@pytest.mark.fault("C4")
async def test_an_answer_that_is_lost_after_the_commit_leaves_one_row(
    serving: Callable[..., Service], front: ClickHouseHttp, proxy: Proxy
) -> None:
    service = serving(clickhouse(front, proxy.port)).serve()
    oracle = Oracle(59)
    await send(oracle, service, 1)
    await asyncio.to_thread(service.settle)

    def written() -> int:
        return int(
            ask(front, "SELECT count() FROM {db}.otel_traces FORMAT JSONCompactEachRow")[0][0]
        )

    before = written()
    proxy.mode = "cut"
    await send(oracle, service, 5)
    await asyncio.to_thread(eventually, lambda: written() > before, 30, "a commit")
    proxy.mode = "pass"
    await all_written(service, front, oracle)


@pytest.mark.fault("C8")
async def test_one_row_that_the_engine_refuses_is_set_aside_alone(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    service = serving().serve()
    oracle = Oracle(61, traces_per_request=50)
    command(
        front,
        f"ALTER TABLE {front.database}.otel_evaluator_scores_data"
        " ADD CONSTRAINT picky CHECK Explanation NOT LIKE '%poison%' AND TraceId != 'x'",
    )
    body, trace_ids = oracle.issue()
    poisoned = trace_ids[17]
    command(
        front,
        f"ALTER TABLE {front.database}.otel_evaluator_scores_data"
        f" ADD CONSTRAINT poison CHECK TraceId != '{poisoned}'",
    )
    await export(service, body)
    oracle.acknowledged(trace_ids)
    await asyncio.to_thread(service.settle)
    assert oracle.verdict(visible(front)).lost == {poisoned}
    assert len(visible(front)) == 49
    assert service.get("/readyz")["sinks"]["clickhouse"]["rows_quarantined"] == 1
    (line,) = service.logged("row quarantined")
    assert "469" in line["error"]
    service.stop()
    from otel_evaluator.journal.inspect import check

    assert check(service.journal).records["quarantine"] == 1


@pytest.mark.fault("C9")
async def test_a_table_that_changed_is_named_and_waited_for(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    service = serving().serve()
    oracle = Oracle(67)
    await send(oracle, service, 2)
    await asyncio.to_thread(service.settle)
    command(
        front,
        f"RENAME TABLE {front.database}.otel_evaluator_scores_data TO {front.database}.hidden",
    )
    await send(oracle, service, 2)

    def held() -> bool:
        return bool(service.get("/readyz")["sinks"]["clickhouse"]["state"] == "held")

    await asyncio.to_thread(eventually, held, 30, "the sink says that someone must act")
    said = service.get("/readyz")["sinks"]["clickhouse"]["last_error"]
    assert "otel_evaluator_scores_data" in said
    command(
        front,
        f"RENAME TABLE {front.database}.hidden TO {front.database}.otel_evaluator_scores_data",
    )
    # Nobody need wait for the next try: a reload with the same sink would do, a restart does.
    service.stop()
    service.serve()
    await all_written(service, front, oracle)


@pytest.mark.fault("C10")
async def test_a_changed_password_is_taken_up_without_a_restart(
    serving: Callable[..., Service], front: ClickHouseHttp, tmp_path: Path
) -> None:
    front.password = "old"
    secret = tmp_path / "secret"
    secret.write_text("old")
    secret.chmod(0o600)
    service = serving(clickhouse(front, username="default", password=f"${{file:{secret}}}")).serve()
    oracle = Oracle(71)
    await send(oracle, service, 2)
    await asyncio.to_thread(service.settle)
    front.password = "new"
    await send(oracle, service, 2)

    def held() -> bool:
        return bool(service.get("/readyz")["sinks"]["clickhouse"]["state"] == "held")

    await asyncio.to_thread(eventually, held, 30, "held, not dropped")
    pid = service.pid
    secret.write_text("new")
    service.reload()
    await asyncio.to_thread(eventually, lambda: bool(service.logged("reloaded")), 30, "reloaded")
    await all_written(service, front, oracle)
    assert service.pid == pid


@pytest.mark.fault("C12")
async def test_a_forgotten_insert_token_still_leaves_one_row(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    service = serving().serve()
    oracle = Oracle(73)
    await send(oracle, service, 1)
    await asyncio.to_thread(service.settle)
    for table in ("otel_traces", "otel_evaluator_scores_data"):
        command(
            front,
            f"ALTER TABLE {front.database}.{table} MODIFY SETTING"
            " non_replicated_deduplication_window = 10",
        )

    def forget(request: Request, engine: Callable[[Request], Any]) -> None:
        """The insert is done, the answer lost, and others insert a thousand blocks meanwhile."""
        engine(request)
        table = "otel_traces" if "otel_traces" in request.sql else "otel_evaluator_scores_data"
        for number in range(20):
            column = "SpanName" if table == "otel_traces" else "Evaluator"
            command(
                front, f"INSERT INTO {front.database}.{table} ({column}) VALUES ('other {number}')"
            )

    front.on(f"INSERT INTO `{front.database}`.`otel_traces`", forget)
    front.on(f"INSERT INTO `{front.database}`.`otel_evaluator_scores_data`", forget)
    await send(oracle, service, 3)
    await asyncio.to_thread(service.settle)
    rows = [row for row in visible(front) if row.trace_id]
    assert oracle.verdict(rows).is_even
    assert doubled_spans(front) == []


@pytest.mark.fault("C5")
async def test_bursts_of_refusals_and_lost_answers_leave_one_row_each(
    serving: Callable[..., Service], front: ClickHouseHttp
) -> None:
    service = serving().serve()
    oracle = Oracle(79)
    front.on("INSERT", refuse(503, Retry_After="1"), commit_then_drop, refuse(429), refuse(500))
    await send(oracle, service, 5)
    await all_written(service, front, oracle)
    assert service.total("sink_writes_total") > 4
    assert ask(front, "SELECT count() FROM {db}.otel_evaluator_scores FORMAT JSONCompactEachRow")
