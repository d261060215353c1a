"""What is in deploy/: each file checked by the program that reads it, as far as it is to be had."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from otel_evaluator.cli import app
from tests.collector.build import binary, why_not
from tests.operate.tools import run, tool
from tests.support.required import unavailable

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "otel-evaluator"
UNIT = "otel-evaluator.service"
EVERYTHING = {
    "serviceMonitor.enabled": "true",
    "prometheusRule.enabled": "true",
    "dashboards.enabled": "true",
    "autoscaling.enabled": "true",
    "podDisruptionBudget.enabled": "true",
    "networkPolicy.enabled": "true",
    "existingSecret": "keys",
}


def helm() -> str:
    found = shutil.which("helm") or str(Path.home() / "go" / "bin" / "helm")
    if not Path(found).exists():
        pytest.skip("helm is not installed (go install helm.sh/helm/v3/cmd/helm@v3.19.0)")
    return found


def rendered(**values: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Kind and name to object."""
    settings = [f"--set={key}={value}" for key, value in values.items()]
    command = (helm(), "template", "x", str(CHART), "--kube-version=1.30.0", *settings)
    objects = [each for each in yaml.safe_load_all(run(*command)) if each]
    return {(each["kind"], each["metadata"]["name"]): each for each in objects}


def test_helm_finds_no_fault():
    run(helm(), "lint", str(CHART), "--strict")


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_the_chart_renders(values):
    found = rendered(**values)
    kinds = {kind for kind, _ in found}
    assert {"StatefulSet", "Service", "ConfigMap", "ServiceAccount"} <= kinds
    optional = {"HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"}
    optional |= {"ServiceMonitor", "PrometheusRule"}
    assert (kinds & optional) == (optional if values else set())
    pod = found["StatefulSet", "x-otel-evaluator"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["securityContext"]["runAsNonRoot"] is True
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert "/var/lib/otel-evaluator" in mounted
    has_replicas = "replicas" in found["StatefulSet", "x-otel-evaluator"]["spec"]
    assert has_replicas is not bool(values), "the autoscaler sets them"
    assert ("Service", "x-otel-evaluator-headless") in found
    if values:
        rules = found["PrometheusRule", "x-otel-evaluator"]["spec"]
        assert rules == yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())


def test_selectors_find_the_pods():
    found = rendered(**EVERYTHING)
    labels = found["StatefulSet", "x-otel-evaluator"]["spec"]["template"]["metadata"]["labels"]
    for kind in ("StatefulSet", "PodDisruptionBudget"):
        wanted = found[kind, "x-otel-evaluator"]["spec"]["selector"]["matchLabels"]
        assert wanted.items() <= labels.items()
    for name in ("x-otel-evaluator", "x-otel-evaluator-headless"):
        assert found["Service", name]["spec"]["selector"].items() <= labels.items()
    monitored = found["ServiceMonitor", "x-otel-evaluator"]["spec"]["selector"]["matchLabels"]
    assert monitored.items() <= found["Service", "x-otel-evaluator"]["metadata"]["labels"].items()
    headless = found["Service", "x-otel-evaluator-headless"]["metadata"]["labels"]
    assert not monitored.items() <= headless.items(), "or every pod is scraped twice"


def test_values_that_cannot_be_are_refused():
    command = [helm(), "template", "x", str(CHART), "--kube-version=1.30.0", "--set=replicaCount=x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "replicaCount" in done.stderr


def test_configurations_are_valid(tmp_path):
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    chart = tmp_path / "chart.yaml"
    chart.write_text(yaml.safe_dump(values["config"]))
    for path in (DEPLOY / "evaluator.yaml", chart):
        result = CliRunner().invoke(app, ["validate", "--config", str(path)])
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize("fragment", sorted((DEPLOY / "collector").glob("*.yaml")), ids=str)
def test_the_collector_takes_its_fragments(fragment):
    if reason := why_not():
        unavailable(reason)
    run(str(binary()), "validate", "--config", str(fragment))


def test_prometheus_takes_its_configuration():
    run(tool("promtool"), "check", "config", str(DEPLOY / "prometheus" / "prometheus.yaml"))


def test_compose_takes_its_file():
    command = tool("docker-compose")
    run(command, "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet")


def test_what_compose_mounts_exists():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    mounted = [
        volume.split(":")[0]
        for service in services.values()
        for volume in service.get("volumes", ())
        if volume.startswith("./")
    ]
    assert len(mounted) > 5
    for path in mounted:
        assert (DEPLOY / path).exists(), path


def test_the_chart_has_the_rules_and_dashboards_of_deploy():
    assert (CHART / "files" / "rules.yaml").read_text() == (
        DEPLOY / "prometheus" / "rules.yaml"
    ).read_text()
    for board in (DEPLOY / "grafana" / "dashboards").glob("*.json"):
        assert (CHART / "files" / "dashboards" / board.name).read_text() == board.read_text()


def test_the_unit_names_what_exists():
    unit = (DEPLOY / "systemd" / UNIT).read_text()
    sections = [line for line in unit.splitlines() if line.startswith("[")]
    assert sections == ["[Unit]", "[Service]", "[Install]"]
    if shutil.which("systemd-analyze"):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(DEPLOY / "systemd" / UNIT)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        faults = [line for line in done.stderr.splitlines() if "otel-evaluator.service:" in line]
        assert not [line for line in faults if "is not executable" not in line]


def test_the_image_installs_with_pip_alone_and_runs_as_nobody():
    lines = (DEPLOY / "docker" / "Dockerfile").read_text().splitlines()
    assert "USER 10001" in lines
    assert any("--require-hashes -r requirements/runtime.txt" in line for line in lines)
    copied = [
        line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line
    ]
    for path in (p for paths in copied for p in paths):
        assert (ROOT / path).exists(), path
