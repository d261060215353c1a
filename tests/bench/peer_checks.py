"""What a user would run instead, on the same labelled files: ``python -m tests.bench.peer_checks``.

Reads the files as we read them, and runs the deterministic metrics of ai-evaluation, agentevals and
DeepEval in environments of their own, with their default threshold of 0.5. Metrics that need a
reference are given the labels' expected tools, which our checks do not see. The table goes to
the end of docs/accuracy.md.
"""

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from otel_evaluator.evaluators._steps import steps
from otel_evaluator.model.subject import Subject
from otel_evaluator.pipeline.measuring import Case, cases_of
from otel_evaluator.pipeline.offline import Stored, subjects
from tests.support.cache import directory, environment

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "accuracy.md"
AI_EVALUATION = "ai-evaluation==1.1.0"
MARK = "\n## Beside others\n"
HEAD = """
Deterministic metrics of other libraries on the same files, read by our reader, with their default
threshold of 0.5 (`make accuracy-peers CORPUS=FOLDER`). Those marked * were given the tools that the
labels expect; our `tool_selection` was not. µs is the time of a call.

| metric | finds | with it | found | flagged without reason | of them good | F1 | µs |
|---|---|---|---|---|---|---|---|
"""


def main(folder: Path) -> None:
    """Measure and write."""
    rows = _rows(folder)
    found: list[dict[str, Any]] = []
    for name, python in (("peers", _peers()), ("libraries", environment("libraries"))):
        script = ROOT / "tests" / "bench" / f"peer_checks_{name}.py"
        done = subprocess.run(
            [python, script],
            input=json.dumps(rows), capture_output=True, text=True, check=True,
        )  # fmt: skip
        found += json.loads(done.stdout.splitlines()[-1])
    page = PAGE.read_text().partition(MARK)[0] + MARK + HEAD
    page += "".join(_line(each) for each in found)
    PAGE.write_text(page)
    sys.stdout.write(f"wrote {PAGE.name}\n")


def _peers() -> Path:
    """An environment with ai-evaluation; it comes in part as source, which hashes do not cover."""
    home = directory() / AI_EVALUATION.replace("==", "-")
    python = home / "bin" / "python"
    if not (home / ".complete").exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", AI_EVALUATION], check=True)
        (home / ".complete").touch()
    return python


def _line(each: dict[str, Any]) -> str:
    hits, missed, false = each["hits"], each["with_defect"] - each["hits"], each["false"]
    f1 = 2 * hits / (2 * hits + false + missed) if hits else 0.0
    cells = (
        each["metric"], ", ".join(each["defects"]), each["with_defect"], hits, false,
        each["good"], f"{f1:.2f}", round(each["us"]),
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |\n"


def _rows(folder: Path) -> list[dict[str, Any]]:
    labels = folder / "labels.jsonl"
    expected = [json.loads(line)["expected_tools"] for line in labels.read_text().splitlines()]
    stored, rows = Stored(), []
    for case, tools in zip(cases_of(labels), expected, strict=True):
        logs = folder / case.logs_path if case.logs_path else None
        traces = subjects(stored.traces(folder / case.path, logs))["trace"]
        rows += [_row(case, tools or [], trace) for trace in traces]
    return rows


def _row(case: Case, expected: list[str], trace: Subject) -> dict[str, Any]:
    return {
        "path": case.path,
        "good": case.good,
        "defects": case.defect_types,
        "expected": expected,
        "input": trace.input,
        "output": trace.output,
        "system": trace.system,
        "context": [
            *(d.content for r in trace.retrievals for d in r.documents),
            *(m.content for m in trace.messages if m.role == "tool"),
        ],
        "offered": [tool.name for tool in trace.tool_definitions],
        "steps": [
            {
                "name": step.name,
                "arguments": step.arguments if isinstance(step.arguments, dict) else {},
                "result": step.result,
                "failed": step.failed,
            }
            for step in steps(trace)
        ],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
