"""Rules of one configuration, and Prometheus's own tools to try them with."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from otel_evaluator.operate.config import AlertsConfig
from otel_evaluator.operate.rules import rule_file

EVALUATORS = {"pii": "pii", "strict": "pii", "speed": "latency", "judged": "judge"}
ALERTS = AlertsConfig.model_validate(
    {
        "objectives": {
            "pii": {"pass_rate": 0.9},
            "strict": {"pass_rate": 0.99},
            "speed": {"max_mean": 5},
            "judged": {"min_mean": 0.7},
        },
        "dashboard_url": "https://grafana.example",
    }
)


def tool(name: str) -> str:
    """A tool of Prometheus or Alertmanager; skips where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: prometheus, prometheus-alertmanager)")
    return found


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def rules() -> dict[str, Any]:
    return rule_file(EVALUATORS, ALERTS)


@pytest.fixture(scope="session")
def rule_path(rules, tmp_path_factory) -> Path:
    """The rules without intervals of their own, so that tests set how often they are evaluated."""
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    groups = [{k: v for k, v in g.items() if k != "interval"} for g in rules["groups"]]
    path.write_text(yaml.safe_dump({"groups": groups}, sort_keys=False))
    return path
