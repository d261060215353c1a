"""``otel-evaluator serve``."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from otel_evaluator.cli.options import ConfigFile, LogFormat, LogLevel
from otel_evaluator.cli.output import reported
from otel_evaluator.expose import log

if TYPE_CHECKING:
    from otel_evaluator.pipeline.service import Service


@reported
def serve(
    config: ConfigFile,
    log_format: Annotated[
        LogFormat, typer.Option(help="auto: for people on a terminal, JSON lines elsewhere.")
    ] = LogFormat.auto,
    log_level: Annotated[LogLevel, typer.Option(help="Least severity written.")] = LogLevel.info,
) -> None:
    """Run the service until it is told to stop (SIGTERM, Ctrl-C).

    It then takes nothing new, finishes what it holds within the configured time and exits.
    """
    log.configure(log_format.value, logging.getLevelNamesMapping()[log_level.value.upper()])
    # Late imports: --help and the client commands start without the pipeline's libraries.
    from otel_evaluator.pipeline import build, run

    async def started(service: "Service") -> bool:
        log.on_suppressed(service.metrics.child("log_lines_suppressed").inc)
        return True

    path = Path(config)
    code = run.serve(build.validate(path), path, started)
    raise typer.Exit(code)
