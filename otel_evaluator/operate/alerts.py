"""Alerting rules about scores, and what every alert has: a cause, a severity, where to look."""

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
        self.config = config

    def quality(self, evaluators: Mapping[str, Any]) -> list[Rule]:
        """About the scores of evaluators that have an objective."""
        rules: list[Rule] = []
        for evaluator in evaluators:
            objective = self.config.objectives.get(evaluator)
            if objective is not None:
                rules += self._objective(evaluator, objective)
        rules.append(
            self.alert(
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
            yield self.alert(
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
            yield self.alert(
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
            enough = f"{name('evaluator', 'pass_effective', short)} >= {self.config.min_samples}"
            yield self.alert(
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
        return f"{name('evaluator', what, '1h')} >= {self.config.min_samples}"

    def alert(
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
        """One rule; ``sustained`` are seconds that replace the configured ones."""
        config = self.config
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
