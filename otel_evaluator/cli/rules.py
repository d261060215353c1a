"""``otel-evaluator rules``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from otel_evaluator.cli.options import ConfigFile
from otel_evaluator.cli.output import reported
from otel_evaluator.errors import ConfigError

HEAD = "# Written by: otel-evaluator rules\n"


class What(StrEnum):
    """What is written."""

    prometheus = "prometheus"
    kubernetes = "kubernetes"
    grafana = "grafana"
    alertmanager = "alertmanager"


@reported
def rules(
    config: ConfigFile,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output if none.")
    ] = None,
    format: Annotated[  # noqa: A002  (the word users write)
        What,
        typer.Option(
            "--format",
            help="prometheus: a rule file; kubernetes: a PrometheusRule; grafana: the alerts as "
            "rules of Grafana; alertmanager: routes and inhibitions to merge into its settings.",
        ),
    ] = What.prometheus,
    webhook: Annotated[
        str, typer.Option(help="Address of the receiver in the Alertmanager settings.")
    ] = "http://127.0.0.1:9095/alerts",
) -> None:
    """Write recording and alerting rules for the configured evaluators.

    Means, pass rates, their intervals and coverage are recorded for every evaluator; alerts about
    the height of scores need an objective under `alerts.objectives`.
    """
    from otel_evaluator.operate import alertmanager, grafana_alerts
    from otel_evaluator.operate.rules import rule_file
    from otel_evaluator.pipeline import build
    from otel_evaluator.pipeline.evaluators import evaluators_of

    root = build.configure(config)
    names = {each.name: kind.name for kind, each in evaluators_of(root)}
    unknown = root.alerts.objectives.keys() - names.keys()
    if unknown:
        known = ", ".join(sorted(names))
        raise ConfigError(
            [f"alerts.objectives: no evaluator is called {min(unknown)!r}; there are {known}"]
        )
    found: dict[str, Any] = rule_file(names, root.alerts)
    if format is What.kubernetes:
        found = {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": "otel-evaluator"},
            "spec": found,
        }
    elif format is What.grafana:
        found = grafana_alerts.provisioning(found)
    elif format is What.alertmanager:
        found = alertmanager.settings(webhook)
    text = HEAD + yaml.safe_dump(found, sort_keys=False, width=100, allow_unicode=True)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text)
        typer.echo(f"wrote {output}", err=True)
