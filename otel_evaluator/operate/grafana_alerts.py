"""The same alerts as rules that Grafana evaluates, for sites without rules in Prometheus."""

import hashlib
from typing import Any

from otel_evaluator.operate.recording import Rule

LOOK_BACK_S = 600


def provisioning(rule_file: dict[str, Any], source: str = "prometheus") -> dict[str, Any]:
    """A file for Grafana's ``provisioning/alerting``.

    Prometheus still records; an alert's expression has a series for everything that is wrong,
    which becomes 1 for the threshold. ``source`` is the uid of the data source.
    """
    groups = []
    for group in rule_file["groups"]:
        rules = [_rule(each, source) for each in group["rules"] if "alert" in each]
        if rules:
            groups.append(
                {
                    "orgId": 1,
                    "name": group["name"],
                    "folder": "otel-evaluator",
                    "interval": "1m",
                    "rules": rules,
                }
            )
    return {"apiVersion": 1, "groups": groups}


def _rule(alert: Rule, source: str) -> dict[str, Any]:
    identity = f"{alert['alert']} {sorted(alert['labels'].items())}"
    found = {
        "uid": hashlib.blake2b(identity.encode(), digest_size=8).hexdigest(),
        "title": " ".join((alert["alert"], *_distinct(alert))),
        "condition": "B",
        "data": [
            {
                "refId": "A",
                "relativeTimeRange": {"from": LOOK_BACK_S, "to": 0},
                "datasourceUid": source,
                "model": {
                    "refId": "A",
                    "expr": f"0 * ({alert['expr']}) + 1",
                    "instant": True,
                    "range": False,
                },
            },
            {
                "refId": "B",
                "relativeTimeRange": {"from": LOOK_BACK_S, "to": 0},
                "datasourceUid": "__expr__",
                "model": {
                    "refId": "B",
                    "type": "threshold",
                    "expression": "A",
                    "conditions": [{"evaluator": {"type": "gt", "params": [0]}}],
                },
            },
        ],
        "noDataState": "OK",
        "execErrState": "Error",
        "for": alert.get("for", "0s"),
        "labels": alert["labels"],
        # In Grafana the value is the 1 of the threshold, and $ is written twice in files.
        "annotations": {
            key: value.replace("$value", "$values.A.Value").replace("$", "$$")
            for key, value in alert["annotations"].items()
        },
    }
    if "keep_firing_for" in alert:
        found["keepFiringFor"] = alert["keep_firing_for"]
    return found


def _distinct(alert: Rule) -> list[str]:
    labels = alert["labels"]
    return [labels[key] for key in ("evaluator", "window", "severity") if key in labels]
