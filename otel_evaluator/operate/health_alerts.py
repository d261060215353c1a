"""Alerting rules about what gives no scores: evaluators, judges, the pipeline."""

from otel_evaluator.metrics import PREFIX
from otel_evaluator.operate.alerts import Alerts
from otel_evaluator.operate.recording import Rule, name


def evaluation(alerts: Alerts) -> list[Rule]:
    """About evaluators and judges that do not give scores."""
    return [*_evaluators(alerts), *_judges(alerts)]


def _evaluators(alerts: Alerts) -> list[Rule]:
    config = alerts.config
    outcomes = f'increase({PREFIX}evaluations_total{{outcome!="skipped"}}[1h])'
    failed = f'increase({PREFIX}evaluations_total{{outcome="failed"}}[1h])'
    return [
        alerts.alert(
            "EvaluatorCoverageLow",
            f"{name('evaluator', 'coverage', '1h')} < {config.min_coverage} and on (evaluator)"
            f" sum by (evaluator) ({outcomes}) >= {config.min_samples}",
            "warning",
            "evaluation",
            "{{ $labels.evaluator }} scores only {{ $value | humanizePercentage }}",
            "The rest has no score; between score_worst and score_best anything is possible.",
        ),
        alerts.alert(
            "EvaluatorFailing",
            f"sum by (evaluator) ({failed}) / sum by (evaluator) ({outcomes}) > "
            f"{config.max_failures} and sum by (evaluator) ({failed}) >= 5",
            "critical",
            "evaluation",
            "{{ $labels.evaluator }} fails on {{ $value | humanizePercentage }}",
            "Failures are counted by reason in evaluations_total.",
        ),
    ]


def _judges(alerts: Alerts) -> list[Rule]:
    asked = f'increase({PREFIX}judge_requests_total{{outcome!="abandoned"}}[30m])'
    bad = f'increase({PREFIX}judge_requests_total{{outcome=~"unavailable|unusable"}}[30m])'
    cost = f"sum(increase({PREFIX}judge_cost_usd_total[1d]))"
    return [
        alerts.alert(
            "JudgeFailing",
            f"sum by (judge) ({bad}) / sum by (judge) ({asked}) > 0.1 and "
            f"sum by (judge) ({asked}) >= 10",
            "critical",
            "judge",
            "judge {{ $labels.judge }}: {{ $value | humanizePercentage }} of requests fail",
            "Its endpoint is down, refuses, or answers what cannot be used.",
        ),
        alerts.alert(
            "JudgeBudgetExhausted",
            f"sum by (evaluator) (increase({PREFIX}evaluations_total{{"
            'outcome="unscored", reason="budget"}[1h])) > 0',
            "warning",
            "judge",
            "{{ $labels.evaluator }} is out of money",
            "Subjects were left without a score because a budget was spent.",
        ),
        alerts.alert(
            "JudgeMoved",
            f"max by (evaluator) ({PREFIX}judge_canary_moved) == 1",
            "warning",
            "judge",
            "the judge of {{ $labels.evaluator }} has changed",
            "Scores of its canaries have moved: the instrument changed, not the traffic.",
            sustained=0,
        ),
        alerts.alert(
            "EvaluationCostHigh",
            f"{cost} / (sum(increase({PREFIX}inference_cost_usd_total[1d])) > 0) > "
            f"{alerts.config.max_cost_share}",
            "warning",
            "judge",
            "evaluation costs {{ $value | humanizePercentage }} of the traffic",
            "Cost of judges over the cost of the traffic, both of the last day.",
        ),
    ]


def pipeline(alerts: Alerts) -> list[Rule]:
    """About telemetry that does not come in, or scores that do not go out."""
    return [*_coming_in(alerts), *_going_out(alerts)]


def _coming_in(alerts: Alerts) -> list[Rule]:
    refused = f"{PREFIX}requests_refused_total"
    return [
        alerts.alert(
            "EvaluatorDown",
            f"absent({PREFIX}build_info)",
            "critical",
            "pipeline",
            "no otel-evaluator is scraped",
            "Prometheus sees no instance.",
            sustained=300,
        ),
        alerts.alert(
            "NoTelemetry",
            f"sum(increase({PREFIX}spans_received_total[30m])) == 0 and "
            f"sum(increase({PREFIX}spans_received_total[1d] offset 30m)) > 0",
            "warning",
            "pipeline",
            "no spans for half an hour",
            "Yesterday there were some. Look at the Collector's exporter.",
        ),
        alerts.alert(
            "RequestsRefused",
            f'sum by (reason) (increase({refused}{{reason!~"shutdown|unauthenticated"}}[15m])) > 0',
            "warning",
            "pipeline",
            "requests are refused: {{ $labels.reason }}",
            "Senders are told to come back; they drop data after some minutes.",
        ),
    ]


def _going_out(alerts: Alerts) -> list[Rule]:
    return [
        alerts.alert(
            "DataDropped",
            " + ".join(
                f"(sum(increase({PREFIX}{dropped}[1h])) or vector(0))"
                for dropped in ('spans_dropped_total{reason="overload"}', "outcomes_dropped_total")
            )
            + " > 0",
            "critical",
            "pipeline",
            "spans or scores were given up",
            "The journal is full and journal.overflow says to drop.",
            sustained=0,
        ),
        alerts.alert(
            "JournalOld",
            f"max({PREFIX}journal_oldest_seconds) > {alerts.config.max_journal_age:g}",
            "warning",
            "pipeline",
            "the oldest unfinished entry is {{ $value | humanizeDuration }} old",
            "Work is taken in faster than it is finished.",
        ),
        alerts.alert(
            "JournalDamaged",
            f"max({PREFIX}journal_damaged_records) > 0",
            "critical",
            "pipeline",
            "{{ $value }} records of the journal are damaged",
            "They are set aside in the folder's quarantine.",
            sustained=0,
        ),
        alerts.alert(
            "SinkFailing",
            f"sum by (sink) (increase({PREFIX}sink_writes_total"
            '{outcome=~"held|retryable|permanent"}[15m])) '
            f'> 0 unless sum by (sink) (increase({PREFIX}sink_writes_total{{outcome="written"}}'
            "[15m])) > 0",
            "critical",
            "pipeline",
            "sink {{ $labels.sink }} takes nothing",
            "Scores wait in the journal.",
            sustained=300,
        ),
    ]
