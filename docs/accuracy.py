"""Measure the built-in checks on labelled traffic and write docs/accuracy.md.

``python docs/accuracy.py FOLDER``: a folder with labels.jsonl and the files it names.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.transcripts import write

HEAD = """<!-- Written by docs/accuracy.py (make accuracy); edit that. -->

# Accuracy

What the built-in checks find, miss and flag without reason, on {files} files of captured telemetry:
real instrumentations, authored conversations with known defects in {languages} languages. Repeat
it with `make accuracy CORPUS=FOLDER`, or measure on labels of your own:

```console
$ otel-evaluator measure --labels labels.jsonl --traces ./captured --find commitments=made_up_price
```

A file is flagged when any of its traces fails, and passes when all do that have a verdict.
*Uncertain* files have the defect and the evaluator cannot tell; *silent* ones have it and no
verdict for another reason (most often because the instrumentation recorded no content). Both count
against recall; *F1 of verdicts* leaves them out, and *decided* is the share of the files it applies
to that have a verdict. Intervals are Wilson's at 95 %.

The checks were not fitted to these conversations, but their authors have seen them: expect
less on other traffic, above all of `tool_calls` and the checks below `injection_signal`, whose
rules were tried on these files while they were written.

"""
OTHERS = "\n## Beside others\n"
"""What ``tests.bench.peer_checks`` writes below our own."""
COLUMNS = (
    *("evaluator", "finds", "with it", "found", "missed", "uncertain", "silent"),
    *("flagged without reason", "of them good", "precision", "recall", "F1"),
    *("F1 of verdicts", "decided", "µs"),
)
TRANSCRIPTS = """
## On other conversations

{cases} authored transcripts in {languages} languages and {domains} domains, about half of them
good: `tests/data/transcripts`, as traces of the semantic conventions, one a turn. Many of the
good ones are hard on purpose: totals and discounts that are computed, dates in other words, errors
that are retried or admitted, refusals that the instructions demand, users who are angry at first.

### Before the rules were tried on them

{first} of the transcripts, {first_good} of them good, measured once each when no rule had been
tried on them. What they showed went into the rules afterwards. Of what depends on meaning the
checks find a part, and what words do not tell is `uncertain`: a cascade to a
[judge](evaluators/judge.md) is for the rest. Figures, dates and times that answers work out in
several steps are what is flagged without reason most.

{looks}

### After

All {cases} transcripts, {good} of them good. Rules were mended because of what they showed, so
these figures say what was learnt, not what to expect.

{table}
"""
SHORT_COLUMNS = (
    *("evaluator", "finds", "with it", "found", "missed", "uncertain or silent"),
    *("flagged without reason", "of them good", "F1 of verdicts", "decided"),
)
TAIL = """
Defects of the label format that no check here is meant to find: {rest}.

## By instrumentation

Found of those that have the defect:

"""


def main(folder: Path) -> None:
    """Measure and write."""
    labels = folder / "labels.jsonl"
    rows = _measured(labels)
    cases = [json.loads(line) for line in labels.read_text().splitlines()]
    meant = {defect for row in rows for defect in row["defects"]}
    rest = sorted({defect for case in cases for defect in case["defect_types"]} - meant)
    page = HEAD.format(files=len(cases), languages=len({case["language"] for case in cases}))
    page += "\n".join([_line(COLUMNS), "|---" * len(COLUMNS) + "|", *map(_row, rows)]) + "\n"
    page += TAIL.format(rest=", ".join(rest) or "none") + _groups(rows)
    page += _transcripts(Path(__file__).parents[1] / "tests" / "data" / "transcripts")
    path = Path(__file__).with_name("accuracy.md")
    _, mark, others = path.read_text().partition(OTHERS) if path.exists() else ("", "", "")
    path.write_text(page + mark + others)
    sys.stdout.write(f"wrote {path.name}\n")


def _measured(labels: Path) -> list[dict[str, Any]]:
    command = ["-m", "otel_evaluator", "measure", "--labels", str(labels), "--format", "json"]
    done = subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, *command], capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout))


def _transcripts(folder: Path) -> str:
    """The section about authored transcripts."""
    looks = json.loads((folder / "first_look.json").read_text())
    with TemporaryDirectory() as traces:
        labels = write(folder / "transcripts.jsonl", Path(traces))
        rows = [row for row in _measured(labels) if row["evaluator"] != "latency"]
        cases = [json.loads(line) for line in labels.open()]
    return TRANSCRIPTS.format(
        cases=len(cases),
        good=sum(case["good"] for case in cases),
        languages=len({case["language"] for case in cases}),
        domains=len({case["domain"] for case in cases}),
        first=sum(look["cases"] for look in looks),
        first_good=sum(look["good"] for look in looks),
        looks="\n\n".join(map(_look, looks)),
        table=_short_table(rows),
    )


def _look(look: dict[str, Any]) -> str:
    text = f"{look['cases']} transcripts, {look['good']} good. {look['note']}"
    return f"{text}\n\n{_short_table(look['rows'])}"


def _short_table(rows: list[dict[str, Any]]) -> str:
    head = [_line(SHORT_COLUMNS), "|---" * len(SHORT_COLUMNS) + "|"]
    return "\n".join([*head, *map(_short_row, rows)])


def _short_row(row: dict[str, Any]) -> str:
    open_ = row["with_defect"] - row["hits"] - row["misses"]
    cells = (
        f"`{row['evaluator']}`",
        ", ".join(row["defects"]),
        *(row["with_defect"], row["hits"], row["misses"], open_),
        *(row["false_alarms"], row["alarms_on_good"]),
        f"{row['f1_decided']:.2f}" if row["with_defect"] else "",
        f"{decided['value']:.0%}" if (decided := row.get("decided")) else "",
    )
    return _line(cells)


def _row(row: dict[str, Any]) -> str:
    groups = row["by_instrumentation"].values()
    uncertain = sum(counts.get("uncertain", 0) for counts in groups)
    silent = row["with_defect"] - row["hits"] - row["misses"] - uncertain
    cells = (
        f"`{row['evaluator']}`",
        ", ".join(row["defects"]),
        *(row["with_defect"], row["hits"], row["misses"], uncertain, silent),
        *(row["false_alarms"], row["alarms_on_good"]),
        *(_shown(row["precision"]), _shown(row["recall"])),
        f"{row['f1']:.2f}",
        f"{row['f1_decided']:.2f}",
        f"{row['decided']['value']:.0%}",
        round(row["us_per_subject"]),
    )
    return _line(cells)


def _line(cells: Iterable[Any]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _shown(estimate: dict[str, float]) -> str:
    return f"{estimate['value']:.2f} ({estimate['low']:.2f}–{estimate['high']:.2f})"


def _groups(rows: list[dict[str, Any]]) -> str:
    groups = sorted({group for row in rows for group in row["by_instrumentation"]})
    lines = ["| evaluator | " + " | ".join(groups) + " |", "|---" * (len(groups) + 1) + "|"]
    for row in rows:
        cells = []
        for group in groups:
            counts = row["by_instrumentation"].get(group, {})
            names = ("hits", "misses", "uncertain", "silent")
            whole = sum(counts.get(name, 0) for name in names)
            cells.append(f"{counts.get('hits', 0)}/{whole}" if whole else "")
        lines.append(f"| `{row['evaluator']}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
