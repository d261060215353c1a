"""``otel-evaluator measure``."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from otel_evaluator.cli.output import Format, err, interval, out, print_rows, reported
from otel_evaluator.errors import ConfigError

COLUMNS = (
    "evaluator", "defects", "with", "hits", "misses", "false alarms", "on good", "uncertain",
    "silent", "precision", "recall", "F1", "F1 of verdicts", "µs",
)  # fmt: skip


@reported
def measure(
    labels: Annotated[Path, typer.Option(help="Labels: JSON Lines with path and defect_types.")],
    traces: Annotated[
        Path | None, typer.Option(help="Folder of the labelled files; else that of the labels.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Measure its evaluators; else the built-in checks."),
    ] = None,
    find: Annotated[
        list[str] | None,
        typer.Option(help="What an evaluator is meant to find: NAME=DEFECT,DEFECT."),
    ] = None,
    format: Annotated[  # noqa: A002  (the word users write)
        Format, typer.Option("--format", help="table, json or csv; json has the lists of misses.")
    ] = Format.table,
) -> None:
    """Run evaluators over labelled OTLP files: precision, recall and what they miss.

    A file counts once: it is flagged when any of its subjects fails. Evaluators that ask a
    judge are left out; see calibrate.
    """
    from otel_evaluator.pipeline import build, measuring
    from otel_evaluator.pipeline.evaluators import evaluators_of

    chosen = config or Path(str(files("otel_evaluator.cli").joinpath("measure.yaml")))
    configured = [
        (kind, each)
        for kind, each in evaluators_of(build.configure(chosen))
        if kind.name != "judge"
    ]
    defects = dict(_meant(text) for text in find or [])
    unknown = defects.keys() - {each.name for _, each in configured}
    if unknown:
        raise ConfigError([f"--find: no evaluator is called {min(unknown)!r}"])
    found = measuring.measure(
        measuring.cases_of(labels), traces or labels.parent, configured, defects, _progress
    )
    rows = [measuring.plain(each) for each in found]
    print_rows([_row(each) for each in rows] if format is Format.table else rows, COLUMNS, format)
    if format is Format.table:
        _print_lists(rows)


def _meant(text: str) -> tuple[str, tuple[str, ...]]:
    name, separator, defects = text.partition("=")
    if not separator or not defects:
        raise ConfigError([f"--find {text!r}: write NAME=DEFECT,DEFECT"])
    return name, tuple(defects.split(","))


def _progress(done: int, total: int) -> None:
    if done % 100 == 0 or done == total:
        err().print(f"{done} of {total} files", highlight=False)


def _row(each: dict[str, Any]) -> dict[str, Any]:
    return {
        "evaluator": each["evaluator"],
        "defects": ", ".join(each["defects"]) or "(none named)",
        "with": each["with_defect"],
        "hits": each["hits"],
        "misses": each["misses"],
        "false alarms": each["false_alarms"],
        "on good": each["alarms_on_good"],
        "uncertain": each["uncertain"],
        "silent": each["silent"],
        "precision": interval(**each["precision"]),
        "recall": interval(**each["recall"]),
        "F1": round(each["f1"], 3),
        "F1 of verdicts": round(each["f1_decided"], 3),
        "µs": round(each["us_per_subject"]),
    }


def _print_lists(rows: list[dict[str, Any]]) -> None:
    for each in rows:
        if not each["defects"]:
            continue
        for what, title in (("missed", "missed"), ("flagged_without_reason", "flagged")):
            for case in each[what]:
                ids = " ".join(case["trace_ids"])
                out().print(f"{each['evaluator']} {title} {case['path']} {ids}", soft_wrap=True)
