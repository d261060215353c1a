"""The rules' configuration in tests, and the tools of Prometheus and Alertmanager."""

import shutil
import subprocess

import pytest

from otel_evaluator.operate.config import AlertsConfig

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
