"""``otel-evaluator scores``."""

from typing import Annotated, Any

import typer

from otel_evaluator.cli import admin as api
from otel_evaluator.cli.options import ADMIN_URL, Admin, Token
from otel_evaluator.cli.output import Format, err, print_rows, reported

COLUMNS = (
    "time", "trace", "service", "evaluator", "value", "label", "passed", "tier", "probability",
    "explanation",
)  # fmt: skip


@reported
def scores(
    evaluator: Annotated[str | None, typer.Option(help="Only scores of this evaluator.")] = None,
    since: Annotated[
        str | None, typer.Option(help="A duration back from now (1h), or an ISO 8601 time.")
    ] = None,
    trace: Annotated[str | None, typer.Option(help="Only scores of this trace id.")] = None,
    below: Annotated[float | None, typer.Option(help="Only values below this.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many rows.")] = 50,
    format: Annotated[  # noqa: A002  (the word users write)
        Format, typer.Option("--format", help="table, json or csv; json and csv have all columns.")
    ] = Format.table,
    admin: Admin = ADMIN_URL,
    token: Token = "",
) -> None:
    """Print the newest scores of the running service.

    They are read through the service, because the embedded engine can be opened by one
    process only.
    """
    rows = api.get(
        admin,
        "/api/scores",
        token,
        evaluator=evaluator,
        since=since,
        below=below,
        trace_id=trace,
        limit=limit,
    )["scores"]
    print_rows([short(row) for row in rows] if format is Format.table else rows, COLUMNS, format)
    if not rows:
        err().print("no scores match")


def short(row: dict[str, Any]) -> dict[str, Any]:
    """A row of ``otel_evaluator_scores`` as the table shows it."""
    return {
        "time": str(row.get("Timestamp", ""))[:19].replace("T", " "),
        "trace": row.get("TraceId"),
        "service": row.get("ServiceName"),
        "evaluator": row.get("Evaluator"),
        "value": row.get("Value"),
        "label": row.get("Label"),
        "passed": None if row.get("Passed") is None else bool(row["Passed"]),
        "tier": row.get("Tier"),
        "probability": row.get("Probability"),
        "explanation": row.get("Explanation"),
    }
