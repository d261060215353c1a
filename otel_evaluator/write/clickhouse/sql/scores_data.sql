-- One row per score id after merges; the view next to it shows one row per score id always.
-- The key is the evaluator and the score id, not the time: a second evaluation of the same
-- subject has another time, and must replace the first. Time is served by the daily partitions.
CREATE TABLE IF NOT EXISTS ${table} ${on_cluster}
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
ENGINE = ${engine}
PARTITION BY toDate(Timestamp)
ORDER BY (Evaluator, ScoreId)
${ttl_timestamp}
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1${deduplication}
