"""reliability.md from the fault matrix and the notes of the last run."""

import json
import re
from pathlib import Path
from typing import Any

from tests.fault.matrix import PROMISES, ROWS

RUN = Path(__file__).parent / "fault-run.json"

INTRODUCTION = """# Reliability

What is promised, what is not, and the tests that try to break it. Every promise is tried by
faults that are injected into the real process, in front of the real database engine: kills at any
moment, full and failing disks, sinks that are away, silent or forgetful, reloads and signals under
load. An oracle outside the process knows what was acknowledged and compares it with what is
visible in the end: lost, duplicated, altered, unknown.

Repeat all of it, with a thousand kills, and write the table below anew (an hour and a half on two
cores; strace, faketime and a tmpfs need root on Linux):

```console
make fault-nightly
```

`make fault` is the selection that runs on every change.

## Promises
"""

DETAILS = """
## What happens to a span

1. A request is read, its spans are selected and appended to the journal in one transaction; all
   requests that wait share its sync. **Then** the sender hears OK. `journal.durability` says what
   that survives: `power` (the default: synced to the disk), `process` (handed to the operating
   system) or `none` (memory; said at start and in `/readyz`).
2. A closed trace is evaluated. Its outcomes enter the outbox in the transaction that deletes its
   entries and notes that it is done. A crash before that evaluates it once more; a crash after it
   never does, and a resent or late span is recognised also after a restart.
3. Outcomes are frozen into batches under an id, durably, before a sink sees them. A retry, also
   after a crash, sends the same rows under the same id, which ClickHouse knows as
   `insert_deduplication_token`; score ids depend on what was evaluated and by what, so that even a
   forgotten token leaves one visible row. Each sink has its own cursor: none waits for another.
4. When a sink is away the outbox grows, up to `journal.max_size` on disk together with the spans.
   Then `journal.overflow` decides: `block` refuses with UNAVAILABLE and a delay that grows with
   the pressure and is spread; `drop_oldest` and `drop_newest` give something up and count it. When
   the sink is back, everything drains by itself.

A disk that is full or fails is never acknowledged: the request is refused, `/readyz` says so, and
work in hand is tried until it is written; a small reserve on disk lets it finish. Damaged records
are found by their checksums, set aside in the folder's `quarantine` and counted; a damaged
database is rebuilt at start from every record that can still be read. `otel-evaluator journal
check`, `dump` and `repair` do the same by hand.

`SIGTERM` refuses new requests at once and ends within `grace`; what is not finished is in the
journal. A second signal ends the process on the spot, which costs nothing but time. `SIGHUP` reads
the configuration again: everything new is built and started first, and a file with a mistake
changes nothing. Traces accepted before are finished as the configuration of their time says; after
a restart with another file, what is left is finished under that one. Changes of `receivers`,
`admin` and `journal`, and a sink that comes or goes, need a restart and say so.

## The books

These hold at every scrape of `/metrics`, summed over their labels (all names begin with
`otel_evaluator_`):

```text
spans_received_total = spans_refused_total + spans_dropped_total + spans_accepted_total
spans_accepted_total + spans_recovered_total = spans_finished_total + spans_pending
```

Refused: the sender was told. Dropped: set aside on purpose, by reason. Recovered: accepted by an
earlier run of the process. Finished, by outcome: `evaluated`, `skipped`, `sampled_out`,
`not_genai`, `failed`, `duplicate`, `overload`.

## What is not promised

* Survival of a disk that is lost. The journal is on one machine.
* Durability inside ClickHouse: by default a server confirms an insert before it is synced.
* One row in an OTLP backend that ignores span ids: a batch whose answer was lost is sent again.
* Exactly one call of an evaluator or judge: a crash repeats those under way, and only those.
* Order: scores are written as traces close.
* Spans of one trace of which memory holds some and the disk alone others, while judges are waited
  for, are scored as two revisions when the first of them are closed meanwhile.
* A late revision after a restart sees only the spans that came since: content of traces that were
  done is not kept.
* Isolation in time: evaluators of one subject run one after the other. One that hangs is stopped
  at its `timeout` and loses only its own outcome, but until then others behind it wait.
* Beyond the last 50,000 traces and conversations evaluated (fewer with a small
  `journal.max_size`), a restart does not recognise a resent trace; it is evaluated again, under
  the same score ids.

## Faults and their last run

"""

_FIGURES = (
    "kills", "acknowledged", "lost", "duplicated", "altered", "unknown", "images", "refused",
    "refusals", "peak_bytes", "largest_bytes",
)  # fmt: skip


def reliability() -> str:
    """The page."""
    run = json.loads(RUN.read_text()) if RUN.exists() else {}
    promises = "\n".join(f"* **{name}** {text}" for name, text in PROMISES.items())
    lines = [
        "| | fault | promises | tests | last run |",
        "|---|---|---|---|---|",
        *(_line(row, run.get(row)) for row in ROWS),
    ]
    return INTRODUCTION + "\n" + promises + "\n" + DETAILS + "\n".join(lines) + "\n"


def _line(row: str, ran: dict[str, Any] | None) -> str:
    about = ROWS[row]
    tests = result = ""
    if ran is not None:
        files = sorted({re.sub(r"::.*", "", test) for test in ran["tests"]})
        tests = ", ".join(f"[{Path(file).stem}](../tests/{file})" for file in files)
        result = _result(ran)
    return f"| {row} | {about.fault} | {', '.join(about.promises)} | {tests} | {result} |"


def _result(ran: dict[str, Any]) -> str:
    outcomes = [test["outcome"] for test in ran["tests"].values()]
    parts = [f"{ran['date']}: {outcomes.count('passed')} passed"]
    others = ((outcome, outcomes.count(outcome)) for outcome in ("failed", "skipped"))
    parts += [f"{count} {outcome}" for outcome, count in others if count]
    figures = _summed([test.get("figures", {}) for test in ran["tests"].values()])
    told = [f"{name.replace('_', ' ')} {value:,}" for name, value in figures.items()]
    return ", ".join(parts) + (f"; {', '.join(told)}" if told else "")


def _summed(all_figures: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts added up over the tests of a row; of sizes the largest."""
    found: dict[str, Any] = {}
    for figures in all_figures:
        for name in _FIGURES:
            if name in figures:
                value = figures[name]
                known = found.get(name, 0)
                found[name] = max(known, value) if name.endswith("_bytes") else known + value
    return found
