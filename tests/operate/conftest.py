"""Rules of one configuration."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from otel_evaluator.operate.rules import rule_file
from tests.operate.tools import ALERTS, EVALUATORS


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
