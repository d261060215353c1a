"""What the rule files say, checked by Prometheus's own tools."""

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from otel_evaluator.cli import app
from otel_evaluator.metrics import COUNTERS, GAUGES, PREFIX
from otel_evaluator.operate import alertmanager, grafana_alerts
from otel_evaluator.operate.alerts import Alerts
from otel_evaluator.operate.config import AlertsConfig
from tests.operate.tools import ALERTS, EVALUATORS, run, tool

ROOT = Path(__file__).parents[2]


def alerts(rules):
    return [rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule]


def test_prometheus_takes_the_rules(rule_path):
    assert "SUCCESS" in run(tool("promtool"), "check", "rules", str(rule_path))


def test_alertmanager_takes_its_settings(tmp_path):
    path = tmp_path / "alertmanager.yaml"
    path.write_text(yaml.safe_dump(alertmanager.settings("http://127.0.0.1:9095/")))
    assert "SUCCESS" in run(tool("amtool"), "check-config", str(path))


def test_rules_read_metrics_that_exist(rules):
    recorded = {r["record"] for g in rules["groups"] for r in g["rules"] if "record" in r}
    known = {f"{PREFIX}{name}_total" for name in COUNTERS} | {f"{PREFIX}{name}" for name in GAUGES}
    for group in rules["groups"]:
        for rule in group["rules"]:
            for found in re.findall(rf"(?:\w+:)?{PREFIX}\w+(?::\w+)?", rule["expr"]):
                assert found in recorded | known, rule


def test_every_alert_has_its_place_in_the_runbook(rules):
    page = (ROOT / "docs" / "alerts.md").read_text()
    titles = set(re.findall(r"^## (\w+)$", page, re.MULTILINE))
    assert {rule["alert"] for rule in alerts(rules)} == titles
    for rule in alerts(rules):
        assert rule["annotations"]["runbook_url"].endswith(f"#{rule['alert'].lower()}")
        assert rule["annotations"]["dashboard"].startswith("https://grafana.example/d/")
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["labels"]["cause"] in ("quality", "evaluation", "judge", "pipeline")


@pytest.mark.parametrize("objective", [0.5, 0.8, 0.9, 0.93, 0.99, 0.999])
def test_no_burn_rate_is_impossible(objective):
    config = AlertsConfig.model_validate({"objectives": {"e": {"pass_rate": objective}}})
    burning = [
        float(re.search(r"< ([\d.]+)", rule["expr"])[1])
        for rule in Alerts(config).quality({"e": "pii"})
        if rule["alert"] == "EvaluatorErrorBudgetBurn"
    ]
    assert burning
    assert all(0 < limit < objective + 1e-9 for limit in burning), "a pass rate is never below 0"


def test_the_files_in_deploy_are_written_by_the_command(tmp_path):
    config = ROOT / "deploy" / "evaluator.yaml"
    for name, options in {
        "prometheus/rules.yaml": (),
        "alertmanager/alertmanager.yaml": ("--format", "alertmanager"),
        "grafana/provisioning/alerting/otel-evaluator.yaml": ("--format", "grafana"),
    }.items():
        output = tmp_path / "out.yaml"
        command = ["rules", "--config", str(config), "--output", str(output), *options]
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
        assert output.read_text() == (ROOT / "deploy" / name).read_text(), "run make deploy"


def test_the_schema_in_deploy_is_printed_by_the_command():
    config = ROOT / "deploy" / "clickhouse" / "cluster.yaml"
    result = CliRunner().invoke(app, ["schema", "--config", str(config)])
    assert result.exit_code == 0, result.output
    assert result.stdout == config.with_suffix(".sql").read_text(), "run make deploy"
    assert result.stdout.count("ON CLUSTER") == result.stdout.count(";\n")
    assert "ReplicatedReplacingMergeTree" in result.stdout


def test_rules_for_grafana_are_the_same_alerts(rules):
    found = grafana_alerts.provisioning(rules)
    made = [rule for group in found["groups"] for rule in group["rules"]]
    assert len(made) == len(alerts(rules))
    assert len({rule["uid"] for rule in made}) == len(made)
    assert len({rule["title"] for rule in made}) == len(made)
    for rule, alert in zip(made, alerts(rules), strict=True):
        query, condition = rule["data"]
        assert alert["expr"] in query["model"]["expr"]
        assert rule["condition"] == condition["refId"]
        assert rule["labels"] == alert["labels"]
        assert not re.search(r"(?<!\$)\$(?!\$)", " ".join(rule["annotations"].values()))


def test_an_objective_of_nobody_is_named(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(
        "evaluators: [{name: pii, type: pii}]\nstorage: {clickhouse: {}}\n"
        "alerts: {objectives: {pi: {pass_rate: 0.9}}}\n"
    )
    result = CliRunner().invoke(app, ["rules", "--config", str(path)])
    assert result.exit_code == 1
    assert "'pi'" in result.stderr
    assert "pii" in result.stderr


def test_a_rule_for_kubernetes(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("evaluators: [{name: pii, type: pii}]\nstorage: {clickhouse: {}}\n")
    result = CliRunner().invoke(app, ["rules", "--config", str(path), "--format", "kubernetes"])
    found = yaml.safe_load(result.stdout)
    assert (found["apiVersion"], found["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert found["spec"]["groups"]


def test_the_evaluators_of_the_fixture_have_objectives():
    assert set(ALERTS.objectives) == set(EVALUATORS)
