CREATE DATABASE IF NOT EXISTS `otel` ON CLUSTER '{cluster}';

-- The span table of the Collector's ClickHouse exporter, newest generation.
CREATE TABLE IF NOT EXISTS `otel`.`otel_traces_local` ON CLUSTER '{cluster}'
(
    `Timestamp` DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    `TraceId` String CODEC(ZSTD(1)),
    `SpanId` String CODEC(ZSTD(1)),
    `ParentSpanId` String CODEC(ZSTD(1)),
    `TraceState` String CODEC(ZSTD(1)),
    `SpanName` LowCardinality(String) CODEC(ZSTD(1)),
    `SpanKind` LowCardinality(String) CODEC(ZSTD(1)),
    `ServiceName` LowCardinality(String) CODEC(ZSTD(1)),
    `ResourceAttributes` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `ScopeName` String CODEC(ZSTD(1)),
    `ScopeVersion` String CODEC(ZSTD(1)),
    `SpanAttributes` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `Duration` UInt64 CODEC(T64, ZSTD(1)),
    `StatusCode` LowCardinality(String) CODEC(ZSTD(1)),
    `StatusMessage` String CODEC(ZSTD(1)),
    `Events` Nested (
        Timestamp DateTime64(9),
        Name LowCardinality(String),
        Attributes Map(LowCardinality(String), String)
    ) CODEC(ZSTD(1)),
    `Links` Nested (
        TraceId String,
        SpanId String,
        TraceState String,
        Attributes Map(LowCardinality(String), String)
    ) CODEC(ZSTD(1)),
    `ResourceAttributeItems` Array(String) ALIAS
        arrayMap((k, v) -> concat(k, '=', v), mapKeys(ResourceAttributes), mapValues(ResourceAttributes)),
    `SpanAttributeItems` Array(String) ALIAS
        arrayMap((k, v) -> concat(k, '=', v), mapKeys(SpanAttributes), mapValues(SpanAttributes)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_duration Duration TYPE minmax GRANULARITY 1,
    INDEX idx_lower_span_name lower(SpanName) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8
)
ENGINE = ReplicatedMergeTree()
PARTITION BY toDate(Timestamp)
PRIMARY KEY (ServiceName, SpanName, toDateTime(Timestamp))
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)
TTL toDateTime(Timestamp) + toIntervalSecond(2592000)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS `otel`.`otel_traces` ON CLUSTER '{cluster}' AS `otel`.`otel_traces_local`
ENGINE = Distributed('{cluster}', 'otel', 'otel_traces_local', cityHash64(TraceId));

-- First and last second of every trace, so that a trace is found without a scan.
CREATE TABLE IF NOT EXISTS `otel`.`otel_traces_trace_id_ts_local` ON CLUSTER '{cluster}'
(
    `TraceId` String CODEC(ZSTD(1)),
    `Start` SimpleAggregateFunction(min, DateTime) CODEC(Delta(4), ZSTD(1)),
    `End` SimpleAggregateFunction(max, DateTime) CODEC(Delta(4), ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree()
PARTITION BY toStartOfWeek(Start)
ORDER BY TraceId
TTL Start + toIntervalSecond(2592000)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS `otel`.`otel_traces_trace_id_ts` ON CLUSTER '{cluster}' AS `otel`.`otel_traces_trace_id_ts_local`
ENGINE = Distributed('{cluster}', 'otel', 'otel_traces_trace_id_ts_local', cityHash64(TraceId));

CREATE MATERIALIZED VIEW IF NOT EXISTS `otel`.`otel_traces_trace_id_ts_mv` ON CLUSTER '{cluster}'
TO `otel`.`otel_traces_trace_id_ts_local`
AS SELECT
    TraceId,
    min(toDateTime(Timestamp)) AS Start,
    max(toDateTime(Timestamp)) AS End
FROM `otel`.`otel_traces_local`
WHERE TraceId != ''
GROUP BY TraceId;

-- One row per score id after merges; the view next to it shows one row per score id always.
-- The key is the evaluator and the score id, not the time: a second evaluation of the same
-- subject has another time, and must replace the first. Time is served by the daily partitions.
CREATE TABLE IF NOT EXISTS `otel`.`otel_evaluator_scores_data_local` ON CLUSTER '{cluster}'
(
    `Timestamp` DateTime64(9) COMMENT 'When the evaluation started' CODEC(Delta(8), ZSTD(1)),
    `ScoreId` String COMMENT '32 hexadecimal characters; its first 16 are the span id of the score span' CODEC(ZSTD(1)),
    `TraceId` String CODEC(ZSTD(1)),
    `SpanId` String COMMENT 'The evaluated span, or the root span of the trace' CODEC(ZSTD(1)),
    `ConversationId` String CODEC(ZSTD(1)),
    `SubjectKind` LowCardinality(String) COMMENT 'span, trace or conversation',
    `SubjectRevision` UInt32 COMMENT 'Grows when late spans arrived' CODEC(T64, ZSTD(1)),
    `Complete` Bool COMMENT 'Whether the subject was closed on evidence and not on a limit',
    `Evaluator` LowCardinality(String),
    `EvaluatorType` LowCardinality(String),
    `EvaluatorRevision` LowCardinality(String) COMMENT 'Hash of type, version and configuration',
    `Outcome` LowCardinality(String) COMMENT 'scored, unscored or failed',
    `Value` Nullable(Float64) COMMENT 'NULL unless Outcome is scored' CODEC(ZSTD(1)),
    `Label` LowCardinality(String),
    `Passed` Nullable(Bool),
    `Explanation` String CODEC(ZSTD(1)),
    `ErrorType` LowCardinality(String) COMMENT 'Class of the failure, or the reason of an unscored outcome',
    `Tier` LowCardinality(String) COMMENT 'Sampling tier that selected the subject',
    `Probability` Float64 COMMENT 'Inclusion probability of the subject' CODEC(ZSTD(1)),
    `Weight` Float64 COMMENT '1 / Probability' CODEC(ZSTD(1)),
    `ServiceName` LowCardinality(String),
    `Environment` LowCardinality(String),
    `AgentName` LowCardinality(String),
    `Model` LowCardinality(String),
    `PromptName` LowCardinality(String),
    `PromptVersion` LowCardinality(String),
    `JudgeModel` LowCardinality(String),
    `InputTokens` UInt64 COMMENT 'Tokens read by the judge' CODEC(T64, ZSTD(1)),
    `OutputTokens` UInt64 COMMENT 'Tokens written by the judge' CODEC(T64, ZSTD(1)),
    `CostUsd` Float64 COMMENT 'Cost of the judge' CODEC(ZSTD(1)),
    `DurationMs` Float64 COMMENT 'Duration of the evaluation' CODEC(ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_conversation_id ConversationId TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplicatedReplacingMergeTree(Timestamp)
PARTITION BY toDate(Timestamp)
ORDER BY (Evaluator, ScoreId)
TTL toDateTime(Timestamp) + toIntervalSecond(2592000)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS `otel`.`otel_evaluator_scores_data` ON CLUSTER '{cluster}' AS `otel`.`otel_evaluator_scores_data_local`
ENGINE = Distributed('{cluster}', 'otel', 'otel_evaluator_scores_data_local', cityHash64(ScoreId));

CREATE VIEW IF NOT EXISTS `otel`.`otel_evaluator_scores` ON CLUSTER '{cluster}'
AS SELECT
    Timestamp, ScoreId, TraceId, SpanId, ConversationId, SubjectKind, SubjectRevision, Complete,
    Evaluator, EvaluatorType, EvaluatorRevision, Outcome, Value, Label, Passed, Explanation,
    ErrorType, Tier, Probability, Weight, ServiceName, Environment, AgentName, Model, PromptName,
    PromptVersion, JudgeModel, InputTokens, OutputTokens, CostUsd, DurationMs
FROM `otel`.`otel_evaluator_scores_data` FINAL
SETTINGS do_not_merge_across_partitions_select_final = 0;

-- Hourly sums that can be added up over any dimensions: always read with sum() and GROUP BY.
CREATE TABLE IF NOT EXISTS `otel`.`otel_evaluator_rollup_local` ON CLUSTER '{cluster}'
(
    `Hour` DateTime CODEC(Delta(4), ZSTD(1)),
    `Evaluator` LowCardinality(String),
    `EvaluatorRevision` LowCardinality(String),
    `ServiceName` LowCardinality(String),
    `Environment` LowCardinality(String),
    `AgentName` LowCardinality(String),
    `Model` LowCardinality(String),
    `PromptName` LowCardinality(String),
    `PromptVersion` LowCardinality(String),
    `Tier` LowCardinality(String),
    `n` SimpleAggregateFunction(sum, UInt64) COMMENT 'Scored rows with a value',
    `w` SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of weights of these',
    `wy` SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of weight x value',
    `wyy` SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of weight x value squared',
    `w2` SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of weight squared',
    `w2y` SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of weight squared x value',
    `w2yy` SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of weight squared x value squared',
    `judged` SimpleAggregateFunction(sum, UInt64) COMMENT 'Scored rows that passed or did not',
    `judged_w` SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of weights of these',
    `judged_w2` SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of squared weights of these',
    `passed` SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of weights of rows that passed',
    `passed_w2` SimpleAggregateFunction(sum, Float64) COMMENT 'Sum of squared weights of rows that passed',
    `unscored` SimpleAggregateFunction(sum, UInt64) COMMENT 'Unscored rows',
    `errors` SimpleAggregateFunction(sum, UInt64) COMMENT 'Failed rows',
    `cost` SimpleAggregateFunction(sum, Float64) COMMENT 'Cost of judges in US dollars'
)
ENGINE = ReplicatedAggregatingMergeTree()
PARTITION BY toYYYYMM(Hour)
ORDER BY (Evaluator, Hour, ServiceName, Environment, AgentName, Model, PromptName, PromptVersion, EvaluatorRevision, Tier)
TTL Hour + toIntervalSecond(34560000)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS `otel`.`otel_evaluator_rollup` ON CLUSTER '{cluster}' AS `otel`.`otel_evaluator_rollup_local`
ENGINE = Distributed('{cluster}', 'otel', 'otel_evaluator_rollup_local', cityHash64(Evaluator));

CREATE MATERIALIZED VIEW IF NOT EXISTS `otel`.`otel_evaluator_rollup_mv` ON CLUSTER '{cluster}'
TO `otel`.`otel_evaluator_rollup_local`
AS SELECT
    toStartOfHour(toDateTime(Timestamp)) AS Hour,
    Evaluator, EvaluatorRevision, ServiceName, Environment, AgentName, Model, PromptName, PromptVersion, Tier,
    countIf(HasValue) AS n,
    sumIf(Weight, HasValue) AS w,
    sumIf(Weight * Y, HasValue) AS wy,
    sumIf(Weight * Y * Y, HasValue) AS wyy,
    sumIf(Weight * Weight, HasValue) AS w2,
    sumIf(Weight * Weight * Y, HasValue) AS w2y,
    sumIf(Weight * Weight * Y * Y, HasValue) AS w2yy,
    countIf(HasVerdict) AS judged,
    sumIf(Weight, HasVerdict) AS judged_w,
    sumIf(Weight * Weight, HasVerdict) AS judged_w2,
    sumIf(Weight, HasVerdict AND ifNull(Passed, false)) AS passed,
    sumIf(Weight * Weight, HasVerdict AND ifNull(Passed, false)) AS passed_w2,
    countIf(Outcome = 'unscored') AS unscored,
    countIf(Outcome = 'failed') AS errors,
    sum(CostUsd) AS cost
FROM
(
    SELECT
        *,
        ifNull(Value, 0) AS Y,
        (Outcome = 'scored') AND isNotNull(Value) AND isFinite(Y) AS HasValue,
        (Outcome = 'scored') AND isNotNull(Passed) AS HasVerdict
    FROM `otel`.`otel_evaluator_scores_data_local`
)
GROUP BY Hour, Evaluator, EvaluatorRevision, ServiceName, Environment, AgentName, Model, PromptName, PromptVersion, Tier;

-- Normalised transcripts of selected subjects.
CREATE TABLE IF NOT EXISTS `otel`.`otel_evaluator_samples_data_local` ON CLUSTER '{cluster}'
(
    `Timestamp` DateTime64(9) COMMENT 'When the row was written' CODEC(Delta(8), ZSTD(1)),
    `SubjectKind` LowCardinality(String),
    `SubjectKey` String COMMENT 'trace id/span id, trace id or conversation id' CODEC(ZSTD(1)),
    `SubjectRevision` UInt32 CODEC(T64, ZSTD(1)),
    `TraceId` String CODEC(ZSTD(1)),
    `ConversationId` String CODEC(ZSTD(1)),
    `ServiceName` LowCardinality(String),
    `Environment` LowCardinality(String),
    `AgentName` LowCardinality(String),
    `Model` LowCardinality(String),
    `PromptName` LowCardinality(String),
    `PromptVersion` LowCardinality(String),
    `Tier` LowCardinality(String),
    `Probability` Float64 CODEC(ZSTD(1)),
    `Weight` Float64 CODEC(ZSTD(1)),
    `Start` DateTime64(9) COMMENT 'Start of the subject, as its spans say' CODEC(Delta(8), ZSTD(1)),
    `End` DateTime64(9) COMMENT 'End of the subject, as its spans say' CODEC(Delta(8), ZSTD(1)),
    `Complete` Bool,
    `Dialects` Array(LowCardinality(String)),
    `Input` String COMMENT 'Last user message' CODEC(ZSTD(3)),
    `Output` String COMMENT 'Final answer' CODEC(ZSTD(3)),
    `Transcript` String COMMENT 'JSON: messages, tool definitions, retrievals' CODEC(ZSTD(3)),
    `Signals` String COMMENT 'JSON object of the signals that sampling looked at' CODEC(ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_conversation_id ConversationId TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplicatedReplacingMergeTree(Timestamp)
PARTITION BY toDate(Timestamp)
ORDER BY (SubjectKind, SubjectKey, SubjectRevision)
TTL toDateTime(Timestamp) + toIntervalSecond(2592000)
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800;

CREATE TABLE IF NOT EXISTS `otel`.`otel_evaluator_samples_data` ON CLUSTER '{cluster}' AS `otel`.`otel_evaluator_samples_data_local`
ENGINE = Distributed('{cluster}', 'otel', 'otel_evaluator_samples_data_local', cityHash64(SubjectKey));

CREATE VIEW IF NOT EXISTS `otel`.`otel_evaluator_samples` ON CLUSTER '{cluster}'
AS SELECT * FROM `otel`.`otel_evaluator_samples_data` FINAL
SETTINGS do_not_merge_across_partitions_select_final = 0;

