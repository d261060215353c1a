"""``otel-evaluator calibrate``."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from otel_evaluator.cli.options import ADMIN_URL, Admin, ConfigFile, Token
from otel_evaluator.cli.output import Format, err, interval, print_rows, reported
from otel_evaluator.errors import ConfigError

if TYPE_CHECKING:
    from otel_evaluator.judges.labels import Label
    from otel_evaluator.pipeline.calibrating import Calibrated

COLUMNS = (
    "evaluator", "revision", "labels", "missing", "accuracy", "kappa", "sensitivity", "specificity",
    "difference", "suggested", "held_out",
)  # fmt: skip


@reported
def calibrate(
    config: ConfigFile,
    labels: Annotated[Path, typer.Option(help="Labels: JSON Lines with score and evidence.")],
    evaluator: Annotated[
        list[str] | None, typer.Option(help="Only this evaluator; may be given again.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Append the result here; see storage.calibrations.")
    ] = None,
    format: Annotated[  # noqa: A002  (the word users write)
        Format, typer.Option("--format", help="table, json or csv.")
    ] = Format.table,
    admin: Admin = ADMIN_URL,
    token: Token = "",
) -> None:
    """Compare judges with labels that people gave, by evaluator revision.

    A label with evidence is judged now, which may cost money; one with a trace id is compared
    with the stored score, through the running service.
    """
    from otel_evaluator.judges.calibration import append
    from otel_evaluator.pipeline import build, calibrating

    effective = build.configure(config)

    def stored(label: "Label", name: str) -> float | None:
        return _stored(label, name, admin, token)

    made = datetime.now(UTC).isoformat(timespec="seconds")
    found = asyncio.run(
        calibrating.calibrate(effective, labels, evaluator or [], stored, made, _progress)
    )
    if not found:
        raise ConfigError([f"{labels}: no label is for an evaluator that asks a judge"])
    if save is not None:
        for each in found:
            append(save, each.calibration)
    print_rows([_row(each) for each in found], COLUMNS, format)
    for each in found:
        if not each.calibration.agreement.passes or not each.calibration.agreement.fails:
            name = each.calibration.evaluator
            err().print(f"{name}: all labels are of one kind; a pass rate cannot be corrected")


def _progress(evaluator: str, done: int, total: int) -> None:
    if done % 25 == 0 or done == total:
        err().print(f"{evaluator}: {done} of {total} labels", highlight=False)


def _stored(label: "Label", evaluator: str, admin: str, token: str) -> float | None:
    """The stored value of the label's subject; None when there is none."""
    from otel_evaluator.cli import admin as api

    rows = api.get(
        admin, "/api/scores", token, evaluator=evaluator, trace_id=label.trace_id, limit=100
    )["scores"]
    for row in rows:
        same_span = not label.span_id or row["SpanId"] == label.span_id
        same_conversation = row["ConversationId"] == label.conversation_id
        if same_span and (not label.conversation_id or same_conversation):
            value: float | None = row["Value"]
            return value
    return None


def _row(found: "Calibrated") -> dict[str, Any]:
    calibration, suggestion = found.calibration, found.suggestion
    agreement = calibration.agreement
    held_out = suggestion.agreement.accuracy if suggestion else None
    return {
        "evaluator": calibration.evaluator,
        "revision": calibration.revision,
        "labels": f"{agreement.passes} pass, {agreement.fails} fail",
        "missing": calibration.missing,
        "accuracy": interval(*agreement.accuracy),
        "kappa": interval(*agreement.kappa),
        "sensitivity": interval(*agreement.sensitivity),
        "specificity": interval(*agreement.specificity),
        "difference": f"{calibration.mean_difference:+.3f}",
        "suggested": f"{suggestion.threshold:.3g}" if suggestion else "",
        "held_out": interval(*held_out) if held_out else "",
    }
