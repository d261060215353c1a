"""``otel-evaluator why``."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console

from otel_evaluator.cli import admin as api
from otel_evaluator.cli.options import ADMIN_URL, Admin, Token
from otel_evaluator.cli.output import TextFormat, cell, out, reported, table

OUTCOMES = ("evaluator", "outcome", "reason", "value", "label", "passed", "explanation")


@reported
def why(
    trace_id: Annotated[str, typer.Argument(help="32 hexadecimal characters.")],
    admin: Admin = ADMIN_URL,
    token: Token = "",
    format: Annotated[  # noqa: A002  (the word users write)
        TextFormat, typer.Option("--format", help="table or json.")
    ] = TextFormat.table,
) -> None:
    """Say what became of a trace: which tier, whether it was selected, and every outcome."""
    if len(trace_id) != 32 or not all(c in "0123456789abcdefABCDEF" for c in trace_id):
        raise typer.BadParameter("a trace id is 32 hexadecimal characters", param_hint="TRACE_ID")
    found = api.get(admin, f"/api/why/{trace_id.lower()}", token)
    if format is TextFormat.json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        _print(found, out())


def _print(found: dict[str, Any], console: Console) -> None:
    console.print(f"trace {cell(found.get('trace_id'))}")
    for name, value in found.items():
        if name not in ("trace_id", "subjects") and value not in (None, "", [], {}):
            console.print(f"  {name}: {cell(value)}")
    quiet = 0
    for subject in found.get("subjects", []):
        outcomes = subject.get("outcomes", [])
        if subject.get("kind") == "span" and not outcomes:
            quiet += 1
            continue
        head = f"{subject.get('kind', 'subject')} {subject.get('key', '')}"
        console.print(f"\n[bold]{cell(head)}[/bold]: {_facts(subject)}")
        if outcomes:
            console.print(table(outcomes, OUTCOMES))
    if quiet:
        console.print(f"\n{quiet} spans that no evaluator asked for")


def _facts(values: dict[str, Any]) -> str:
    """What is not the same as nothing, on one line."""
    parts = []
    for name, value in values.items():
        if name in ("kind", "key", "outcomes") or value in (None, "", [], {}):
            continue
        if isinstance(value, dict):
            noted = {key: inner for key, inner in value.items() if inner}
            value = " ".join(f"{key}={cell(inner)}" for key, inner in noted.items())
            parts.append(f"{cell(name)} ({value})")
        else:
            parts.append(f"{cell(name)} {cell(value)}")
    return ", ".join(parts)
