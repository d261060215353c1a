"""The whole ClickHouse sink on the real engine, tables made by it."""

import math

import pytest

from otel_evaluator.model.outcome import Sampling, Scored
from otel_evaluator.testing.doubles import ManualClock
from otel_evaluator.write.clickhouse import ClickHouseConfig, ClickHouseWriter
from otel_evaluator.write.clickhouse.rows import SAMPLES, SCORES
from otel_evaluator.write.spans import score_span
from tests.support.outcomes import a_batch, a_sample, an_outcome, one_of_each

HOSTILE = [
    "__class__",
    "{{7*7}}",
    "{0.__init__}",
    "a\x00b",
    'it\'s "quoted" `so`',
    "\\n\\'",
    "line\nbreak\ttab",
    "'); DROP TABLE x; --",
    "$(x) ${y}",
    "Grüße 你好 🙂",
    "",
]

TRACE_QUERY = """
SELECT TraceId AS traceID, SpanId AS spanID, ParentSpanId AS parentSpanID,
    ServiceName AS serviceName, SpanName AS operationName,
    multiply(toUnixTimestamp64Nano(Timestamp), 0.000001) AS startTime,
    multiply(Duration, 0.000001) AS duration,
    arrayMap(key -> map('key', key, 'value', SpanAttributes[key]), mapKeys(SpanAttributes)) AS tags,
    arrayMap(key -> map('key', key, 'value', ResourceAttributes[key]),
        mapKeys(ResourceAttributes)) AS serviceTags,
    if(StatusCode IN ('Error', 'STATUS_CODE_ERROR'), 2, 0) AS statusCode,
    arrayMap((name, timestamp, attributes) -> tuple(name,
        toString(toUnixTimestamp64Milli(timestamp)),
        arrayMap(key -> map('key', key, 'value', attributes[key]), mapKeys(attributes))),
        Events.Name, Events.Timestamp, Events.Attributes) AS logs,
    SpanKind AS kind, StatusMessage AS statusMessage, TraceState AS traceState
FROM otel_traces
WHERE traceID = '{id}'
    AND Timestamp >= (SELECT min(Start) FROM otel_traces_trace_id_ts WHERE TraceId = '{id}')
    AND Timestamp <= (SELECT max(End) + 1 FROM otel_traces_trace_id_ts WHERE TraceId = '{id}')
ORDER BY startTime LIMIT 1000
"""
"""The shape Grafana's ClickHouse data source asks in."""


async def test_every_outcome_lands_where_it_belongs(engine, writer) -> None:
    await writer.write(a_batch(*one_of_each()))
    assert engine.rows(
        "SELECT Outcome, ErrorType FROM otel_evaluator_scores ORDER BY Timestamp"
    ) == [
        ("scored", ""),
        ("failed", "TimeoutError"),
        ("unscored", "no_content"),
    ]
    assert engine.rows("SELECT StatusCode FROM otel_traces ORDER BY Timestamp") == [
        ("Unset",),
        ("Error",),
    ]


async def test_a_trace_view_finds_the_score_span(engine, writer) -> None:
    outcome = an_outcome()
    await writer.write(a_batch(outcome))
    (row,) = engine.rows(TRACE_QUERY.replace("{id}", outcome.trace_id))
    assert row[:5] == (
        outcome.trace_id,
        outcome.score_id[:16],
        outcome.span_id,
        "shop",
        "evaluate faithfulness",
    )
    assert row[6] == 12.5
    assert {"key": "gen_ai.evaluation.score.value", "value": "0.5"} in row[7]
    assert row[10][0][0] == "gen_ai.evaluation.result"
    assert row[11] == "Internal"


async def test_scores_have_the_contract_columns(engine, database, writer) -> None:
    found = engine.rows(
        f"SELECT name, type FROM system.columns WHERE database = '{database}' "
        "AND table = 'otel_evaluator_scores' ORDER BY position"
    )
    assert found == [(name, kind) for name, kind, _ in SCORES]


async def test_samples_have_the_declared_columns(engine, database, writer) -> None:
    found = engine.rows(
        f"SELECT name, type FROM system.columns WHERE database = '{database}' "
        "AND table = 'otel_evaluator_samples' ORDER BY position"
    )
    assert found == [("Timestamp", "DateTime64(9)"), *((name, kind) for name, kind, _ in SAMPLES)]


async def test_nullable_columns(engine, writer) -> None:
    verdicts = [Scored(value=0.0, passed=False), Scored(label="x"), Scored(value=math.nan)]
    await writer.write(a_batch(*(an_outcome(i, v) for i, v in enumerate(verdicts))))
    assert engine.rows("SELECT Value, Passed FROM otel_evaluator_scores ORDER BY Timestamp") == [
        (0.0, False),
        (None, None),
        (None, None),
    ]


async def test_the_step_to_blame_is_linked(engine, writer) -> None:
    blaming = Scored(value=0.0, passed=False, span_id="00f067aa0ba902b7")
    outcomes = (an_outcome(0, blaming), an_outcome(1))
    await writer.write(a_batch(*outcomes))
    rows = engine.rows("SELECT SpanId, Links.TraceId, Links.SpanId FROM otel_traces")
    assert {row[0]: row[1:] for row in rows} == {
        outcomes[0].score_id[:16]: ([outcomes[0].trace_id], ["00f067aa0ba902b7"]),
        outcomes[1].score_id[:16]: ([], []),
    }


async def test_nanoseconds_survive(engine, writer) -> None:
    started_ns = 1_767_225_600_123_456_789
    await writer.write(
        a_batch(
            an_outcome(started_ns=started_ns, duration_ms=0.000_001),
            samples=(a_sample(start_ns=1, end_ns=started_ns),),
        )
    )
    assert (
        engine.value("SELECT toUnixTimestamp64Nano(Timestamp) FROM otel_evaluator_scores")
        == started_ns
    )
    assert engine.rows(
        "SELECT toUnixTimestamp64Nano(Timestamp), Duration, "
        "toUnixTimestamp64Nano(Events.Timestamp[1]) FROM otel_traces"
    ) == [(started_ns, 1, started_ns + 1)]
    assert engine.rows(
        "SELECT toUnixTimestamp64Nano(Start), toUnixTimestamp64Nano(End) "
        "FROM otel_evaluator_samples"
    ) == [(1, started_ns)]


@pytest.mark.parametrize("time_ns", [-5, 0, 2**63, 2**64 - 1])
async def test_times_out_of_range_do_not_break_a_batch(engine, writer, time_ns) -> None:
    await writer.write(a_batch(samples=(a_sample(start_ns=time_ns, end_ns=time_ns),)))
    assert engine.value("SELECT count() FROM otel_evaluator_samples") == 1


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_round_trips_unchanged(engine, writer, text) -> None:
    outcome = an_outcome(
        verdict=Scored(value=1.0, label=text, explanation=text),
        conversation_id=text,
        model=text,
        agent=text,
        service=text,
        prompt_name=text,
        trace_state=text,
    )
    sample = a_sample(input=text, output=text, transcript=text, signals={text: text})
    await writer.write(a_batch(outcome, samples=(sample,)))
    await writer.write(a_batch(outcome, samples=(sample,), batch_id="again"))
    assert engine.rows(
        "SELECT Label, Explanation, ConversationId, Model, AgentName, ServiceName, PromptName "
        "FROM otel_evaluator_scores"
    ) == [(text,) * 7]
    assert engine.rows("SELECT Input, Output, Transcript FROM otel_evaluator_samples") == [
        (text,) * 3
    ]
    attributes = engine.rows("SELECT SpanAttributes, TraceState FROM otel_traces LIMIT 1")[0]
    assert attributes[0].get("gen_ai.evaluation.explanation", "") == text
    assert attributes[1] == text


async def test_text_that_is_not_utf8_does_not_break_a_batch(engine, writer) -> None:
    broken = "half \ud83d a pair"
    await writer.write(
        a_batch(
            an_outcome(0, Scored(value=1.0, explanation=broken)),
            an_outcome(1, Scored(value=1.0, explanation="whole 🙂")),
        )
    )
    assert engine.rows("SELECT Explanation FROM otel_evaluator_scores ORDER BY Timestamp") == [
        ("half ? a pair",),
        ("whole 🙂",),
    ]


async def test_attributes_keep_their_text_form(engine, writer) -> None:
    await writer.write(a_batch(an_outcome(verdict=Scored(value=1.0, passed=True))))
    (attributes,) = engine.rows("SELECT SpanAttributes FROM otel_traces")[0]
    assert attributes["gen_ai.evaluation.score.value"] == "1"
    assert attributes["otel_evaluator.passed"] == "true"
    assert attributes["otel_evaluator.subject.revision"] == "0"
    assert list(attributes) == sorted(attributes)


async def test_a_reopened_directory_has_tables_and_rows(engine, configure, clock) -> None:
    for batch_id in ("first", "second"):
        writer = ClickHouseWriter(configure(), clock)
        await writer.start()
        await writer.write(a_batch(an_outcome(len(batch_id)), batch_id=batch_id))
        await writer.aclose()
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 2
    assert engine.value("SELECT count() FROM otel_traces") == 2


async def test_query_takes_parameters_and_a_row_limit(writer) -> None:
    await writer.write(a_batch(*(an_outcome(i) for i in range(20))))
    found = await writer.query(
        "SELECT Evaluator, count() FROM otel_evaluator_scores "
        "WHERE Evaluator = {name:String} GROUP BY 1",
        {"name": "faithfulness"},
    )
    assert found == [("faithfulness", 20)]
    assert len(await writer.query("SELECT * FROM otel_evaluator_scores", max_rows=3)) == 3


async def test_ttl_zero_keeps_rows(engine, database, configure, clock) -> None:
    writer = ClickHouseWriter(configure(ttl=0, samples_ttl="1d", rollup_ttl="2d"), clock)
    await writer.start()
    await writer.aclose()
    shown = {
        row[0]: row[1]
        for row in engine.rows(
            f"SELECT name, create_table_query FROM system.tables WHERE database = '{database}'"
        )
    }
    assert "TTL" not in shown["otel_evaluator_scores_data"]
    assert "TTL" not in shown["otel_traces"]
    assert "toIntervalSecond(86400)" in shown["otel_evaluator_samples_data"]
    assert "toIntervalSecond(172800)" in shown["otel_evaluator_rollup"]


async def test_expired_scores_are_deleted(engine, configure, clock) -> None:
    writer = ClickHouseWriter(configure(ttl="1d"), clock)
    await writer.start()
    old_ns = 1_000_000_000_000_000_000
    await writer.write(a_batch(an_outcome(started_ns=old_ns), an_outcome(1, started_ns=4 * old_ns)))
    engine.run("OPTIMIZE TABLE otel_evaluator_scores_data FINAL")
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 1
    await writer.aclose()


async def test_weights_are_the_inverse_of_the_probability(engine, writer) -> None:
    await writer.write(a_batch(an_outcome(sampling=Sampling("errors", 0.25))))
    assert engine.rows("SELECT Tier, Probability, Weight FROM otel_evaluator_scores") == [
        ("errors", 0.25, 4.0)
    ]


async def test_the_span_written_is_the_span_meant(engine, writer) -> None:
    outcome = an_outcome(conversation_id="c-1")
    await writer.write(a_batch(outcome))
    span = score_span(outcome)
    assert span is not None
    (row,) = engine.rows("SELECT SpanAttributes, ResourceAttributes, ScopeName FROM otel_traces")
    assert set(row[0]) == set(span.attributes)
    assert row[1] == span.resource
    assert row[2] == "otel_evaluator"


def test_a_writer_that_never_started_closes(tmp_path) -> None:
    import asyncio

    writer = ClickHouseWriter(ClickHouseConfig(dsn=f"chdb://{tmp_path}"), ManualClock())
    asyncio.run(writer.aclose())
