"""``otel-evaluator schema``."""

from typing import Annotated

import typer

from otel_evaluator.cli.options import ConfigFile
from otel_evaluator.cli.output import reported
from otel_evaluator.errors import ConfigError


@reported
def schema(
    config: ConfigFile,
    server: Annotated[
        str, typer.Option(help="Version of the ClickHouse server, which decides about indexes.")
    ] = "",
) -> None:
    """Print the statements that create the tables, for `create_schema: false`.

    Names, cluster, engines and retention are those of `storage.clickhouse`; nothing is run.
    """
    from otel_evaluator.pipeline import build
    from otel_evaluator.write.clickhouse.schema import Schema, parse_version

    clickhouse = build.configure(config).storage.clickhouse
    if clickhouse is None:
        raise ConfigError([f"{config}: storage.clickhouse is not set"])
    found = Schema(clickhouse, parse_version(server) if server else ())
    statements = [found.create_database()]
    statements += [each.sql for each in (*found.create_traces(), *found.create_scores())]
    for statement in statements:
        typer.echo(f"{statement.strip()};\n")
