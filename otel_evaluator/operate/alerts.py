"""Alerting rules: each with a cause, a severity, what to look at, and what to do."""

from collections.abc import Iterator, Mapping
from typing import Any

from otel_evaluator.metrics import PREFIX
from otel_evaluator.operate.config import AlertsConfig, ObjectiveConfig
from otel_evaluator.operate.recording import Rule, name

LOW_OBJECTIVE = 0.93
"""Below it a burn rate of 14.4 cannot occur: at most 1 / (1 - objective) is possible."""
BURN_RATES = (
    (14.4, "1h", "30m", "critical"),
    (6.0, "6h", "1h", "critical"),
    (1.0, "3d", "6h", "warning"),
)
SLOW_BURN_RATES = (
    (4.0, "1h", "30m", "critical"),
    (2.0, "6h", "1h", "critical"),
    (1.0, "3d", "6h", "warning"),
)
"""Factor, long window, short window, severity (Google, *The Site Reliability Workbook*, chapter
5). The short windows are longer than there: at usual sampling rates 5 minutes hold no samples."""


class Alerts:
    """Builds the alerts of one configuration."""

    def __init__(self, config: AlertsConfig) -> None:
        self._config = config

    def quality(self, evaluators: Mapping[str, Any]) -> list[Rule]:
        """About the scores of evaluators that have an objective."""
        rules: list[Rule] = []
        for evaluator in evaluators:
            objective = self._config.objectives.get(evaluator)
            if objective is not None:
                rules += self._objective(evaluator, objective)
        rules.append(
            self._alert(
                "EvaluatorRegression",
                f"max by (evaluator, service, environment) ({PREFIX}regression) == 1",
                "warning",
                "quality",
                "{{ $labels.evaluator }} has fallen in {{ $labels.service }}",
                "The scores of this hour are lower than those of the day before by more than "
                "chance allows (anytime-valid test).",
                sustained=0,
            )
        )
        return rules

    def _objective(self, evaluator: str, objective: ObjectiveConfig) -> Iterator[Rule]:
        if objective.pass_rate is not None:
            yield from self._pass_rate(evaluator, objective.pass_rate)
            yield from self._burn_rates(evaluator, objective.pass_rate)
        for bound, sign, edge, word in (
            (objective.min_mean, "<", "score_high", "below"),
            (objective.max_mean, ">", "score_low", "above"),
        ):
            if bound is None:
                continue
            series = name("evaluator", edge, "1h")
            yield self._alert(
                "EvaluatorScoreLow" if sign == "<" else "EvaluatorScoreHigh",
                f'{series}{{evaluator="{evaluator}"}} {sign} {bound} and on (evaluator) '
                + self._enough("score_effective"),
                "warning",
                "quality",
                f"{evaluator}: mean score {word} {bound}",
                f"The 95 % interval of the mean of the last hour ends {word} {bound}, at "
                "{{ $value | humanize }}.",
                evaluator=evaluator,
            )

    def _pass_rate(self, evaluator: str, objective: float) -> Iterator[Rule]:
        worse = 1 - 2 * (1 - objective)
        for bound, severity in ((objective, "warning"), (max(0.0, worse), "critical")):
            high = f'{name("evaluator", "pass_rate_high", "1h")}{{evaluator="{evaluator}"}}'
            if bound <= 0:
                continue
            yield self._alert(
                "EvaluatorPassRateLow",
                f"{high} < {bound:.6g} and on (evaluator) {self._enough('pass_effective')}",
                severity,
                "quality",
                f"{evaluator}: fewer than {bound:.1%} pass",
                "Even the upper end of the 95 % interval of the last hour's pass rate, "
                f"{{{{ $value | humanizePercentage }}}}, is below {bound:.1%}.",
                evaluator=evaluator,
            )

    def _burn_rates(self, evaluator: str, objective: float) -> Iterator[Rule]:
        rates = BURN_RATES if objective >= LOW_OBJECTIVE else SLOW_BURN_RATES
        for factor, long, short, severity in rates:
            limit = 1 - factor * (1 - objective)
            if limit <= 0:
                continue
            conditions = [
                f'{name("evaluator", "pass_rate", window)}{{evaluator="{evaluator}"}} < {limit:.6g}'
                for window in (long, short)
            ]
            enough = f"{name('evaluator', 'pass_effective', short)} >= {self._config.min_samples}"
            yield self._alert(
                "EvaluatorErrorBudgetBurn",
                " and on (evaluator) ".join((*conditions, enough)),
                severity,
                "quality",
                f"{evaluator}: the error budget burns {factor:g} times too fast",
                f"Over {long} and {short} the pass rate is {{{{ $value | humanizePercentage }}}}; "
                f"with an objective of {objective:.1%} that spends the budget {factor:g} times "
                "faster than it lasts.",
                sustained=0,
                evaluator=evaluator,
                window=long,
            )

    def _enough(self, what: str) -> str:
        return f"{name('evaluator', what, '1h')} >= {self._config.min_samples}"

    def evaluation(self) -> list[Rule]:
        """About evaluators and judges that do not give scores."""
        config = self._config
        outcomes = f'increase({PREFIX}evaluations_total{{outcome!="skipped"}}[1h])'
        failed = f'increase({PREFIX}evaluations_total{{outcome="failed"}}[1h])'
        asked = f'increase({PREFIX}judge_requests_total{{outcome!="abandoned"}}[30m])'
        bad = f'increase({PREFIX}judge_requests_total{{outcome=~"unavailable|unusable"}}[30m])'
        cost = f"sum(increase({PREFIX}judge_cost_usd_total[1d]))"
        return [
            self._alert(
                "EvaluatorCoverageLow",
                f"{name('evaluator', 'coverage', '1h')} < {config.min_coverage} and on (evaluator)"
                f" sum by (evaluator) ({outcomes}) >= {config.min_samples}",
                "warning",
                "evaluation",
                "{{ $labels.evaluator }} scores only {{ $value | humanizePercentage }}",
                "The rest has no score; between score_worst and score_best anything is possible.",
            ),
            self._alert(
                "EvaluatorFailing",
                f"sum by (evaluator) ({failed}) / sum by (evaluator) ({outcomes}) > "
                f"{config.max_failures} and sum by (evaluator) ({failed}) >= 5",
                "critical",
                "evaluation",
                "{{ $labels.evaluator }} fails on {{ $value | humanizePercentage }}",
                "Failures are counted by reason in evaluations_total.",
            ),
            self._alert(
                "JudgeFailing",
                f"sum by (judge) ({bad}) / sum by (judge) ({asked}) > 0.1 and "
                f"sum by (judge) ({asked}) >= 10",
                "critical",
                "judge",
                "judge {{ $labels.judge }}: {{ $value | humanizePercentage }} of requests fail",
                "Its endpoint is down, refuses, or answers what cannot be used.",
            ),
            self._alert(
                "JudgeBudgetExhausted",
                f"sum by (evaluator) (increase({PREFIX}evaluations_total{{"
                'outcome="unscored", reason="budget"}[1h])) > 0',
                "warning",
                "judge",
                "{{ $labels.evaluator }} is out of money",
                "Subjects were left without a score because a budget was spent.",
            ),
            self._alert(
                "JudgeMoved",
                f"max by (evaluator) ({PREFIX}judge_canary_moved) == 1",
                "warning",
                "judge",
                "the judge of {{ $labels.evaluator }} has changed",
                "Scores of its canaries have moved: the instrument changed, not the traffic.",
                sustained=0,
            ),
            self._alert(
                "EvaluationCostHigh",
                f"{cost} / (sum(increase({PREFIX}inference_cost_usd_total[1d])) > 0) > "
                f"{config.max_cost_share}",
                "warning",
                "judge",
                "evaluation costs {{ $value | humanizePercentage }} of the traffic",
                "Cost of judges over the cost of the traffic, both of the last day.",
            ),
        ]

    def pipeline(self) -> list[Rule]:
        """About telemetry that does not come in, or scores that do not go out."""
        age, refused = self._config.max_journal_age, f"{PREFIX}requests_refused_total"
        return [
            self._alert(
                "EvaluatorDown",
                f"absent({PREFIX}build_info)",
                "critical",
                "pipeline",
                "no otel-evaluator is scraped",
                "Prometheus sees no instance.",
                sustained=300,
            ),
            self._alert(
                "NoTelemetry",
                f"sum(increase({PREFIX}spans_received_total[30m])) == 0 and "
                f"sum(increase({PREFIX}spans_received_total[1d] offset 30m)) > 0",
                "warning",
                "pipeline",
                "no spans for half an hour",
                "Yesterday there were some. Look at the Collector's exporter.",
            ),
            self._alert(
                "RequestsRefused",
                f'sum by (reason) (increase({refused}{{reason!~"shutdown|unauthenticated"}}[15m]))'
                " > 0",
                "warning",
                "pipeline",
                "requests are refused: {{ $labels.reason }}",
                "Senders are told to come back; they drop data after some minutes.",
            ),
            self._alert(
                "DataDropped",
                f'sum(increase({PREFIX}spans_dropped_total{{reason="overload"}}[1h])) + '
                f"(sum(increase({PREFIX}outcomes_dropped_total[1h])) or vector(0)) > 0",
                "critical",
                "pipeline",
                "spans or scores were given up",
                "The journal is full and journal.overflow says to drop.",
                sustained=0,
            ),
            self._alert(
                "JournalOld",
                f"max({PREFIX}journal_oldest_seconds) > {age:g}",
                "warning",
                "pipeline",
                "the oldest unfinished entry is {{ $value | humanizeDuration }} old",
                "Work is taken in faster than it is finished.",
            ),
            self._alert(
                "JournalDamaged",
                f"max({PREFIX}journal_damaged_records) > 0",
                "critical",
                "pipeline",
                "{{ $value }} records of the journal are damaged",
                "They are set aside in the folder's quarantine.",
                sustained=0,
            ),
            self._alert(
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

    def _alert(
        self,
        alert: str,
        expression: str,
        severity: str,
        cause: str,
        summary: str,
        description: str,
        sustained: float | None = None,
        **labels: str,
    ) -> Rule:
        config = self._config
        held = config.sustained if sustained is None else sustained
        found: Rule = {"alert": alert, "expr": expression}
        if held:
            found["for"] = _duration(held)
        if config.keep_firing:
            found["keep_firing_for"] = _duration(config.keep_firing)
        annotations = {
            "summary": summary,
            "description": f"{description} Value: {{{{ $value | humanize }}}}.",
            "runbook_url": f"{config.runbook_url}#{alert.lower()}",
        }
        if config.dashboard_url:
            board = "quality" if cause == "quality" else "pipeline"
            base = config.dashboard_url.rstrip("/")
            annotations["dashboard"] = (
                f"{base}/d/otel-evaluator-{board}?var-evaluator={{{{ $labels.evaluator }}}}"
            )
        if cause == "quality":
            annotations["examples"] = (
                "otel-evaluator scores --since 1h --evaluator "
                f"{labels.get('evaluator', '{{ $labels.evaluator }}')}"
            )
        return found | {
            "labels": {"severity": severity, "cause": cause, **labels},
            "annotations": annotations,
        }


def _duration(seconds: float) -> str:
    return f"{seconds:g}s" if seconds % 60 else f"{seconds / 60:g}m"
