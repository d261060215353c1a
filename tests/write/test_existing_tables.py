"""Writing into tables that the Collector's exporter made: every generation, Map and JSON."""

import pytest
from collector_tables import LOGS, LOOKUP, TRACES

from otel_evaluator.errors import Held
from otel_evaluator.model.outcome import Failed, Scored
from otel_evaluator.write.clickhouse import ClickHouseWriter
from otel_evaluator.write.clickhouse.detect import TableColumn, describe
from tests.support.outcomes import a_batch, an_outcome, one_of_each

OUTCOME = an_outcome(
    0, Scored(value=0.25, passed=False, explanation="why", span_id="00f067aa0ba902b7")
)


@pytest.fixture
async def started(configure, clock):
    writers = []

    async def start(**settings) -> ClickHouseWriter:
        writer = ClickHouseWriter(configure(**settings), clock)
        writers.append(writer)
        await writer.start()
        return writer

    yield start
    for writer in writers:
        await writer.aclose()


@pytest.mark.parametrize("kind", TRACES)
async def test_a_score_span_in_every_generation(engine, database, started, kind) -> None:
    engine.run(TRACES[kind].format(db=database))
    for statement in LOOKUP:
        engine.run(statement.format(db=database))
    writer = await started()
    await writer.write(a_batch(OUTCOME, an_outcome(1, Failed("crash", "OSError"))))
    rows = engine.rows(
        "SELECT TraceId, SpanId, ParentSpanId, SpanName, SpanKind, ServiceName, Duration, "
        "StatusCode, toUnixTimestamp64Nano(Timestamp), Events.Name "
        "FROM otel_traces ORDER BY Timestamp"
    )
    assert rows[0] == (
        OUTCOME.trace_id,
        OUTCOME.score_id[:16],
        OUTCOME.span_id,
        "evaluate faithfulness",
        "Internal",
        "shop",
        12_500_000,
        "Unset",
        OUTCOME.started_ns,
        ["gen_ai.evaluation.result"],
    )
    assert rows[1][7] == "Error"
    assert engine.value("SELECT count() FROM otel_traces_trace_id_ts") == 2


@pytest.mark.parametrize("kind", TRACES)
async def test_attributes_are_read_as_users_read_them(engine, database, started, kind) -> None:
    engine.run(TRACES[kind].format(db=database))
    await (await started()).write(a_batch(OUTCOME))
    if kind.startswith("json"):
        columns = (
            "SpanAttributes.gen_ai.evaluation.score.value::Float64, "
            "SpanAttributes.otel_evaluator.passed::Bool, "
            "SpanAttributes.otel_evaluator.subject.revision::Int64, "
            "ResourceAttributes.service.name::String, "
            "Events.Attributes[1].gen_ai.evaluation.explanation::String"
        )
    else:
        columns = (
            "toFloat64OrNull(SpanAttributes['gen_ai.evaluation.score.value']), "
            "SpanAttributes['otel_evaluator.passed'] = 'true', "
            "toInt64OrNull(SpanAttributes['otel_evaluator.subject.revision']), "
            "ResourceAttributes['service.name'], "
            "Events.Attributes[1]['gen_ai.evaluation.explanation']"
        )
    (row,) = engine.rows(f"SELECT {columns} FROM otel_traces")
    assert (row[0], bool(row[1]), row[2], row[3], row[4]) == (0.25, False, 0, "shop", "why")


async def test_generation_1_has_the_scope_in_its_attributes(engine, database, started) -> None:
    engine.run(TRACES["generation 1"].format(db=database))
    await (await started()).write(a_batch())
    assert (
        engine.value("SELECT SpanAttributes['otel.scope.name'] FROM otel_traces")
        == "otel_evaluator"
    )


async def test_json_keys_columns_are_filled(engine, database, started) -> None:
    engine.run(TRACES["json"].format(db=database))
    await (await started()).write(a_batch())
    (keys,) = engine.rows("SELECT SpanAttributesKeys FROM otel_traces")[0]
    assert "gen_ai.evaluation.name" in keys


@pytest.mark.parametrize("kind", TRACES)
async def test_a_retry_leaves_one_span(engine, database, configure, clock, kind) -> None:
    engine.run(TRACES[kind].format(db=database))
    for _ in range(2):  # a new writer each time: nothing is remembered but the rows
        writer = ClickHouseWriter(configure(), clock)
        await writer.start()
        await writer.write(a_batch(*one_of_each()))
        await writer.write(a_batch(*one_of_each()))
        await writer.aclose()
    assert engine.value("SELECT count() FROM otel_traces") == 2


async def test_only_the_missing_spans_are_added(engine, database, started) -> None:
    engine.run(TRACES["generation 2"].format(db=database))
    writer = await started()
    await writer.write(a_batch(an_outcome(0), batch_id="part"))
    await writer.write(a_batch(an_outcome(0), an_outcome(1), batch_id="whole"))
    assert engine.value("SELECT count() FROM otel_traces") == 2


@pytest.mark.parametrize("kind", LOGS)
async def test_an_evaluation_event_in_every_generation(engine, database, started, kind) -> None:
    engine.run(LOGS[kind].format(db=database))
    writer = await started(logs_table="otel_logs")
    for batch_id in ("first", "retried"):
        await writer.write(a_batch(OUTCOME, batch_id=batch_id))
    value = (
        "LogAttributes.gen_ai.evaluation.score.value::Float64"
        if kind == "json"
        else "toFloat64(LogAttributes['gen_ai.evaluation.score.value'])"
    )
    event = "LogAttributes['event.name']" if kind == "before 0.151" else "EventName"
    assert engine.rows(
        f"SELECT TraceId, SpanId, ServiceName, SeverityText, {value}, {event} FROM otel_logs"
    ) == [(OUTCOME.trace_id, OUTCOME.span_id, "shop", "INFO", 0.25, "gen_ai.evaluation.result")]


async def test_a_named_logs_table_must_exist(started) -> None:
    with pytest.raises(Held, match="otel_logs does not exist"):
        await started(logs_table="otel_logs")


async def test_a_table_that_is_something_else_is_refused(engine, database, started) -> None:
    engine.run(f"CREATE TABLE {database}.otel_traces (id String) ENGINE = MergeTree ORDER BY id")
    with pytest.raises(Held, match="lacks Timestamp, TraceId"):
        await started()


async def test_without_create_schema_a_missing_table_is_named(started) -> None:
    with pytest.raises(Held, match="otel_traces does not exist"):
        await started(create_schema=False)


async def test_a_table_changed_under_us_is_looked_at_again(engine, database, started) -> None:
    engine.run(TRACES["generation 2"].format(db=database))
    writer = await started()
    engine.run("ALTER TABLE otel_traces DROP COLUMN StatusMessage")
    with pytest.raises(Held, match="StatusMessage"):
        await writer.write(a_batch())
    await writer.write(a_batch())
    assert engine.value("SELECT count() FROM otel_traces") == 1
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 1


async def test_events_that_are_not_flattened(engine, database, started) -> None:
    engine.client.command(
        TRACES["generation 2"].format(db=database), settings={"flatten_nested": 0}
    )
    assert engine.value(
        f"SELECT count() FROM system.columns WHERE database = '{database}' AND name = 'Events'"
    )
    await (await started()).write(a_batch(OUTCOME))
    assert engine.value("SELECT Events[1].Name FROM otel_traces") == "gen_ai.evaluation.result"
    assert engine.value("SELECT Links[1].SpanId FROM otel_traces") == "00f067aa0ba902b7"


def test_precision_of_time_columns() -> None:
    columns = [TableColumn("Timestamp", "DateTime64(6)"), TableColumn("Other", "DateTime")]
    table = describe("t", columns, "MergeTree", "MergeTree ORDER BY x")
    assert table.ticks_per_ns("Timestamp") == 1_000
    assert table.ticks_per_ns("Other") == 1_000_000_000


@pytest.mark.parametrize(
    ("engine_name", "full", "deduplicates"),
    [
        ("MergeTree", "MergeTree ORDER BY x SETTINGS index_granularity = 8192", False),
        ("MergeTree", "… SETTINGS non_replicated_deduplication_window = 0", False),
        ("MergeTree", "… SETTINGS non_replicated_deduplication_window = 5", True),
        ("ReplicatedMergeTree", "…", True),
        ("SharedMergeTree", "…", True),
        ("Distributed", "…", False),
    ],
)
def test_which_tables_remember_tokens(engine_name: str, full: str, deduplicates: bool) -> None:
    assert describe("t", [], engine_name, full).deduplicates is deduplicates
