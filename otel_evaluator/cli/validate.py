"""``otel-evaluator validate``."""

import re
from typing import Any

import typer
import yaml

from otel_evaluator.cli.options import ConfigFile
from otel_evaluator.cli.output import reported

_SENSITIVE = re.compile(r"token|secret|passw|credential|authorization|api.?key", re.I)
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")


@reported
def validate(config: ConfigFile) -> None:
    """Build everything the file describes without starting it, and print what is in force.

    Every problem is one line on standard error: where it is, what is wrong, what would be right.
    """
    from otel_evaluator.pipeline import build

    effective = build.validate(config)
    typer.echo(yaml.safe_dump(redact(effective.model_dump(mode="json")), sort_keys=False).rstrip())
    count = len(effective.evaluators)
    typer.echo(f"{config}: valid; {count} evaluator{'s' if count != 1 else ''}", err=True)


def redact(value: Any, name: str = "") -> Any:
    """A copy fit to be shown: nothing that sounds like a secret, no password in an address."""
    if isinstance(value, dict):
        hide = name == "headers"
        return {k: "[REDACTED]" if hide else redact(v, str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item, name) for item in value]
    if isinstance(value, str) and value:
        return "[REDACTED]" if _SENSITIVE.search(name) else _CREDENTIALS.sub("[REDACTED]@", value)
    return value
