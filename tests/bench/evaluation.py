"""Scenario ``evaluate``: decode, normalise and run 13 evaluators, in process, on one core.

Run as a module it measures itself and prints JSON; :func:`evaluate` starts it pinned.
"""

import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from otel_evaluator.api.plugins import load_evaluators
from otel_evaluator.config.base import ComponentConfig
from otel_evaluator.decode.normalise import normalise
from otel_evaluator.evaluate.worker import Progress
from otel_evaluator.model.raw import RawTrace
from otel_evaluator.pipeline.offline import Stored
from otel_evaluator.pipeline.processor import SubjectProcessor
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.pipeline.work import Processed, Work
from tests.bench.report import Report, Target
from tests.bench.servers import SERVER_CORE
from tests.support.cache import ROOT

CORPUS = ROOT.parent / "shared" / "corpus"
PASSES = 7
WANTED = 2000.0
"""Traces a second on one core."""
WANTED_US = 1000.0
"""Microseconds a trace that all checks may take together."""
NEED_SETTINGS = ("contains", "judge", "metric", "python", "regex")
AXES = (
    *("factual_grounding", "instruction_adherence", "optimal_plan_execution"),
    "privacy_and_safety",
)


def traces() -> Iterator[RawTrace]:
    """The corpus's traces as assembly would hand them on."""
    stored = Stored()
    for file in sorted((CORPUS / "traces").rglob("*.binpb")):
        logs = CORPUS / "logs" / file.relative_to(CORPUS / "traces")
        yield from stored.traces(file, logs if logs.exists() else None)


def thirteen() -> list[dict[str, Any]]:
    """The evaluators of the demonstration, all on every trace."""
    text = files("otel_evaluator.cli").joinpath("samples/demo.yaml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = yaml.safe_load(text)["evaluators"]
    return [{k: v for k, v in entry.items() if k not in ("rate", "when")} for entry in entries]


def checks() -> list[dict[str, Any]]:
    """Every built-in check that needs no settings; the four axes only repeat others."""
    names = load_evaluators(allowed=()).names()
    return [{"name": n, "type": n} for n in names if n not in (*NEED_SETTINGS, *AXES)]


def configuration(evaluators: list[dict[str, Any]]) -> ComponentConfig:
    """All of these on everything."""
    return RootConfig.model_validate(
        {
            "evaluators": evaluators,
            "sampling": {"key": "trace", "base_rate": 1.0},
            # Stored transcripts and their redaction are no part of evaluation.
            "storage": {"clickhouse": {}, "samples": {"enabled": False}},
        }
    )


def measure(evaluators: list[dict[str, Any]]) -> dict[str, Any]:
    """Passes over all traces: seconds, and microseconds by evaluator."""
    corpus = list(traces())
    config = configuration(evaluators)
    assert isinstance(config, RootConfig)
    processor = SubjectProcessor(config)
    progress = Progress()
    whole, decoding = [], []
    by_evaluator: dict[str, list[float]] = defaultdict(list)
    outcomes: dict[str, int] = defaultdict(int)
    # The first pass pays for imports, compiled schemas and language models; it is left out.
    for number in range(PASSES + 1):
        begun = time.process_time()
        results = [
            processor.process(Work(u=0, multiplier=1.0, raw=raw), progress) for raw in corpus
        ]
        took = time.process_time() - begun
        begun = time.process_time()
        for raw in corpus:
            normalise(raw)
        if number:
            whole.append(took)
            decoding.append(time.process_time() - begun)
            collect(results, by_evaluator, outcomes)
    return {
        "traces": len(corpus),
        "spans": sum(len(raw.spans) for raw in corpus),
        "bytes": sum(len(item[2]) for raw in corpus for item in (*raw.spans, *raw.logs)),
        "pass_seconds": whole,
        "decode_seconds": decoding,
        "evaluator_us": {name: statistics.mean(us) for name, us in by_evaluator.items()},
        "evaluator_p99_us": {
            name: sorted(us)[int(len(us) * 0.99)] for name, us in by_evaluator.items()
        },
        "outcomes": dict(outcomes),
    }


def collect(
    results: list[Processed], by_evaluator: dict[str, list[float]], outcomes: dict[str, int]
) -> None:
    """Durations and kinds of the outcomes of trace subjects."""
    for processed in results:
        if processed.error:
            outcomes[f"error: {processed.error}"] += 1
        for story in processed.stories:
            for outcome in story.outcomes:
                by_evaluator[outcome.evaluator].append(outcome.duration_ms * 1000)
                outcomes[outcome.name] += 1


def evaluate(_: Path) -> Report:
    """Decode, normalise and evaluate the corpus's traces on one core."""
    report = Report("evaluate", "Decode, normalise, 13 evaluators: real traces, one core")
    found = _measured(report, "thirteen")
    if found:
        rate = found["traces"] / statistics.median(found["pass_seconds"])
        report.targets.append(Target("traces a second on one core", rate, WANTED))
    return report


def every_check(_: Path) -> Report:
    """All built-in checks on the corpus's traces on one core."""
    report = Report("checks", "Every built-in check with its defaults: real traces, one core")
    found = _measured(report, "checks")
    if found:
        together = sum(found["evaluator_us"].values())
        target = Target("µs a trace, all checks together", together, WANTED_US, at_least=False)
        report.targets.append(target)
    return report


def _measured(report: Report, evaluators: str) -> dict[str, Any]:
    if not CORPUS.is_dir():
        report.notes.append("not measured: the corpus is not beside this checkout")
        return {}
    command = [sys.executable, "-m", "tests.bench.evaluation", evaluators]
    done = subprocess.run(
        ["taskset", "-c", str(SERVER_CORE), *command],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the measurement failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    count = found["traces"]
    seconds = statistics.median(found["pass_seconds"])
    decode_us = statistics.median(found["decode_seconds"]) / count * 1e6
    report.data = found
    report.columns = ("part", "µs a trace", "p99 µs")
    report.rows.append(["decode and normalise", f"{decode_us:,.0f}", ""])
    for name, mean in sorted(found["evaluator_us"].items(), key=lambda item: -item[1]):
        report.rows.append([name, f"{mean:,.1f}", f"{found['evaluator_p99_us'][name]:,.0f}"])
    report.rows.append(["everything", f"{seconds / count * 1e6:,.0f}", ""])
    report.notes.append(
        f"{count} traces, {found['spans']} GenAI spans, {found['bytes'] / count / 1024:,.1f} KiB a"
        f" trace; outcomes {found['outcomes']}"
    )
    return found


if __name__ == "__main__":
    print(json.dumps(measure(checks() if sys.argv[1:] == ["checks"] else thirteen())))
