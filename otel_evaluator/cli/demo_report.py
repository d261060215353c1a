"""What the demo prints: scores, a line for each evaluator, where to look next."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from otel_evaluator.cli import admin as api
from otel_evaluator.cli.output import table
from otel_evaluator.cli.play import counts
from otel_evaluator.cli.traffic import Sample
from otel_evaluator.metrics import Metrics
from otel_evaluator.stats.intervals import wilson
from otel_evaluator.stats.weighted import Sums

SHOWN = 40
COLUMNS = (
    "trace", "instrumentation", "service", "evaluator", "value", "label", "passed", "tier",
    "prob.", "explanation",
)  # fmt: skip
_LEAST_WIDTH = {"service": 160, "label": 150, "tier": 120, "prob.": 100}
"""Columns of the terminal below which a column of the table is left out."""
SUMMARY = ("evaluator", "scored", "mean", "pass rate", "95 % interval", "no score", "failed")

Row = dict[str, Any]


def fetch(admin: str, token: str, samples: Sequence[Sample], seed: str) -> list[Row]:
    """Score rows of the traces that were played, with ``instrumentation`` added."""
    origin = {trace_id: sample for sample in samples for trace_id in sample.fresh_trace_ids(seed)}
    rows = api.get(admin, "/api/scores", token, since="10m", limit=10_000)["scores"]
    return [
        {**row, "instrumentation": origin[row["TraceId"]].instrumentation}
        for row in rows
        if row["TraceId"] in origin
    ]


def show(
    rows: Sequence[Row], metrics: Metrics, samples: Sequence[Sample], seed: str, console: Console
) -> None:
    """The table of scores, most telling first, and the summary of each evaluator."""
    scored = [row for row in rows if row["Outcome"] == "scored"]
    chosen = choose(scored, SHOWN)
    columns = [name for name in COLUMNS if console.width >= _LEAST_WIDTH.get(name, 0)]
    console.print(table([line(row) for row in chosen], columns, "scores"))
    if len(scored) > len(chosen):
        console.print(
            f"… and {len(scored) - len(chosen)} more: otel-evaluator scores --limit {len(rows)}"
        )
    console.print()
    console.print(table(summary(rows, metrics), SUMMARY, "evaluators (weighted by 1/probability)"))
    console.print()
    console.print(_coverage(rows, samples, seed))


def choose(rows: Sequence[Row], most: int) -> list[Row]:
    """What did not pass, and of the rest as even a choice of instrumentations as fits."""
    bad = [row for row in rows if row.get("Passed") in (0, False)]
    seen: dict[str, int] = {}
    rest: list[tuple[int, Row]] = []
    # Score ids are hashes: their order mixes evaluators.
    for row in sorted(rows, key=lambda row: str(row.get("ScoreId"))):
        if row not in bad:
            turn = seen[row["instrumentation"]] = seen.get(row["instrumentation"], -1) + 1
            rest.append((turn, row))
    rest.sort(key=lambda pair: pair[0])
    first = sum(turn == 0 for turn, _ in rest)
    kept = bad[: max(0, most - first)]
    kept += [row for _, row in rest[: most - len(kept)]]
    return sorted(kept, key=lambda row: (row["instrumentation"], row["TraceId"], row["Evaluator"]))


def line(row: Row) -> Row:
    """One row of the table."""
    return {
        "trace": row["TraceId"][:8],
        "instrumentation": row["instrumentation"],
        "service": row.get("ServiceName"),
        "evaluator": row.get("Evaluator"),
        "value": row.get("Value"),
        "label": row.get("Label"),
        "passed": None if row.get("Passed") is None else bool(row["Passed"]),
        "tier": row.get("Tier"),
        "prob.": row.get("Probability"),
        "explanation": str(row.get("Explanation") or "")[:80],
    }


def summary(rows: Sequence[Row], metrics: Metrics) -> list[Row]:
    """One row an evaluator: weighted mean and pass rate, and what ended without a score."""
    outcomes: dict[tuple[str, str], float] = {}
    for labels, value in counts(metrics, "evaluations"):
        key = (labels["evaluator"], labels["outcome"])
        outcomes[key] = outcomes.get(key, 0.0) + value
    names = sorted({name for name, _ in outcomes} | {str(row["Evaluator"]) for row in rows})
    result = []
    for name in names:
        mine = [row for row in rows if row["Evaluator"] == name and row["Outcome"] == "scored"]
        values = _sums([(r["Value"], r["Weight"]) for r in mine if r["Value"] is not None])
        passes = [(float(r["Passed"]), r["Weight"]) for r in mine if r["Passed"] is not None]
        passed = _sums(passes)
        result.append(
            {
                "evaluator": name,
                "scored": len(mine),
                "mean": None if values is None else values.mean,
                "pass rate": "" if passed is None else f"{passed.mean:.0%}",
                "95 % interval": _interval(passes),
                "no score": int(
                    sum(outcomes.get((name, what), 0) for what in ("unscored", "skipped"))
                ),
                "failed": int(outcomes.get((name, "failed"), 0)),
            }
        )
    return result


def _sums(pairs: Sequence[tuple[float, float]]) -> Sums | None:
    """Sums of values with weights; None without any."""
    if not pairs:
        return None
    return Sums(
        w=sum(w for _, w in pairs),
        wy=sum(w * y for y, w in pairs),
        wyy=sum(w * y * y for y, w in pairs),
        ww=sum(w * w for _, w in pairs),
        wwy=sum(w * w * y for y, w in pairs),
        wwyy=sum(w * w * y * y for y, w in pairs),
    )


def _interval(pairs: Sequence[tuple[float, float]]) -> str:
    """Wilson's interval at the effective sample size of Kish."""
    passed = _sums(pairs)
    if passed is None:
        return ""
    _, low, high = wilson(passed.mean, passed.kish)
    return f"{low:.0%} – {high:.0%}"


def _coverage(rows: Sequence[Row], samples: Sequence[Sample], seed: str) -> str:
    scored = [row for row in rows if row["Outcome"] == "scored"]
    traces = {trace_id for sample in samples for trace_id in sample.fresh_trace_ids(seed)}
    kinds = {row["instrumentation"] for row in rows}
    return (
        f"{len(scored)} scores, and {len(rows) - len(scored)} outcomes without one, of "
        f"{len({row['TraceId'] for row in rows})} traces ({len(traces)} were sent) of "
        f"{len(kinds)} instrumentations"
    )


def show_next(
    rows: Sequence[Row], settings: Any, ports: Mapping[str, int], console: Console
) -> None:
    """Lines to copy."""
    admin = f"127.0.0.1:{ports['admin']}"
    flag = "" if ports["admin"] == 9464 else f" --admin http://{admin}"
    bad = [row for row in rows if row.get("Passed") in (0, False)] or list(rows)
    console.print("\n[bold]where to look next[/bold]")
    console.print(
        f"  curl -s {admin}/metrics | grep otel_evaluator_score", soft_wrap=True, markup=False
    )
    console.print(f"  curl -s '{admin}/api/scores?below=0.5&limit=5'", soft_wrap=True, markup=False)
    if bad:
        trace_id = bad[0]["TraceId"]
        console.print(f"  otel-evaluator why {trace_id}{flag}", soft_wrap=True, markup=False)
    name = bad[0]["Evaluator"] if bad else settings.evaluators[0]["name"]
    console.print(f"  otel-evaluator scores --evaluator {name}{flag}", soft_wrap=True, markup=False)
    storage = settings.storage.clickhouse
    if storage is not None:
        console.print(
            f"  the rows are in {storage.target} (database {storage.target.database})",
            soft_wrap=True,
            markup=False,
        )
