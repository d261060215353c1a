"""Questions the read API asks the scores view; pure."""

from typing import Any

from otel_evaluator.write.clickhouse.rows import SCORES, clamp_ns
from otel_evaluator.write.clickhouse.schema import Schema

NAMES = tuple(name for name, _, _ in SCORES)
"""Columns of an answer, in order."""

# As text: the driver's datetimes end at microseconds.
_SHOWN = {"Timestamp": "toString(toTimeZone(Timestamp, 'UTC'))"}
_SECOND_NS = 10**9


def scores(
    schema: Schema, evaluator: str | None, since_ns: int | None, below: float | None, limit: int
) -> tuple[str, dict[str, Any]]:
    """SQL and its parameters for scores, newest first; None is no condition."""
    conditions: list[str] = []
    parameters: dict[str, Any] = {"limit": limit}
    if evaluator is not None:
        conditions.append("Evaluator = {evaluator:String}")
        parameters["evaluator"] = evaluator
    if since_ns is not None:
        conditions.append("Timestamp >= fromUnixTimestamp64Nano({since:Int64})")
        parameters["since"] = clamp_ns(since_ns)
    if below is not None:
        conditions.append("Value < {below:Float64}")
        parameters["below"] = below
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    columns = ", ".join(_SHOWN.get(name, name) for name in NAMES)
    table = schema.qualified(schema.names.scores)
    sql = (
        f"SELECT {columns} FROM {table} AS s {where}"  # noqa: S608
        "ORDER BY s.Timestamp DESC, ScoreId LIMIT {limit:UInt32}"
    )
    return sql, parameters
