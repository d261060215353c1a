"""Batches through delivery, the driver and HTTP into the engine while answers get lost."""

import asyncio
import random

import msgspec
import pytest
from collector_tables import TRACES
from test_duplicates import many, rollup, sums

from otel_evaluator.api.journal import Done
from otel_evaluator.journal.memory import MemoryJournal
from otel_evaluator.metrics import Metrics
from otel_evaluator.write.batch import decode, encode
from otel_evaluator.write.clickhouse import ClickHouseWriter
from otel_evaluator.write.clickhouse.rows import stored
from otel_evaluator.write.deliver import Delivery
from tests.support.clickhouse_http import (
    ClickHouseHttp,
    commit_then_drop,
    fail_with,
    ok_with_exception,
    refuse,
)

FAULTS = [commit_then_drop, refuse(503), fail_with(252), fail_with(60), ok_with_exception(241)]


@pytest.fixture
def server(engine):
    with ClickHouseHttp(str(engine.path)) as front:
        yield front


@pytest.mark.parametrize("kind", ["made by us", "generation 2"])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.fault("C5", "C11")
async def test_every_score_has_one_row(
    engine, database, configure, clock, server, kind, seed
) -> None:
    if kind in TRACES:
        engine.run(TRACES[kind].format(db=database))
    draw = random.Random(seed)

    def sometimes(request, ask):
        return draw.choice(FAULTS)(request, ask) if draw.random() < 0.4 else ask(request)

    async def no_wait(seconds: float) -> None:
        await asyncio.sleep(0 if seconds < 500 else 3_600)

    dsn = f"clickhouse://127.0.0.1:{server.port}"
    writer = ClickHouseWriter(configure(dsn=dsn), clock)
    await writer.start()
    server.on("INSERT", *[sometimes] * 1_000)
    journal = MemoryJournal()
    delivery = Delivery([writer], journal, clock, Metrics(), max_rows=20, sleep=no_wait)
    await delivery.start()
    outcomes = many(200, seed)
    for start in range(0, 200, 10):
        some = outcomes[start : start + 10]
        await delivery.finish(Done(rows=encode(some), outcomes=len(some)))
    assert await delivery.drain(500.0)

    rows = stored(outcomes)
    scored_or_failed = [o for o in outcomes if o.name in ("scored", "failed")]
    assert journal.statistics().bytes == 0, "every row was confirmed"
    assert len(server.requests) > 40
    assert engine.rows("SELECT count(), uniqExact(ScoreId) FROM otel_evaluator_scores") == [
        (len(rows), len(rows))
    ]
    assert engine.rows("SELECT count(), uniqExact(SpanId) FROM otel_traces") == [
        (len(scored_or_failed),) * 2
    ]
    assert rollup(engine) == pytest.approx(sums(outcomes))


@pytest.mark.fault("C8")
async def test_a_row_the_engine_cannot_take_is_cut_out(
    engine, configure, clock, server, monkeypatch
) -> None:
    """A real refusal by the engine: a constraint of the table's owner."""
    dsn = f"clickhouse://127.0.0.1:{server.port}"
    writer = ClickHouseWriter(configure(dsn=dsn), clock)
    await writer.start()
    engine.run(
        "ALTER TABLE otel_evaluator_scores_data ADD CONSTRAINT c CHECK ServiceName != 'forbidden'"
    )
    outcomes = many(64)
    bad = next(o for o in outcomes if o.service == "desk")
    outcomes[outcomes.index(bad)] = msgspec.structs.replace(bad, service="forbidden")
    aside: list[tuple[str, bytes]] = []
    journal = MemoryJournal()
    monkeypatch.setattr(
        journal, "quarantine", lambda sink, reason, rows, noted_ns: aside.append((reason, rows))
    )
    delivery = Delivery([writer], journal, clock, Metrics(), max_rows=64)
    await delivery.start()
    await delivery.finish(Done(rows=encode(outcomes), outcomes=64))
    assert await delivery.drain(60.0)
    ((reason, rows),) = aside
    assert [o.score_id for o in decode("aside", [rows]).outcomes] == [bad.score_id]
    assert "469" in reason
    assert "forbidden" not in reason
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 63
    assert engine.value("SELECT count() = uniqExact(SpanId) FROM otel_traces") == 1
    written = [o for o in outcomes if o.score_id != bad.score_id]
    assert rollup(engine) == pytest.approx(sums(written))
