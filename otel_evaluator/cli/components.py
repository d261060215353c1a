"""``otel-evaluator components``."""

import json
from typing import Annotated, Any

import typer

from otel_evaluator.cli.output import TextFormat, err, out, reported, table

RECEIVERS = {
    "otlp/grpc": "Traces and logs over gRPC.",
    "otlp/http": "Traces and logs over HTTP: protobuf and JSON, gzip.",
}
SINKS = {
    "clickhouse": "A ClickHouse server, or the engine embedded in the process (chdb://).",
    "otlp": "Score spans and score events to a Collector.",
}


@reported
def components(
    format: Annotated[  # noqa: A002  (the word users write)
        TextFormat, typer.Option("--format", help="table or json.")
    ] = TextFormat.table,
) -> None:
    """List what configurations can name: evaluators, dialects, receivers, sinks."""
    found, problems = inventory()
    if format is TextFormat.json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        console = out()
        for kind, rows in found.items():
            columns = [name for name in rows[0] if any(row[name] != "" for row in rows)]
            console.print(table(rows, columns, kind))
    for problem in problems:
        err().print(problem, markup=False)
    if problems:
        raise typer.Exit(1)


def inventory() -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """Rows by kind of component, and what could not be loaded."""
    from otel_evaluator.api.plugins import discover_evaluators
    from otel_evaluator.decode.dialects import DIALECTS

    discovery = discover_evaluators()
    evaluators = [
        {
            "name": kind.name,
            "on": list(kind.kinds),
            "version": kind.version,
            "package": discovery.origins[kind.name],
            "summary": kind.summary,
        }
        for kind in discovery.registry
    ]
    dialects = [{"name": d.name, "summary": _first_line(type(d))} for d in DIALECTS]
    return {
        "evaluators": evaluators,
        "dialects": dialects,
        "receivers": [{"name": name, "summary": text} for name, text in RECEIVERS.items()],
        "sinks": [{"name": name, "summary": text} for name, text in SINKS.items()],
    }, list(discovery.problems)


def _first_line(documented: type) -> str:
    return (documented.__doc__ or "").strip().split("\n")[0]
