"""What is promised when a batch arrives twice: scores, spans, samples and the rollup."""

import random
from collections.abc import Iterable

import pytest

from otel_evaluator.api.writer import Batch
from otel_evaluator.model.outcome import Failed, Outcome, Sampling, Scored, Unscored
from otel_evaluator.testing.doubles import EPOCH_NS
from otel_evaluator.write.batch import halves
from otel_evaluator.write.clickhouse import rows
from tests.support.outcomes import a_batch, a_sample, an_outcome

HOUR_NS = 3_600 * 10**9

SUMS = ("n", "w", "wy", "wyy", "w2", "w2y", "w2yy", "judged", "judged_w", "judged_w2", "passed",
        "passed_w2", "unscored", "errors", "cost")  # fmt: skip


def many(count: int, seed: int = 1) -> list[Outcome]:
    draw = random.Random(seed)
    verdicts = [
        lambda: Scored(value=draw.random(), passed=draw.random() < 0.7, judge_cost_usd=0.001),
        lambda: Scored(value=draw.random()),
        lambda: Scored(label="x", passed=True),
        lambda: Failed("timeout", "TimeoutError"),
        lambda: Unscored("no_content"),
    ]
    return [
        an_outcome(
            number,
            draw.choice(verdicts)(),
            sampling=Sampling("base", draw.choice([0.02, 0.1, 1.0])),
            started_ns=EPOCH_NS + draw.randrange(3 * HOUR_NS),
            service=draw.choice(["shop", "desk"]),
        )
        for number in range(count)
    ]


def sums(outcomes: Iterable[Outcome]) -> dict[str, float]:
    """The rollup's columns, computed directly."""
    total = dict.fromkeys(SUMS, 0.0)
    for outcome in outcomes:
        verdict, w = outcome.verdict, outcome.sampling.weight
        total["errors"] += isinstance(verdict, Failed)
        total["unscored"] += isinstance(verdict, Unscored)
        if not isinstance(verdict, Scored):
            continue
        total["cost"] += verdict.judge_cost_usd
        if verdict.value is not None:
            y = verdict.value
            for name, value in zip(
                SUMS[:7], (1, w, w * y, w * y * y, w * w, w * w * y, w * w * y * y), strict=True
            ):
                total[name] += value
        if verdict.passed is not None:
            total["judged"] += 1
            total["judged_w"] += w
            total["judged_w2"] += w * w
            total["passed"] += w * verdict.passed
            total["passed_w2"] += w * w * verdict.passed
    return total


def rollup(engine, where: str = "1") -> dict[str, float]:
    columns = ", ".join(f"sum({name})" for name in SUMS)
    (row,) = engine.rows(f"SELECT {columns} FROM otel_evaluator_rollup WHERE {where}")
    return dict(zip(SUMS, row, strict=True))


async def test_the_rollup_is_the_direct_sum(engine, writer) -> None:
    outcomes = many(300)
    for start in range(0, 300, 50):
        await writer.write(Batch(f"b{start}", tuple(outcomes[start : start + 50])))
    assert rollup(engine) == pytest.approx(sums(outcomes))
    shop = [o for o in outcomes if o.service == "shop" and o.started_ns < EPOCH_NS + HOUR_NS]
    first_hour = f"ServiceName = 'shop' AND Hour = toDateTime({EPOCH_NS // 10**9})"
    assert rollup(engine, first_hour) == pytest.approx(sums(shop))


async def test_the_rollup_survives_merges(engine, writer) -> None:
    outcomes = many(100)
    for start in range(0, 100, 20):
        await writer.write(Batch(f"b{start}", tuple(outcomes[start : start + 20])))
    engine.run("OPTIMIZE TABLE otel_evaluator_rollup FINAL")
    assert rollup(engine) == pytest.approx(sums(outcomes))


async def test_a_retried_batch_adds_nothing(engine, writer) -> None:
    outcomes = many(60)
    batch = Batch("same", tuple(outcomes), (a_sample(0), a_sample(1)))
    for _ in range(3):
        await writer.write(batch)
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 60
    assert engine.value("SELECT count() FROM otel_evaluator_scores_data") == 60
    assert engine.value("SELECT count() FROM otel_evaluator_samples") == 2
    assert rollup(engine) == pytest.approx(sums(outcomes))


async def test_a_batch_over_many_days_is_retried_as_one(engine, writer) -> None:
    day_ns = 24 * HOUR_NS
    outcomes = [an_outcome(i, started_ns=EPOCH_NS + i * day_ns) for i in range(40)]
    for _ in range(2):
        await writer.write(Batch("same", tuple(outcomes)))
    assert engine.value("SELECT count() FROM otel_evaluator_scores_data") == 40
    assert rollup(engine) == pytest.approx(sums(outcomes))


async def test_the_same_score_twice_in_one_batch_counts_once(engine, writer) -> None:
    first, last = an_outcome(0, Scored(value=0.1)), an_outcome(0, Scored(value=0.9))
    await writer.write(Batch("b", (first, last)))
    assert engine.rows("SELECT Value FROM otel_evaluator_scores") == [(0.9,)]
    assert engine.value("SELECT count() FROM otel_traces") == 1
    assert engine.value("SELECT sum(n) FROM otel_evaluator_rollup") == 1


async def test_without_tokens_identical_rows_are_recognised_too(engine, database, writer) -> None:
    outcomes = many(20)
    columns = rows.score_columns(rows.stored(outcomes))
    for _ in range(2):
        engine.client.insert(
            f"{database}.otel_evaluator_scores_data",
            columns.values,
            column_names=columns.names,
            column_type_names=columns.types,
            column_oriented=True,
            settings={"async_insert": 0},
        )
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 20
    assert rollup(engine) == pytest.approx(sums(outcomes))


async def test_one_visible_row_under_another_token(engine, writer) -> None:
    """The deduplication window has been overrun: the id decides, not the token."""
    for batch_id in ("one", "two", "three"):
        await writer.write(a_batch(*many(20), batch_id=batch_id))
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 20
    assert engine.value("SELECT uniqExact(ScoreId) FROM otel_evaluator_scores") == 20
    engine.run("OPTIMIZE TABLE otel_evaluator_scores_data FINAL")
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 20


@pytest.mark.parametrize("later_ns", [1, HOUR_NS, 40 * HOUR_NS])
async def test_a_second_evaluation_replaces_the_first(engine, writer, later_ns) -> None:
    first = an_outcome(0, Scored(value=0.1))
    second = an_outcome(0, Scored(value=0.9), started_ns=first.started_ns + later_ns)
    await writer.write(a_batch(second, batch_id="second"))
    await writer.write(a_batch(first, batch_id="first"))
    assert engine.rows("SELECT Value FROM otel_evaluator_scores") == [(0.9,)]
    assert engine.rows("SELECT Value FROM otel_evaluator_scores WHERE Value > 0") == [(0.9,)]
    assert engine.rows("SELECT count() FROM otel_evaluator_scores WHERE Value < 0.5") == [(0,)]


async def test_an_earlier_range_does_not_show_what_was_replaced_later(engine, writer) -> None:
    first = an_outcome(0, Scored(value=0.1))
    second = an_outcome(0, Scored(value=0.9), started_ns=first.started_ns + 40 * HOUR_NS)
    await writer.write(a_batch(first, batch_id="first"))
    await writer.write(a_batch(second, batch_id="second"))
    day_later = f"toDateTime64({EPOCH_NS // 10**9 + 86_400}, 9)"
    until = f"SELECT count() FROM otel_evaluator_scores WHERE Timestamp < {day_later}"
    assert engine.value(until) == 0
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 1


async def test_what_one_table_confirmed_is_not_sent_again(engine, writer) -> None:
    """The scores table fails; the spans of the same batch are there once after the retry."""
    engine.run("RENAME TABLE otel_evaluator_scores_data TO away")
    batch = Batch("batch", tuple(many(10)))
    with pytest.raises(Exception, match="scores_data"):
        await writer.write(batch)
    spans = engine.value("SELECT count() FROM otel_traces")
    assert spans > 0
    engine.run("RENAME TABLE away TO otel_evaluator_scores_data")
    for half in halves(batch):
        await writer.write(half)
    assert engine.value("SELECT count() FROM otel_traces") == spans
    assert engine.value("SELECT count() FROM otel_evaluator_scores") == 10


async def test_samples_show_the_newest_of_a_revision(engine, writer, clock) -> None:
    await writer.write(a_batch(samples=(a_sample(0, output="old"),), batch_id="a"))
    clock.advance(90_000)
    await writer.write(a_batch(samples=(a_sample(0, output="new"),), batch_id="b"))
    await writer.write(a_batch(samples=(a_sample(0, subject_revision=1),), batch_id="c"))
    assert engine.rows(
        "SELECT SubjectRevision, Output FROM otel_evaluator_samples ORDER BY SubjectRevision"
    ) == [(0, "new"), (1, "On its way.")]
