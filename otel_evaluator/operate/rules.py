"""The rule file of one configuration."""

from collections.abc import Mapping
from typing import Any

from otel_evaluator.operate import recording
from otel_evaluator.operate.alerts import Alerts
from otel_evaluator.operate.config import AlertsConfig
from otel_evaluator.operate.health_alerts import evaluation, pipeline

RECORDED_EVERY = "1m"


def rule_file(evaluators: Mapping[str, Any], config: AlertsConfig) -> dict[str, Any]:
    """Prometheus rule groups: recordings first, then alerts by what they are about."""
    groups: list[dict[str, Any]] = [
        {
            "name": f"otel-evaluator-{level}-{window}",
            "interval": RECORDED_EVERY,
            "rules": recording.rules(level, window),
        }
        for level, windows in recording.WINDOWS.items()
        for window in windows
    ]
    alerts = Alerts(config)
    for name, rules in (
        ("quality", alerts.quality(evaluators)),
        ("evaluation", evaluation(alerts)),
        ("pipeline", pipeline(alerts)),
    ):
        groups.append({"name": f"otel-evaluator-alerts-{name}", "rules": rules})
    return {"groups": groups}
