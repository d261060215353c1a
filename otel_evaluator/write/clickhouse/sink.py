"""Writes batches to ClickHouse: spans, log records, scores, samples; then reads them back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from otel_evaluator.api.writer import Batch, written
from otel_evaluator.clock import Clock
from otel_evaluator.errors import Held
from otel_evaluator.model.outcome import Outcome
from otel_evaluator.write.clickhouse import reading, rows
from otel_evaluator.write.clickhouse.client import MAX_ROWS, ClickHouseClient, Rows
from otel_evaluator.write.clickhouse.config import ClickHouseConfig
from otel_evaluator.write.clickhouse.detect import (
    Table,
    TableColumn,
    check_logs,
    check_traces,
    describe,
)
from otel_evaluator.write.clickhouse.existing import known_records, known_spans
from otel_evaluator.write.clickhouse.schema import Schema, Statement, parse_version
from otel_evaluator.write.judge_spans import spans_of
from otel_evaluator.write.progress import Progress
from otel_evaluator.write.spans import SCORE_ID, score_record

log = structlog.get_logger(__name__)


class ClickHouseWriter:
    """The ClickHouse sink; implements ``api.writer.Writer``.

    A batch goes to up to four tables, each by one insert with a token made of the batch id and
    the table. What a table confirmed is not sent to it again when another table failed.
    """

    name = "clickhouse"

    def __init__(self, config: ClickHouseConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._client = ClickHouseClient(config)
        self._schema = Schema(config)
        self._traces: Table | None = None
        self._logs: Table | None = None
        self._ready = False
        self._progress = Progress()

    async def start(self) -> None:
        """Connect, create what is missing, look at what exists.

        Raises ConfigError when the embedded engine cannot be opened, a SinkError when the server
        is away or lacks something that only a person can supply.
        """
        await self._client.connect()
        self._schema = Schema(self._config, parse_version(self._client.version))
        if self._config.create_schema:
            await self._create_database()
        await self._client.use(self._schema.database)
        await self._prepare_traces()
        if self._config.create_schema:
            await self._create(self._schema.create_scores())
        self._logs = await self._prepare_logs()
        self._ready = True

    async def write(self, batch: Batch) -> None:
        """Write one batch; returns when every table confirmed it."""
        if not self._ready:
            await self.start()
        try:
            await self._write(batch)
        except Held:
            # Someone will change a table or a grant: look again before the next attempt.
            self._ready = False
            raise

    async def query(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        max_rows: int = MAX_ROWS,
    ) -> Rows:
        """Rows of a SELECT, by the same thread and connection; raises SinkError."""
        return await self._client.query(sql, parameters, max_rows)

    async def scores(
        self,
        evaluator: str | None = None,
        since_ns: int | None = None,
        below: float | None = None,
        limit: int = 100,
        trace_id: str | None = None,
    ) -> list[dict[str, Any]]:
        """Rows of the scores view as mappings, newest first; raises SinkError.

        ``since_ns`` is nanoseconds since the Unix epoch; ``Timestamp`` comes back as text with
        nanoseconds, in UTC. Keys are the view's columns.
        """
        sql, parameters = reading.scores(self._schema, evaluator, since_ns, below, limit, trace_id)
        found = await self._client.query(sql, parameters, max_rows=limit)
        return [dict(zip(reading.NAMES, row, strict=True)) for row in found]

    async def quality(
        self, evaluator: str | None = None, since_ns: int | None = None
    ) -> list[reading.Quality]:
        """Sums of weighted scores and passes, for each evaluator revision; raises SinkError."""
        sql, parameters = reading.quality(self._schema, evaluator, since_ns)
        return [reading.Quality(*row) for row in await self._client.query(sql, parameters)]

    async def aclose(self) -> None:
        """Close the connection; safe without ``start``."""
        self._ready = False
        await self._client.close()

    async def _write(self, batch: Batch) -> None:
        names, done = self._schema.names, self._progress
        unique = list({outcome.score_id: outcome for outcome in batch.outcomes}.values())
        outcomes = written(unique)
        if not done.done(batch.id, names.traces):
            await self._write_spans(batch, unique)
            done.note(batch.id, names.traces)
        if self._logs and not done.done(batch.id, names.logs):
            await self._write_records(batch, outcomes)
            done.note(batch.id, names.logs)
        scores = rows.stored(unique)
        if scores and not done.done(batch.id, names.scores_data):
            await self._insert(names.scores_data, lambda: rows.score_columns(scores), batch.id)
            done.note(batch.id, names.scores_data)
        if batch.samples and not done.done(batch.id, names.samples_data):
            now_ns = self._clock.time_ns()
            await self._insert(
                names.samples_data, lambda: rows.sample_columns(batch.samples, now_ns), batch.id
            )
        done.forget(batch.id)

    async def _write_spans(self, batch: Batch, outcomes: Sequence[Outcome]) -> None:
        table = self._traces
        assert table is not None
        spans = await self._client.compute(lambda: spans_of(outcomes))
        # Others write to this table as well: its memory of tokens may have passed ours.
        if spans and (batch.was_sent or not table.deduplicates):
            known = await known_spans(self._client, self._schema, spans)
            spans = [span for span in spans if span.span_id not in known]
        if spans:
            await self._insert(
                table.name, lambda: rows.span_columns(spans, table), batch.id, table.deduplicates
            )

    async def _write_records(self, batch: Batch, outcomes: Sequence[Outcome]) -> None:
        table = self._logs
        assert table is not None
        records = await self._client.compute(
            lambda: [record for outcome in outcomes if (record := score_record(outcome))]
        )
        if records and (batch.was_sent or not table.deduplicates):
            known = await known_records(self._client, self._schema, table, records)
            records = [r for r in records if r.attributes[SCORE_ID] not in known]
        if records:
            await self._insert(
                table.name,
                lambda: rows.record_columns(records, table),
                batch.id,
                table.deduplicates,
            )

    async def _insert(
        self,
        table: str,
        build: Callable[[], rows.Columns],
        batch_id: str,
        deduplicates: bool = True,
    ) -> None:
        token = f"{batch_id}:{table}" if deduplicates else ""
        await self._client.insert(self._schema.qualified(table), build, token)

    async def _create_database(self) -> None:
        found = await self._client.query(
            "SELECT name FROM system.databases WHERE name = {name:String}",
            {"name": self._schema.database},
        )
        if not found:
            await self._client.command(self._schema.create_database())

    async def _create(self, statements: Sequence[Statement]) -> None:
        # Only what is missing: IF NOT EXISTS asks for the grant to create even where there is
        # nothing to do. On a cluster another replica may lack what this one has.
        found = await self._client.query(
            "SELECT name FROM system.tables WHERE database = {database:String}",
            {"database": self._schema.database},
        )
        existing = set() if self._config.cluster else {name for (name,) in found}
        for statement in statements:
            if statement.name not in existing:
                await self._client.command(statement.sql)

    async def _prepare_traces(self) -> None:
        name = self._schema.names.traces
        table = await self._describe(name)
        if table is None and self._config.create_schema:
            await self._create(self._schema.create_traces())
            table = await self._describe(name)
            log.info("created table", table=name)
        if table is None:
            raise Held(
                f"{self._client.target}: table {name} does not exist; create it, or set "
                "storage.clickhouse.create_schema: true"
            )
        check_traces(table)
        self._traces = table

    async def _prepare_logs(self) -> Table | None:
        name = self._schema.names.logs
        if not name:
            return None
        table = await self._describe(name)
        if table is None:
            raise Held(
                f"{self._client.target}: table {name} does not exist; "
                "storage.clickhouse.logs_table names an existing table of the Collector"
            )
        check_logs(table)
        return table

    async def _describe(self, name: str) -> Table | None:
        parameters = {"database": self._schema.database, "table": name}
        found = await self._client.query(
            "SELECT name, type, default_kind FROM system.columns "
            "WHERE database = {database:String} AND table = {table:String} ORDER BY position",
            parameters,
        )
        if not found:
            return None
        engines = await self._client.query(
            "SELECT engine, engine_full FROM system.tables "
            "WHERE database = {database:String} AND name = {table:String}",
            parameters,
        )
        columns = [TableColumn(*row) for row in found]
        return describe(name, columns, *(engines[0] if engines else ("", "")))
