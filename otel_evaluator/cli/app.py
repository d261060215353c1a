"""The application that holds the commands."""

from typing import Annotated

import typer

from otel_evaluator import __version__
from otel_evaluator.cli import (
    calibrate,
    components,
    dashboards,
    demo,
    journal,
    measure,
    replay,
    rules,
    schema,
    scores,
    serve,
    steps,
    validate,
    why,
)

app = typer.Typer(
    name="otel-evaluator",
    help="Online evaluation of GenAI traffic in an OpenTelemetry pipeline.",
    epilog="Exit codes: 0 done, 1 it did not work, 2 the command was used wrongly.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"otel-evaluator {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Online evaluation of GenAI traffic in an OpenTelemetry pipeline."""


app.command("serve")(serve.serve)
app.command("validate")(validate.validate)
app.command("components")(components.components)
app.command("demo")(demo.demo)
app.command("replay")(replay.replay)
app.command("scores")(scores.scores)
app.command("why")(why.why)
app.command("calibrate")(calibrate.calibrate)
app.command("steps")(steps.steps)
app.command("measure")(measure.measure)
app.command("rules")(rules.rules)
app.command("schema")(schema.schema)
app.command("dashboards")(dashboards.dashboards)
app.add_typer(journal.app, name="journal")
