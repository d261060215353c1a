-- Hourly sums that can be added up over any dimensions: always read with sum() and GROUP BY.
CREATE TABLE IF NOT EXISTS ${table} ${on_cluster}
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
ENGINE = ${engine}
PARTITION BY toYYYYMM(Hour)
ORDER BY (Evaluator, Hour, ServiceName, Environment, AgentName, Model, PromptName, PromptVersion, EvaluatorRevision, Tier)
${ttl_hour}
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1${deduplication}
