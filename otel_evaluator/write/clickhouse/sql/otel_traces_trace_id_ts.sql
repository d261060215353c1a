-- First and last second of every trace, so that a trace is found without a scan.
CREATE TABLE IF NOT EXISTS ${table} ${on_cluster}
(
    `TraceId` String CODEC(ZSTD(1)),
    `Start` SimpleAggregateFunction(min, DateTime) CODEC(Delta(4), ZSTD(1)),
    `End` SimpleAggregateFunction(max, DateTime) CODEC(Delta(4), ZSTD(1))
)
ENGINE = ${engine}
PARTITION BY toStartOfWeek(Start)
ORDER BY TraceId
${ttl_start}
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1
