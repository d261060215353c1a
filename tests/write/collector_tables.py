"""DDL of tables as the Collector's ClickHouse exporter made them over the years.

Columns, types and keys as recorded for its releases; one statement each, for ``{db}``.
"""

MAP = "Map(LowCardinality(String), String)"
_TIME = "TimestampTime DateTime DEFAULT toDateTime(Timestamp),"

_COMMON = """
    Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    ParentSpanId String CODEC(ZSTD(1)),
    TraceState String CODEC(ZSTD(1)),
    SpanName LowCardinality(String) CODEC(ZSTD(1)),
    SpanKind LowCardinality(String) CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    ResourceAttributes {attributes} CODEC(ZSTD(1)),
    {scope}
    SpanAttributes {attributes} CODEC(ZSTD(1)),
    Duration {duration} CODEC(ZSTD(1)),
    StatusCode LowCardinality(String) CODEC(ZSTD(1)),
    StatusMessage String CODEC(ZSTD(1)),
    Events Nested (
        Timestamp DateTime64(9), Name LowCardinality(String), Attributes {attributes}
    ) CODEC(ZSTD(1)),
    Links Nested (
        TraceId String, SpanId String, TraceState String, Attributes {attributes}
    ) CODEC(ZSTD(1))
"""

_SCOPE = "ScopeName String CODEC(ZSTD(1)), ScopeVersion String CODEC(ZSTD(1)),"

_ITEMS = """,
    ResourceAttributeItems Array(String) ALIAS
        arrayMap((k, v) -> concat(k, '=', v), mapKeys(ResourceAttributes), mapValues(ResourceAttributes)),
    SpanAttributeItems Array(String) ALIAS
        arrayMap((k, v) -> concat(k, '=', v), mapKeys(SpanAttributes), mapValues(SpanAttributes))
"""  # noqa: E501

_KEYS = """,
    ResourceAttributesKeys Array(LowCardinality(String)) CODEC(ZSTD(1)),
    SpanAttributesKeys Array(LowCardinality(String)) CODEC(ZSTD(1)),
    INDEX idx_span_attr_keys SpanAttributesKeys TYPE bloom_filter(0.01) GRANULARITY 1
"""

_BLOOM = ", INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1"


def _traces(columns: str, extra: str, order: str, suffix: str = "", settings: str = "") -> str:
    return (
        f"CREATE TABLE {{db}}.otel_traces ({columns}{extra}) ENGINE = MergeTree() "
        f"PARTITION BY toDate(Timestamp) {suffix} ORDER BY ({order}) "
        f"SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1{settings}"
    )


_GEN2 = _COMMON.format(attributes=MAP, scope=_SCOPE, duration="UInt64")
_JSON = _COMMON.format(attributes="JSON", scope=_SCOPE, duration="UInt64")
_KEY2 = "ServiceName, SpanName, toDateTime(Timestamp)"

TRACES: dict[str, str] = {
    "generation 1": _traces(
        _COMMON.format(attributes=MAP, scope="", duration="Int64"),
        _BLOOM,
        "ServiceName, SpanName, toUnixTimestamp(Timestamp), TraceId",
    ),
    "generation 2": _traces(_GEN2, _BLOOM, _KEY2),
    "generation 3": _traces(
        _GEN2,
        _ITEMS + ", INDEX idx_trace_id TraceId TYPE text(tokenizer = 'array')"
        ", INDEX idx_items SpanAttributeItems TYPE text(tokenizer = 'array')",
        f"{_KEY2}, Timestamp",
        f"PRIMARY KEY ({_KEY2})",
    ),
    "json": _traces(
        _COMMON.format(attributes="JSON", scope=_SCOPE, duration="UInt64"), _KEYS, _KEY2
    ),
    "json without keys": _traces(
        _COMMON.format(attributes="JSON", scope=_SCOPE, duration="UInt64"), "", _KEY2
    ),
    "own columns added": _traces(
        _GEN2,
        ", Tenant String DEFAULT 'x', Day Date MATERIALIZED toDate(Timestamp)" + _BLOOM,
        _KEY2,
    ),
    "with a deduplication log": _traces(
        _GEN2, _BLOOM, _KEY2, settings=", non_replicated_deduplication_window = 100"
    ),
}

_LOGS = """
    Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    {time}
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    TraceFlags UInt8,
    SeverityText LowCardinality(String) CODEC(ZSTD(1)),
    SeverityNumber UInt8,
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    Body String CODEC(ZSTD(1)),
    ResourceSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
    ResourceAttributes {attributes} CODEC(ZSTD(1)),
    ScopeSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion LowCardinality(String) CODEC(ZSTD(1)),
    ScopeAttributes {attributes} CODEC(ZSTD(1)),
    LogAttributes {attributes} CODEC(ZSTD(1))
    {extra}
"""

LOGS: dict[str, str] = {
    "before 0.151": "CREATE TABLE {db}.otel_logs ("
    + _LOGS.format(time=_TIME, attributes=MAP, extra="")
    + ") ENGINE = MergeTree() PARTITION BY toDate(TimestampTime) "
    "PRIMARY KEY (ServiceName, TimestampTime) ORDER BY (ServiceName, TimestampTime, Timestamp)",
    "since 0.151": "CREATE TABLE {db}.otel_logs ("
    + _LOGS.format(
        time="",
        attributes=MAP,
        extra=", EventName String CODEC(ZSTD(1)), "
        "`__otel_materialized_k8s.pod.name` LowCardinality(String) "
        "MATERIALIZED ResourceAttributes['k8s.pod.name']",
    )
    + ") ENGINE = MergeTree() PARTITION BY toDate(Timestamp) "
    "ORDER BY (toStartOfFiveMinutes(Timestamp), ServiceName, Timestamp)",
    "json": "CREATE TABLE {db}.otel_logs ("
    + _LOGS.format(
        time="",
        attributes="JSON",
        extra=", EventName String, LogAttributesKeys Array(LowCardinality(String))",
    )
    + ") ENGINE = MergeTree() PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, Timestamp)",
}

LOOKUP: tuple[str, ...] = (
    "CREATE TABLE {db}.otel_traces_trace_id_ts (TraceId String, Start DateTime, End DateTime, "
    "INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1) ENGINE = MergeTree() "
    "PARTITION BY toDate(Start) ORDER BY (TraceId, Start)",
    "CREATE MATERIALIZED VIEW {db}.otel_traces_trace_id_ts_mv TO {db}.otel_traces_trace_id_ts AS "
    "SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End FROM {db}.otel_traces "
    "WHERE TraceId != '' GROUP BY TraceId",
)
