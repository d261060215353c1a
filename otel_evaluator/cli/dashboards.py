"""``otel-evaluator dashboards``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from otel_evaluator.cli.output import reported


@reported
def dashboards(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write them to.")],
) -> None:
    """Write the Grafana dashboards: quality, evaluator, pipeline and prompt versions.

    They read the series that `otel-evaluator rules` has Prometheus record, and ClickHouse.
    """
    from otel_evaluator.operate.dashboards.boards import boards

    output.mkdir(parents=True, exist_ok=True)
    for name, board in boards().items():
        text = json.dumps(board, indent=2, ensure_ascii=False) + "\n"
        (output / name).write_text(text)
        typer.echo(f"wrote {output / name}", err=True)
