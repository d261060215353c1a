"""Alertmanager settings: one notification for one root cause."""

from typing import Any


def settings(webhook: str) -> dict[str, Any]:
    """Routes and inhibitions, with one receiver that calls ``webhook``.

    A pipeline that is down explains every other alert; failing judges explain missing scores;
    a critical alert explains the warning of the same name.
    """
    return {
        "route": {
            "receiver": "otel-evaluator",
            "group_by": ["cause", "severity"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "4h",
            "routes": [
                {
                    "receiver": "otel-evaluator",
                    "matchers": ['severity = "critical"'],
                    "group_by": ["cause"],
                    "group_wait": "10s",
                }
            ],
        },
        "inhibit_rules": [
            _inhibits('alertname = "EvaluatorDown"', 'cause =~ "quality|evaluation|judge"'),
            _inhibits('alertname = "NoTelemetry"', 'cause =~ "quality|evaluation"'),
            _inhibits('alertname =~ "JudgeFailing|JudgeMoved"', 'cause = "quality"'),
            _inhibits(
                'alertname =~ "JudgeFailing|JudgeBudgetExhausted|EvaluatorFailing"',
                'alertname = "EvaluatorCoverageLow"',
            ),
            _inhibits('alertname = "SinkFailing"', 'alertname =~ "JournalOld|RequestsRefused"'),
            {
                "source_matchers": ['severity = "critical"'],
                "target_matchers": ['severity = "warning"'],
                "equal": ["alertname", "evaluator"],
            },
        ],
        "receivers": [
            {
                "name": "otel-evaluator",
                "webhook_configs": [{"url": webhook, "send_resolved": True}],
            }
        ],
    }


def _inhibits(source: str, target: str) -> dict[str, Any]:
    return {"source_matchers": [source], "target_matchers": [target]}
