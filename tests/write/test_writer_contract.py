"""Both writers keep the public contract of api.writer."""

from otel_evaluator.testing.checks import check_writer
from otel_evaluator.write.clickhouse import ClickHouseWriter
from otel_evaluator.write.otlp import OtlpExporterConfig, OtlpWriter


async def test_clickhouse(engine, configure, clock) -> None:
    async def visible() -> list[str]:
        return [row[0] for row in engine.rows("SELECT ScoreId FROM otel_evaluator_scores")]

    await check_writer(ClickHouseWriter(configure(), clock), visible)


async def test_otlp_that_sends_nothing(clock) -> None:
    await check_writer(OtlpWriter(OtlpExporterConfig(), clock))
