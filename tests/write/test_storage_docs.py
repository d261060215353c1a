"""docs/storage.md: its queries run and say what they claim; its tables list every column."""

import math
import re
from pathlib import Path

import pytest

from otel_evaluator.api.writer import Batch
from otel_evaluator.clock import SystemClock
from otel_evaluator.model.outcome import Failed, Sampling, Scored
from otel_evaluator.testing.doubles import ManualClock
from otel_evaluator.write.clickhouse import ClickHouseConfig
from otel_evaluator.write.clickhouse.rows import SCORES
from tests.support.outcomes import a_sample, an_outcome

PAGE = (Path(__file__).parents[2] / "docs" / "storage.md").read_text()
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)

BOOSTED = [(0.2, 0.5)] * 10
ORDINARY = [(0.9, 0.02)] * 20 + [(0.4, 0.02)] * 5


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(SystemClock().time_ns())


def filled(clock) -> Batch:
    now_ns = clock.time_ns() - 10**9
    outcomes = [
        an_outcome(
            number,
            Scored(value=value, passed=value >= 0.5),
            sampling=Sampling("x", probability),
            started_ns=now_ns,
        )
        for number, (value, probability) in enumerate(BOOSTED + ORDINARY)
    ]
    outcomes.append(an_outcome(99, Failed("timeout", "TimeoutError"), started_ns=now_ns))
    return Batch("b", tuple(outcomes), tuple(a_sample(i) for i in range(len(outcomes))))


def direct() -> tuple[float, float]:
    """Hajek mean and its standard error, from their definitions."""
    pairs = [(value, 1 / probability) for value, probability in BOOSTED + ORDINARY]
    weight = sum(w for _, w in pairs)
    mean = sum(w * y for y, w in pairs) / weight
    return mean, math.sqrt(sum((w * (y - mean)) ** 2 for y, w in pairs)) / weight


def test_there_are_queries() -> None:
    assert len(QUERIES) >= 6


@pytest.mark.parametrize("number", range(len(QUERIES)))
async def test_every_query_finds_rows(engine, writer, clock, number) -> None:
    await writer.write(filled(clock))
    assert engine.rows(QUERIES[number])


@pytest.mark.parametrize("number", [0, 1])
async def test_the_mean_and_its_interval_are_right(engine, writer, clock, number) -> None:
    await writer.write(filled(clock))
    result = engine.client.query(QUERIES[number])
    (row,) = result.named_results()
    mean, error = direct()
    assert row["Scores"] == 35
    assert row["Mean"] == pytest.approx(mean)
    assert row["StandardError"] == pytest.approx(error)
    assert (row["Low"], row["High"]) == pytest.approx((mean - 1.96 * error, mean + 1.96 * error))


async def test_the_pass_rate_is_weighted(engine, writer, clock) -> None:
    await writer.write(filled(clock))
    (row,) = engine.client.query(QUERIES[2]).named_results()
    assert row["PassRate"] == pytest.approx(20 * 50 / (10 * 2 + 25 * 50))
    assert row["Failed"] == 1


def test_every_column_is_listed() -> None:
    for name, _, _ in SCORES:
        assert f"`{name}`" in PAGE


def test_every_cluster_setting_exists() -> None:
    section = PAGE[PAGE.index("## Clusters") :]
    for name in re.findall(r"^\| `(\w+)", section, re.MULTILINE):
        assert name in ClickHouseConfig.model_fields
