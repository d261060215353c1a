"""What commands share when they print: consoles, rows as table, JSON or CSV, failures."""

import csv
import enum
import functools
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from otel_evaluator.errors import ConfigError, EvaluatorError

PIPE_WIDTH = 160
"""Columns of a table that no terminal bounds."""
_PROSE = {"explanation": 24, "summary": 24, "on": 10, "service": 10, "instrumentation": 14}
"""Columns that wrap when the table is wider than the terminal, and their least width."""

P = ParamSpec("P")
R = TypeVar("R")


class Format(enum.StrEnum):
    """How rows are printed."""

    table = "table"
    json = "json"
    csv = "csv"


class TextFormat(enum.StrEnum):
    """How a report is printed."""

    table = "table"
    json = "json"


class Failure(EvaluatorError):
    """A command did not work; the text says why and what to do."""


def out() -> Console:
    """Standard output; created late so that tests and pipes see the real stream."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(file=sys.stdout, highlight=False, width=width)


def err() -> Console:
    """Standard error, for progress and failures."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def reported(command: Callable[P, R]) -> Callable[P, R]:
    """Turn expected errors of a command into one line each on standard error and exit code 1."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ConfigError as error:
            for problem in error.problems:
                typer.echo(problem, err=True)
        except EvaluatorError as error:
            typer.echo(str(error), err=True)
        except BrokenPipeError:
            # The reader of our output has seen enough (``| head``).
            sys.stderr.close()
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
        raise typer.Exit(1)

    return run


def print_rows(
    rows: Sequence[dict[str, Any]], columns: Sequence[str], form: Format, title: str = ""
) -> None:
    """Rows with these columns; JSON and CSV carry every key of a row."""
    if form is Format.json:
        typer.echo(json.dumps(list(rows), indent=2, ensure_ascii=False, default=str))
    elif form is Format.csv:
        names = list(rows[0]) if rows else list(columns)
        writer = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _inert(row.get(name)) for name in names} for row in rows)
    else:
        out().print(table(rows, columns, title))


def _inert(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is quoted."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value


def table(rows: Sequence[dict[str, Any]], columns: Sequence[str], title: str = "") -> Table:
    """A table of the columns."""
    built = Table(
        title=title or None,
        title_justify="left",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for column in columns:
        numeric = all(isinstance(row.get(column), int | float | None) for row in rows)
        built.add_column(
            column,
            justify="right" if numeric and rows else "left",
            overflow="fold",
            no_wrap=column not in _PROSE,
            min_width=_PROSE.get(column),
        )
    for row in rows:
        cells = [cell(row.get(column)) for column in columns]
        built.add_row(*cells, style="red" if row.get("passed") is False else None)
    return built


def interval(value: float, low: float, high: float) -> str:
    """An estimate with its interval."""
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def cell(value: Any) -> str:
    """One value for people; text from traffic never becomes markup or control sequences."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value)
    return escape("".join(c if c.isprintable() else " " for c in str(value)))
