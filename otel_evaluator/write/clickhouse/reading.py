"""Questions the read API asks the scores view; pure."""

from typing import Any, NamedTuple

from otel_evaluator.write.clickhouse.rows import SCORES, clamp_ns
from otel_evaluator.write.clickhouse.schema import Schema

NAMES = tuple(name for name, _, _ in SCORES)
"""Columns of an answer, in order."""

# As text: the driver's datetimes end at microseconds.
_SHOWN = {"Timestamp": "toString(toTimeZone(Timestamp, 'UTC'))"}
_SECOND_NS = 10**9


def scores(
    schema: Schema,
    evaluator: str | None,
    since_ns: int | None,
    below: float | None,
    limit: int,
    trace_id: str | None = None,
) -> tuple[str, dict[str, Any]]:
    """SQL and its parameters for scores, newest first; None is no condition."""
    conditions, parameters = _conditions(evaluator, since_ns)
    parameters["limit"] = limit
    if trace_id is not None:
        conditions.append("TraceId = {trace:String}")
        parameters["trace"] = trace_id
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


class Quality(NamedTuple):
    """Sums over the scores of one evaluator revision: w is the weight, y the value."""

    evaluator: str
    revision: str
    scored: int
    missing: int
    """Outcomes without a score."""
    w: float
    wy: float
    wyy: float
    ww: float
    wwy: float
    wwyy: float
    passes_w: float
    """Sum of weights of scores that say whether they pass."""
    passes_ww: float
    passed_w: float
    passed_ww: float


_SUBJECT = (
    "multiIf(SubjectKind = 'conversation', ConversationId, SubjectKind = 'trace', TraceId, "
    "concat(TraceId, '/', SpanId))"
)


def quality(
    schema: Schema, evaluator: str | None, since_ns: int | None
) -> tuple[str, dict[str, Any]]:
    """SQL and its parameters for ``Quality`` rows; of a subject its last revision counts."""
    conditions, parameters = _conditions(evaluator, since_ns)
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    table = schema.qualified(schema.names.scores)
    latest = (
        f"SELECT * FROM {table} AS s {where}ORDER BY SubjectRevision DESC "  # noqa: S608
        f"LIMIT 1 BY Evaluator, EvaluatorRevision, SubjectKind, {_SUBJECT}"
    )
    weight, valued, passing = "Weight * Weight", "Value IS NOT NULL", "Passed IS NOT NULL"
    columns = (
        "Evaluator",
        "EvaluatorRevision",
        "countIf(Outcome = 'scored')",
        "countIf(Outcome != 'scored')",
        f"sumIf(Weight, {valued})",
        f"sumIf(Weight * assumeNotNull(Value), {valued})",
        f"sumIf(Weight * assumeNotNull(Value) * assumeNotNull(Value), {valued})",
        f"sumIf({weight}, {valued})",
        f"sumIf({weight} * assumeNotNull(Value), {valued})",
        f"sumIf({weight} * assumeNotNull(Value) * assumeNotNull(Value), {valued})",
        f"sumIf(Weight, {passing})",
        f"sumIf({weight}, {passing})",
        f"sumIf(Weight, {passing} AND assumeNotNull(Passed))",
        f"sumIf({weight}, {passing} AND assumeNotNull(Passed))",
    )
    sql = (
        f"SELECT {', '.join(columns)} FROM ({latest}) "  # noqa: S608
        "GROUP BY Evaluator, EvaluatorRevision ORDER BY Evaluator, EvaluatorRevision"
    )
    return sql, parameters


def _conditions(evaluator: str | None, since_ns: int | None) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    if evaluator is not None:
        conditions.append("Evaluator = {evaluator:String}")
        parameters["evaluator"] = evaluator
    if since_ns is not None:
        conditions.append("Timestamp >= fromUnixTimestamp64Nano({since:Int64})")
        parameters["since"] = clamp_ns(since_ns)
    return conditions, parameters
