"""``otel-evaluator journal check|dump|repair``."""

import datetime
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.filesize import decimal

from otel_evaluator.api.journal import Entry
from otel_evaluator.cli.output import (
    Failure,
    Format,
    TextFormat,
    cell,
    err,
    out,
    print_rows,
    reported,
)

if TYPE_CHECKING:
    from otel_evaluator.journal.inspect import Check

app = typer.Typer(
    help="Look into a journal folder, take spans out of it, repair it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="What journal.path names.")]


@app.command()
@reported
def check(
    folder: Folder,
    format: Annotated[  # noqa: A002  (the word users write)
        TextFormat, typer.Option("--format", help="table or json.")
    ] = TextFormat.table,
) -> None:
    """Read every page and record; exit code 1 when something is damaged.

    Nothing is changed, and the service may be running.
    """
    # Late import: --help starts without the journal's modules.
    from otel_evaluator.journal import inspect

    found = inspect.check(folder)
    if format is TextFormat.json:
        values = {name: getattr(found, name) for name in found.__struct_fields__}
        typer.echo(json.dumps({"sound": found.is_sound, **values}, indent=2))
    else:
        _print(found)
    if not found.is_sound:
        raise Failure(f"{folder} is damaged; stop the service and run journal repair")


def _print(found: "Check") -> None:
    rows = [
        {"record": name, "count": count, "damaged": found.damaged.get(name, 0)}
        for name, count in found.records.items()
    ]
    print_rows(rows, ("record", "count", "damaged"), Format.table)
    console = out()
    console.print(f"{decimal(found.bytes)} on disk")
    if found.oldest_ns:
        console.print(f"oldest unfinished entry: {_time(found.oldest_ns)}")
    for sink, waiting in found.waiting.items():
        console.print(f"{cell(sink)}: {waiting} batches to deliver")
    if found.set_aside:
        console.print(f"{found.set_aside} damaged journals were set aside in quarantine")
    for problem in found.problems:
        console.print(f"damage: {cell(problem)}")


@app.command()
@reported
def dump(
    folder: Folder,
    to: Annotated[
        Path | None,
        typer.Option(help="Write the spans and log records there, as `replay` reads them."),
    ] = None,
) -> None:
    """List unfinished entries, one JSON object a line; with --to also take their OTLP out.

    Nothing is changed, and the service may be running.
    """
    from otel_evaluator.journal import inspect

    count = 0
    try:
        file = to.open("xb") if to is not None else None
    except OSError as error:
        raise Failure(f"{to}: cannot be written: {error.strerror}") from None
    try:
        for entry in inspect.entries(folder):
            count += 1
            _write(entry, file)
    finally:
        if file is not None:
            file.close()
    err().print(f"{count} unfinished entries")


@app.command()
@reported
def repair(folder: Folder) -> None:
    """Rebuild a damaged journal from every record that can still be read.

    The service must be stopped. The damaged files are kept in the folder's `quarantine`.
    """
    from otel_evaluator.journal import inspect

    report = inspect.repaired(folder)
    rows = [{"record": name, "kept": count} for name, count in report.kept.items()]
    print_rows(rows, ("record", "kept"), Format.table)
    console = out()
    console.print(f"{report.damaged} records could not be read")
    console.print(f"the files as they were: {cell(report.quarantine)}")


def _write(entry: Entry, file: BinaryIO | None) -> None:
    """One line about the entry, and its request with its length before it."""
    facts = {
        "sequence": entry.sequence,
        "arrived": _time(entry.arrived_ns),
        "signal": entry.signal,
        "configuration": entry.configuration,
        "bytes": len(entry.body),
    }
    if file is None:
        sys.stdout.write(json.dumps(facts) + "\n")
    else:
        file.write(len(entry.body).to_bytes(4, "big") + entry.body)


def _time(time_ns: int) -> str:
    moment = datetime.datetime.fromtimestamp(time_ns / 1e9, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
