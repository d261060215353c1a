"""Scores in ClickHouse: a server over HTTP, or the same engine embedded in the process."""

from otel_evaluator.write.clickhouse.config import ClickHouseConfig
from otel_evaluator.write.clickhouse.sink import ClickHouseWriter

__all__ = ["ClickHouseConfig", "ClickHouseWriter"]
