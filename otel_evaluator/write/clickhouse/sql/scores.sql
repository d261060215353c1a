CREATE VIEW IF NOT EXISTS ${view} ${on_cluster}
AS SELECT
    Timestamp, ScoreId, TraceId, SpanId, ConversationId, SubjectKind, SubjectRevision, Complete,
    Evaluator, EvaluatorType, EvaluatorRevision, Outcome, Value, Label, Passed, Explanation,
    ErrorType, Tier, Probability, Weight, ServiceName, Environment, AgentName, Model, PromptName,
    PromptVersion, JudgeModel, InputTokens, OutputTokens, CostUsd, DurationMs
FROM ${table} FINAL
SETTINGS do_not_merge_across_partitions_select_final = 0
