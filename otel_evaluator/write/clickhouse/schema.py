"""DDL from the templates in ``sql/``: names, engines, cluster and TTL are parameters."""

from functools import cache
from importlib.resources import files
from string import Template
from typing import NamedTuple

from otel_evaluator.write.clickhouse.config import ClickHouseConfig

DEDUPLICATION_WINDOW = 10_000
"""Inserts whose tokens a table remembers; ClickHouse's default of replicated tables since 25.9."""

DEDUPLICATION_SECONDS = 7 * 86_400
"""How long replicated tables remember them."""

TEXT_INDEX_SINCE = (26, 2)
"""Server version from which the Collector's exporter creates text indexes."""

_TEXT_INDEXES = (
    "INDEX idx_trace_id TraceId TYPE text(tokenizer = 'array')",
    "INDEX idx_res_attr_keys mapKeys(ResourceAttributes) TYPE text(tokenizer = 'array')",
    "INDEX idx_res_attr_items ResourceAttributeItems TYPE text(tokenizer = 'array')",
    "INDEX idx_span_attr_keys mapKeys(SpanAttributes) TYPE text(tokenizer = 'array')",
    "INDEX idx_span_attr_items SpanAttributeItems TYPE text(tokenizer = 'array')",
)
_BLOOM_INDEXES = (
    "INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1",
    "INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1",
    "INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1",
    "INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1",
    "INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1",
)


class Names(NamedTuple):
    """Unqualified names of all tables and views."""

    traces: str
    logs: str
    scores_data: str
    scores: str
    samples_data: str
    samples: str
    rollup: str

    @classmethod
    def of(cls, config: ClickHouseConfig) -> "Names":
        """The names in force: contract names with the configured prefix."""
        return cls(
            traces=config.traces_table,
            logs=config.logs_table or "",
            scores_data=f"{config.prefix}scores_data",
            scores=f"{config.prefix}scores",
            samples_data=f"{config.prefix}samples_data",
            samples=f"{config.prefix}samples",
            rollup=f"{config.prefix}rollup",
        )


class Statement(NamedTuple):
    """DDL that creates one table or view, by its unqualified name."""

    name: str
    sql: str


class Schema:
    """Renders the statements for one configuration and server version."""

    def __init__(self, config: ClickHouseConfig, version: tuple[int, ...] = ()) -> None:
        self._config = config
        self._version = version
        self.database = config.target.database
        self.names = Names.of(config)

    def create_database(self) -> str:
        """The statement that creates the database."""
        return f"CREATE DATABASE IF NOT EXISTS `{self.database}` {self._on_cluster}".rstrip()

    def create_scores(self) -> list[Statement]:
        """Statements for scores, samples and the rollup, in the order to run them."""
        names, config = self.names, self._config
        samples_ttl = config.ttl if config.samples_ttl is None else config.samples_ttl
        scores = self._table(
            "scores_data", names.scores_data, "Replacing", "Timestamp", config.ttl,
            "cityHash64(ScoreId)",
        )  # fmt: skip
        rollup = self._table(
            "rollup", names.rollup, "Aggregating", "", config.rollup_ttl, "cityHash64(Evaluator)"
        )
        samples = self._table(
            "samples_data", names.samples_data, "Replacing", "Timestamp", samples_ttl,
            "cityHash64(SubjectKey)",
        )  # fmt: skip
        return [
            *scores,
            self._view("scores", names.scores, names.scores_data),
            *rollup,
            self._materialize("rollup_mv", names.rollup, names.scores_data, f"{names.rollup}_mv"),
            *samples,
            self._view("samples", names.samples, names.samples_data),
        ]

    def create_traces(self) -> list[Statement]:
        """Statements for ``otel_traces``, its lookup table and the view that fills it."""
        traces, ttl = self.names.traces, self._config.ttl
        lookup = f"{traces}_trace_id_ts"
        return [
            *self._table("otel_traces", traces, "", "", ttl, "cityHash64(TraceId)"),
            *self._table(
                "otel_traces_trace_id_ts", lookup, "Aggregating", "", ttl, "cityHash64(TraceId)"
            ),
            self._materialize("otel_traces_trace_id_ts_mv", lookup, traces, f"{lookup}_mv"),
        ]

    def qualified(self, name: str) -> str:
        """``database`` and table name, quoted."""
        return f"`{self.database}`.`{name}`"

    @property
    def _on_cluster(self) -> str:
        return f"ON CLUSTER '{self._config.cluster}'" if self._config.cluster else ""

    def _local(self, name: str) -> str:
        return f"{name}_local" if self._config.distributed else name

    def _table(
        self, template: str, name: str, family: str, version: str, ttl: float, sharding_key: str
    ) -> list[Statement]:
        local = self._local(name)
        text = _render(
            template,
            table=self.qualified(local),
            on_cluster=self._on_cluster,
            engine=self._engine(family, version),
            indexes=",\n    ".join(self._trace_indexes()),
            deduplication=self._deduplication(),
            ttl_timestamp=_ttl("toDateTime(Timestamp)", ttl),
            ttl_start=_ttl("Start", ttl),
            ttl_hour=_ttl("Hour", ttl),
        )
        table = Statement(local, text)
        return [table] if local == name else [table, self._distribute(name, local, sharding_key)]

    def _distribute(self, name: str, local: str, sharding_key: str) -> Statement:
        sql = _render(
            "distributed",
            table=self.qualified(name),
            source=self.qualified(local),
            source_name=local,
            cluster=self._config.cluster or "default",
            database=self.database,
            sharding_key=sharding_key,
            on_cluster=self._on_cluster,
        )
        return Statement(name, sql)

    def _view(self, template: str, name: str, source: str) -> Statement:
        sql = _render(
            template,
            view=self.qualified(name),
            table=self.qualified(source),
            on_cluster=self._on_cluster,
        )
        return Statement(name, sql)

    def _materialize(self, template: str, target: str, source: str, view: str) -> Statement:
        sql = _render(
            template,
            view=self.qualified(view),
            table=self.qualified(self._local(target)),
            source=self.qualified(self._local(source)),
            on_cluster=self._on_cluster,
        )
        return Statement(view, sql)

    def _engine(self, family: str, version: str) -> str:
        arguments = [version] if version else []
        if not self._config.replicated:
            return f"{family}MergeTree({', '.join(arguments)})"
        if self._config.replica_path:
            arguments = [f"'{self._config.replica_path}'", "'{replica}'", *arguments]
        return f"Replicated{family}MergeTree({', '.join(arguments)})"

    def _deduplication(self) -> str:
        if self._config.replicated:
            return (
                f", replicated_deduplication_window = {DEDUPLICATION_WINDOW}"
                f", replicated_deduplication_window_seconds = {DEDUPLICATION_SECONDS}"
            )
        return f", non_replicated_deduplication_window = {DEDUPLICATION_WINDOW}"

    def _trace_indexes(self) -> tuple[str, ...]:
        return _TEXT_INDEXES if self._version >= TEXT_INDEX_SINCE else _BLOOM_INDEXES


def parse_version(text: str) -> tuple[int, ...]:
    """``26.5.1.1`` as (26, 5); empty where the text is something else."""
    parts = text.split(".")[:2]
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def _ttl(column: str, seconds: float) -> str:
    return f"TTL {column} + toIntervalSecond({int(seconds)})" if seconds else ""


def _render(name: str, **parameters: str) -> str:
    return Template(_template(name)).substitute(parameters).strip()


@cache
def _template(name: str) -> str:
    return (files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
