CREATE MATERIALIZED VIEW IF NOT EXISTS ${view} ${on_cluster}
TO ${table}
AS SELECT
    TraceId,
    min(toDateTime(Timestamp)) AS Start,
    max(toDateTime(Timestamp)) AS End
FROM ${source}
WHERE TraceId != ''
GROUP BY TraceId
