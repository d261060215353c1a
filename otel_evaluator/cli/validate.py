"""``otel-evaluator validate``."""

import asyncio
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from otel_evaluator.cli.options import ConfigFile
from otel_evaluator.cli.output import reported
from otel_evaluator.errors import ConfigError

if TYPE_CHECKING:
    from otel_evaluator.pipeline.schema import RootConfig

_SENSITIVE = re.compile(r"token|secret|passw|credential|authorization|api.?key", re.I)
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")


@reported
def validate(
    config: ConfigFile,
    ask_judges: Annotated[
        bool,
        typer.Option("--ask-judges", help="Ask every judge one question, which may cost money."),
    ] = False,
) -> None:
    """Build everything the file describes without starting it, and print what is in force.

    Every problem is one line on standard error: where it is, what is wrong, what would be right.
    """
    from otel_evaluator.pipeline import build

    effective = build.validate(config)
    typer.echo(yaml.safe_dump(redact(effective.model_dump(mode="json")), sort_keys=False).rstrip())
    if ask_judges:
        _ask(effective)
    count = len(effective.evaluators)
    typer.echo(f"{config}: valid; {count} evaluator{'s' if count != 1 else ''}", err=True)


def _ask(config: "RootConfig") -> None:
    """Ask every judge one question; ConfigError names those that gave no usable answer."""
    from otel_evaluator.clock import SystemClock
    from otel_evaluator.metrics import Metrics
    from otel_evaluator.pipeline import build

    async def ask() -> dict[str, str]:
        judging = build.judging(config, Metrics(), SystemClock())
        try:
            return await judging.probe()
        finally:
            await judging.aclose()

    answers = asyncio.run(ask())
    if not answers:
        typer.echo("no evaluator asks a judge", err=True)
    for judge in (judge for judge, problem in answers.items() if not problem):
        typer.echo(f"judges.{judge}: answers", err=True)
    problems = [f"judges.{judge}: {problem}" for judge, problem in answers.items() if problem]
    if problems:
        raise ConfigError(problems)


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
