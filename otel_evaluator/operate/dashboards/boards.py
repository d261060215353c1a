"""The four dashboards."""

from typing import Any

from otel_evaluator.metrics import PREFIX
from otel_evaluator.operate.dashboards.panels import (
    choice,
    dashboard,
    graph,
    heatmap,
    number,
    source,
    table,
)
from otel_evaluator.operate.recording import name

OF = 'evaluator=~"$evaluator"'
SEGMENT = f'{OF}, service=~"$service"'
SOURCES = (
    source("prometheus", "prometheus"),
    source("clickhouse", "grafana-clickhouse-datasource"),
)
CHOICES = (
    choice("evaluator", f"{PREFIX}evaluations_total", "evaluator"),
    choice("service", f"{PREFIX}score_weight_total", "service"),
)
SAMPLED = (
    "Estimated over all traffic: every score weighs 1 / probability. Bands are 95 % intervals."
)
TRACE_LINK = {
    "title": "Open the trace",
    "url": "/explore?left=%7B%22datasource%22:%22${clickhouse}%22,%22queries%22:%5B%7B%22refId%22:"
    "%22A%22,%22queryType%22:%22traces%22,%22rawSql%22:%22SELECT%20*%20FROM%20otel_traces%20WHERE"
    "%20TraceId%20%3D%20'${__value.raw}'%22%7D%5D%7D",
}


def boards() -> dict[str, dict[str, Any]]:
    """File name to dashboard."""
    return {
        "quality.json": _quality(),
        "evaluator.json": _evaluator(),
        "pipeline.json": _pipeline(),
        "prompt-versions.json": _prompts(),
    }


def _series(level: str, what: str, window: str, labels: str = OF) -> str:
    return f"{name(level, what, window)}{{{labels}}}"


def _banded(
    level: str, what: str, window: str, legend: str, labels: str = OF
) -> list[tuple[str, str]]:
    return [
        (_series(level, what, window, labels), legend),
        (_series(level, f"{what}_low", window, labels), f"{legend} low"),
        (_series(level, f"{what}_high", window, labels), f"{legend} high"),
    ]


def _passing(by: str, labels: str) -> str:
    """The pass rate over a day; 0, not nothing, where nothing passed."""
    passed, judged = (
        f"sum by ({by}) ({_series('segment', what, '1d', labels)})" for what in ("sum_pw", "sum_vw")
    )
    return f"({passed} or 0 * {judged}) / {judged}"


def _quality() -> dict[str, Any]:
    worst = """
SELECT Timestamp, TraceId, Evaluator, Value, Label, Explanation, ServiceName, AgentName, Model,
    PromptVersion
FROM otel_evaluator_scores
WHERE $__timeFilter(Timestamp) AND Outcome = 'scored' AND Passed = false
ORDER BY Value, Timestamp DESC
LIMIT 100""".strip()
    panels = [
        graph("Pass rate", *_banded("evaluator", "pass_rate", "1h", "{{evaluator}}"),
              unit="percentunit", description=SAMPLED, bounds=(0, 1)),
        graph("Mean score", *_banded("evaluator", "score", "1h", "{{evaluator}}"),
              description=SAMPLED),
        *(
            graph(
                f"Pass rate by {label.replace('_', ' ')}",
                (
                    _passing(f"evaluator, {label}", SEGMENT),
                    f"{{{{evaluator}}}} {{{{{label}}}}}",
                ),
                unit="percentunit",
                description="Over a day.",
                bounds=(0, 1),
            )
            for label in ("service", "agent", "model", "prompt_version")
        ),
        graph("Bounds that hold at every look",
              (f"{PREFIX}score_sequence_low{{{SEGMENT}}}", "{{evaluator}} {{service}} low"),
              (f"{PREFIX}score_sequence_high{{{SEGMENT}}}", "{{evaluator}} {{service}} high"),
              description="Confidence sequence of this hour's mean.", bounds=(0, 1)),
        graph("Regressions", (f"{PREFIX}regression{{{SEGMENT}}}", "{{evaluator}} {{service}}"),
              bounds=(0, 1)),
        table("Worst traces", worst, "Scores that do not pass, lowest first.",
              [("TraceId", TRACE_LINK)]),
    ]  # fmt: skip
    return dashboard(
        "otel-evaluator-quality", "Quality overview",
        "What the traffic is worth, by evaluator and segment.", panels, *SOURCES, *CHOICES,
    )  # fmt: skip


def _evaluator() -> dict[str, Any]:
    outcomes = f"sum by (evaluator, outcome, reason) (rate({PREFIX}evaluations_total{{{OF}}}[5m]))"
    seconds = f"{PREFIX}evaluation_duration_seconds_bucket{{{OF}}}[5m]"
    shape = f"sum by (le) (increase({PREFIX}score_bucket{{{SEGMENT}}}[5m]))"
    repeats = f"{PREFIX}judge_repeat"
    panels = [
        heatmap("Scores as sampled", shape,
                "Boosted tiers included: a look at the shape, not at the traffic."),
        graph("Outcomes", (outcomes, "{{evaluator}} {{outcome}} {{reason}}"), unit="ops"),
        graph("Coverage", (_series("evaluator", "coverage", "1h"), "{{evaluator}}"),
              unit="percentunit", bounds=(0, 1),
              description="Share of the traffic with a score, of what should have one."),
        graph("Mean, if all that is missing were 0 or 1",
              *((_series("evaluator", f"score{end}", "1h"), f"{{{{evaluator}}}}{label}")
                for end, label in (("", ""), ("_worst", " worst"), ("_best", " best")))),
        graph("Effective number of scores",
              (_series("evaluator", "score_effective", "1h"), "{{evaluator}} an hour"),
              (_series("evaluator", "score_effective", "1d"), "{{evaluator}} a day")),
        graph("Duration of evaluations, 95th percentile",
              (f"histogram_quantile(0.95, sum by (evaluator, le) (rate({seconds})))",
               "{{evaluator}}"), unit="s"),
        graph("Variance of the mean",
              (_series("evaluator", "score_variance", "1h"), "{{evaluator}}")),
        graph("Cost of judges",
              (f"sum by (evaluator) (increase({PREFIX}judge_cost_usd_total{{{OF}}}[1h])) or "
               f"sum by (evaluator) (0 * increase({PREFIX}evaluations_total{{{OF}}}[1h]))",
               "{{evaluator}} an hour"), unit="currencyUSD"),
        graph("A judge's own variance",
              (f"sum by (evaluator) (increase({repeats}_variance_sum_total[1d])) / "
               f"sum by (evaluator) (increase({repeats}s_total[1d]) > 0) or "
               f"0 * {name('evaluator', 'score', '1h')}", "{{evaluator}}"),
              description="Of subjects that were judged several times; 0 without any."),
        graph("Pass rate, corrected by calibration",
              (f"{_series('evaluator', 'pass_rate_corrected', '1h')} or "
               f"{_series('evaluator', 'pass_rate', '1h')}", "{{evaluator}}"),
              unit="percentunit", bounds=(0, 1),
              description="As measured where there is no calibration."),
    ]  # fmt: skip
    return dashboard(
        "otel-evaluator-evaluator", "Evaluator detail",
        "One evaluator as an instrument: what it covers, costs and gets wrong.", panels,
        *SOURCES[:1], *CHOICES,
    )  # fmt: skip


def _pipeline() -> dict[str, Any]:
    def rate(metric: str, by: str) -> str:
        return f"sum by ({by}) (rate({PREFIX}{metric}_total[5m]))"

    lag = f"sum by (le) (rate({PREFIX}score_lag_seconds_bucket[5m]))"
    request = f"sum by (le) (rate({PREFIX}request_seconds_bucket[5m]))"
    panels = [
        number("GenAI spans per second", f"sum(rate({PREFIX}spans_genai_total[5m]))", "ops"),
        number("Subjects waiting", f"sum({PREFIX}queue_subjects)"),
        number("Oldest entry of the journal", f"max({PREFIX}journal_oldest_seconds)", "s"),
        number("Journal", f"sum({PREFIX}journal_bytes)", "bytes"),
        number("Outcomes for sinks", f"sum({PREFIX}outbox_outcomes)"),
        number("Replicas", f"count({PREFIX}build_info)"),
        graph("Spans received", (rate("spans_received", "protocol"), "{{protocol}}"), unit="ops"),
        graph("Set aside, by reason",
              (rate("spans_dropped", "reason"), "{{reason}}"), unit="ops"),
        graph("Refused, by reason",
              (f"{rate('requests_refused', 'reason')} or "
               f"label_replace(sum(0 * rate({PREFIX}spans_received_total[5m])), "
               '"reason", "none", "", "")', "{{reason}}"), unit="ops"),
        graph("Subjects, by decision",
              (rate("subjects", "kind, decision"), "{{kind}} {{decision}}"), unit="ops"),
        graph("Request answered within",
              *((f"histogram_quantile({q}, {request})", f"p{q * 100:g}") for q in (0.5, 0.99)),
              unit="s"),
        graph("Score written after", *((f"histogram_quantile({q}, {lag})", f"p{q * 100:g}")
                                       for q in (0.5, 0.99)), unit="s"),
        graph("Memory held", (f"sum by (instance) ({PREFIX}held_bytes)", "{{instance}}"),
              unit="bytes"),
        graph("Sinks", (rate("sink_writes", "sink, outcome"), "{{sink}} {{outcome}}"), unit="ops"),
        graph("Sampling: factor on tier rates",
              (f"min by (instance) ({PREFIX}sampling_rate_multiplier)", "{{instance}}"),
              bounds=(0, 1)),
        graph("Segments in use", (f"sum by (instance) ({PREFIX}segments)", "{{instance}}")),
    ]  # fmt: skip
    return dashboard(
        "otel-evaluator-pipeline", "Pipeline health",
        "What comes in, what waits, what goes out.", panels, *SOURCES[:1], *CHOICES[:1],
    )  # fmt: skip


def _prompts() -> dict[str, Any]:
    compared = """
WITH sums AS (
    SELECT Evaluator, PromptName, PromptVersion, sum(n) AS scores, sum(w) AS sw, sum(wy) AS swy,
        sum(w2) AS sw2, sum(w2y) AS sw2y, sum(w2yy) AS sw2yy
    FROM otel_evaluator_rollup
    WHERE $__timeFilter(Hour)
    GROUP BY Evaluator, PromptName, PromptVersion
    HAVING sw > 0
)
SELECT Evaluator, PromptName, PromptVersion, scores, sw * sw / sw2 AS effective,
    swy / sw AS mean,
    1.96 * sqrt(greatest(0, sw2yy - 2 * mean * sw2y + mean * mean * sw2)) / sw AS half_interval
FROM sums
ORDER BY Evaluator, PromptName, PromptVersion""".strip()
    labels = f'{OF}, prompt_version=~"$prompt_version"'
    by = "evaluator, prompt_version"

    def total(what: str) -> str:
        return f"sum by ({by}) ({_series('segment', what, '1d', labels)})"

    mean = f"{total('sum_wy')} / {total('sum_w')}"
    first, second, third = (total(what) for what in ("sum_wwyy", "sum_wwy", "sum_ww"))
    squares = f"{first} - 2 * ({mean}) * {second} + ({mean}) ^ 2 * {third}"
    half = f"1.96 * sqrt(clamp_min({squares}, 0)) / {total('sum_w')}"
    legend = "{{evaluator}} {{prompt_version}}"
    panels = [
        graph("Mean score by prompt version", (mean, legend), (f"{mean} - {half}", f"{legend} low"),
              (f"{mean} + {half}", f"{legend} high"), description=SAMPLED, width=24),
        graph("Pass rate by prompt version",
              (_passing(by, labels), legend), unit="percentunit",
              bounds=(0, 1)),
        graph("Effective number of scores",
              (f"{total('sum_w')} ^ 2 / {total('sum_ww')}", legend)),
        table("Versions compared", compared,
              "Means over all traffic. Two versions differ where their intervals do not overlap; "
              "the converse is not so."),
    ]  # fmt: skip
    versions = choice("prompt_version", f"{PREFIX}score_weight_total", "prompt_version")
    return dashboard(
        "otel-evaluator-prompts", "Prompt versions",
        "Champion and challengers, with intervals. List the versions under "
        "admin.labels.prompt_version.", panels, *SOURCES, CHOICES[0], versions,
    )  # fmt: skip
