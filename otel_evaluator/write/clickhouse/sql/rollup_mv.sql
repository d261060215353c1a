CREATE MATERIALIZED VIEW IF NOT EXISTS ${view} ${on_cluster}
TO ${table}
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
    FROM ${source}
)
GROUP BY Hour, Evaluator, EvaluatorRevision, ServiceName, Environment, AgentName, Model, PromptName, PromptVersion, Tier
