-- Normalised transcripts of selected subjects.
CREATE TABLE IF NOT EXISTS ${table} ${on_cluster}
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
ENGINE = ${engine}
PARTITION BY toDate(Timestamp)
ORDER BY (SubjectKind, SubjectKey, SubjectRevision)
${ttl_timestamp}
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1${deduplication}
