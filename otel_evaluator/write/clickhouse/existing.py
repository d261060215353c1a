"""Which score spans a table holds already, for tables that forget insert tokens.

A table that the Collector created has no deduplication log: when an answer was lost, or the
process died between an insert and the outbox's note of it, only the rows themselves tell.
"""

from collections.abc import Sequence

from otel_evaluator.model.span import LogRecord, Span
from otel_evaluator.write.clickhouse.client import ClickHouseClient, quote
from otel_evaluator.write.clickhouse.detect import Table
from otel_evaluator.write.clickhouse.rows import clamp_ns
from otel_evaluator.write.clickhouse.schema import Schema
from otel_evaluator.write.spans import SCORE_ID, SERVICE_NAME

_SECOND_NS = 10**9


async def known_spans(
    client: ClickHouseClient, schema: Schema, spans: Sequence[Span]
) -> frozenset[str]:
    """Span ids of those spans that ``otel_traces`` holds; reads only their seconds and names."""
    ids = quote(sorted({span.span_id for span in spans}))
    found = await client.query(
        f"SELECT DISTINCT SpanId FROM {schema.qualified(schema.names.traces)} "  # noqa: S608
        "WHERE ServiceName IN {services:Array(String)} AND SpanName IN {names:Array(String)} "
        f"AND {_between([span.start_ns for span in spans])} AND SpanId IN ({ids})",
        {
            "services": sorted({str(span.resource.get(SERVICE_NAME, "")) for span in spans}),
            "names": sorted({span.name for span in spans}),
        },
        max_rows=len(spans),
    )
    return frozenset(row[0] for row in found)


async def known_records(
    client: ClickHouseClient, schema: Schema, table: Table, records: Sequence[LogRecord]
) -> frozenset[str]:
    """Score ids of those log records that ``otel_logs`` holds."""
    ids = quote(sorted({str(record.attributes[SCORE_ID]) for record in records}))
    column = f"LogAttributes.{SCORE_ID}::String" if table.json else f"LogAttributes['{SCORE_ID}']"
    found = await client.query(
        f"SELECT DISTINCT {column} FROM {schema.qualified(schema.names.logs)} "  # noqa: S608
        "WHERE ServiceName IN {services:Array(String)} "
        f"AND {_between([record.time_ns for record in records])} AND {column} IN ({ids})",
        {"services": sorted({str(r.resource.get(SERVICE_NAME, "")) for r in records})},
        max_rows=len(records),
    )
    return frozenset(row[0] for row in found)


def _between(times_ns: Sequence[int]) -> str:
    low, high = clamp_ns(min(times_ns)) // _SECOND_NS, clamp_ns(max(times_ns)) // _SECOND_NS
    # DateTime64 on both sides: with a DateTime, 26.5 prunes parts whose key is
    # toStartOfFiveMinutes(Timestamp) although they hold matching rows.
    return f"Timestamp >= toDateTime64({low}, 9) AND Timestamp <= toDateTime64({high + 1}, 9)"
