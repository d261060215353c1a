"""Options that several commands have."""

import enum
from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="OTEL_EVALUATOR_CONFIG",
        metavar="FILE",
        help="The configuration file (YAML).",
    ),
]

Admin = Annotated[
    str,
    typer.Option(
        "--admin",
        envvar="OTEL_EVALUATOR_ADMIN",
        metavar="URL",
        help="Administration endpoint of the running service (admin.endpoint).",
    ),
]

Token = Annotated[
    str,
    typer.Option(
        "--token",
        envvar="OTEL_EVALUATOR_ADMIN_TOKEN",
        metavar="TOKEN",
        help="Bearer token, where admin.bearer_tokens is set; better given by the variable.",
    ),
]

ADMIN_URL = "http://127.0.0.1:9464"


class LogFormat(enum.StrEnum):
    """How log lines are written."""

    auto = "auto"
    json = "json"
    console = "console"


class LogLevel(enum.StrEnum):
    """Severities of log lines."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"
