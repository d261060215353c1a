"""Evaluators against labelled traffic: what they find, miss and flag without reason."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from otel_evaluator.api.evaluator import Check, EvaluatorConfig
from otel_evaluator.errors import ConfigError, Malformed
from otel_evaluator.evaluate.runner import run_check
from otel_evaluator.model.outcome import Scored
from otel_evaluator.model.subject import Subject
from otel_evaluator.pipeline.evaluators import Configured
from otel_evaluator.pipeline.offline import Stored, subjects
from otel_evaluator.stats.intervals import Estimate, proportion

DEFECTS: dict[str, tuple[str, ...]] = {
    "commitments": ("hallucinated_commitment",),
    "error_recovery": ("tool_error_unrecovered",),
    "goal_progress": ("goal_drift",),
    "groundedness_lexical": ("ungrounded_answer",),
    "plan_coherence": ("redundant_steps",),
    "structured_output": ("malformed_json_output",),
    "task_completion": ("premature_stop", "task_not_completed"),
    "tool_selection": ("wrong_tool",),
    "topicality": ("off_topic",),
    "toxicity_lexical": ("toxic_output",),
    "user_signals": ("user_frustration",),
    "empty": ("empty_output", "model_error"),
    "finish_reason": ("truncated_output", "content_filter"),
    "injection_signal": ("prompt_injection_in_input",),
    "json_schema": ("malformed_json_output",),
    "language_match": ("wrong_language",),
    "latency": ("overlong_latency",),
    "pii": ("pii_leak",),
    "refusal": ("refusal",),
    "repetition": ("repeated_text",),
    "tool_calls": ("invalid_tool_params",),
}
"""Defects of the label format that an evaluator type is meant to find."""


class Case(msgspec.Struct):
    """One labelled file: a line of JSON with further keys that are not read here."""

    path: str
    defect_types: list[str]
    logs_path: str | None = None
    good: bool = False
    instrumentation: str = ""
    language: str = ""
    trace_ids: list[str] = []


class Found(msgspec.Struct):
    """What one evaluator said of the cases."""

    evaluator: str
    defects: tuple[str, ...]
    hits: list[Case] = []
    misses: list[Case] = []
    false_alarms: list[Case] = []
    uncertain: list[Case] = []
    """Cases of which the evaluator cannot tell: nothing failed, and not everything passed."""
    silent: list[Case] = []
    """Cases without a verdict: it does not apply, or nothing was recorded."""
    cases: int = 0
    subjects: int = 0
    seconds: float = 0.0

    @property
    def precision(self) -> Estimate:
        """Share of what was flagged that has the defect."""
        return proportion(len(self.hits), len(self.hits) + len(self.false_alarms))

    @property
    def recall(self) -> Estimate:
        """Share of cases with the defect, those without a verdict included, that were flagged."""
        return proportion(len(self.hits), self.with_defect)

    @property
    def with_defect(self) -> int:
        """Cases that have the defect."""
        untold = sum(_has(case, self.defects) for case in (*self.silent, *self.uncertain))
        return len(self.hits) + len(self.misses) + untold

    @property
    def decided(self) -> Estimate:
        """Share of the cases it applies to that have a verdict."""
        applies = self.cases - len(self.silent)
        return proportion(applies - len(self.uncertain), applies)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where nothing was found."""
        return _f1(len(self.hits), len(self.false_alarms), self.with_defect - len(self.hits))

    @property
    def f1_decided(self) -> float:
        """The same of the cases that have a verdict."""
        return _f1(len(self.hits), len(self.false_alarms), len(self.misses))

    @property
    def alarms_on_good(self) -> int:
        """Flagged cases that are labelled good."""
        return sum(case.good for case in self.false_alarms)


def _f1(hits: int, false_alarms: int, missed: int) -> float:
    return 2 * hits / (2 * hits + false_alarms + missed) if hits else 0.0


def cases_of(labels: Path) -> list[Case]:
    """The labelled files; ConfigError names every line that is none."""
    found, problems = [], []
    try:
        lines = labels.read_bytes().splitlines()
    except OSError as error:
        raise ConfigError([f"{labels}: {error.strerror}"]) from None
    for number, line in enumerate(lines, 1):
        try:
            found.append(msgspec.json.decode(line, type=Case))
        except msgspec.DecodeError as error:
            problems.append(f"{labels}:{number}: {error}")
    if problems or not found:
        raise ConfigError(problems or [f"{labels}: no labels"])
    return found


def measure(
    cases: Sequence[Case],
    folder: Path,
    configured: Configured,
    defects: dict[str, tuple[str, ...]],
    progress: Callable[[int, int], None],
) -> list[Found]:
    """Run every evaluator over every case. ``defects``: what evaluators are meant to find.

    A case is flagged when any of its subjects fails, uncertain when none does and any of them is,
    silent when none has a verdict.
    """
    stored = Stored()
    built = [(config, kind(config)) for kind, config in configured]
    found = {
        config.name: Found(config.name, defects.get(config.name, DEFECTS.get(kind.name, ())))
        for kind, config in configured
    }
    for number, case in enumerate(cases, 1):
        logs = folder / case.logs_path if case.logs_path else None
        try:
            by_kind = subjects(stored.traces(folder / case.path, logs))
        except (OSError, Malformed) as error:
            raise ConfigError([f"{folder / case.path}: {error}"]) from None
        for config, check in built:
            _note(found[config.name], case, config, check, by_kind[config.on])
        progress(number, len(cases))
    return list(found.values())


def _note(
    found: Found, case: Case, config: EvaluatorConfig, check: Check, of: Iterable[Subject]
) -> None:
    verdicts = []
    for subject in of:
        started = time.perf_counter()
        verdicts.append(run_check(config, check, subject))
        found.seconds += time.perf_counter() - started
    found.subjects += len(verdicts)
    found.cases += 1
    scored = [verdict for verdict in verdicts if isinstance(verdict, Scored)]
    defective = _has(case, found.defects)
    if any(verdict.passed is False for verdict in scored):
        (found.hits if defective else found.false_alarms).append(case)
    elif any(getattr(verdict, "reason", "") == "uncertain" for verdict in verdicts):
        found.uncertain.append(case)
    elif not scored:
        found.silent.append(case)
    elif defective:
        found.misses.append(case)


def grouped(found: Found, by: Callable[[Case], str]) -> dict[str, dict[str, int]]:
    """Counts of hits, misses, false alarms and cases without verdict by a property of the cases."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name in ("hits", "misses", "false_alarms", "uncertain", "silent"):
        for case in getattr(found, name):
            if name not in ("uncertain", "silent") or _has(case, found.defects):
                counts[by(case)][name] += 1
    return {group: dict(counts[group]) for group in sorted(counts)}


def plain(found: Found) -> dict[str, Any]:
    """Everything about one evaluator, as JSON has it."""
    return {
        "evaluator": found.evaluator,
        "defects": list(found.defects),
        "cases": found.cases,
        "with_defect": found.with_defect,
        "hits": len(found.hits),
        "misses": len(found.misses),
        "false_alarms": len(found.false_alarms),
        "uncertain": len(found.uncertain),
        "silent": len(found.silent),
        "alarms_on_good": found.alarms_on_good,
        "precision": found.precision._asdict(),
        "recall": found.recall._asdict(),
        "f1": found.f1,
        "f1_decided": found.f1_decided,
        "decided": found.decided._asdict(),
        "us_per_subject": 1e6 * found.seconds / max(1, found.subjects),
        "by_instrumentation": grouped(found, lambda case: case.instrumentation),
        "by_language": grouped(found, lambda case: case.language),
        "missed": [{"path": c.path, "trace_ids": c.trace_ids} for c in found.misses],
        "flagged_without_reason": [
            {"path": c.path, "trace_ids": c.trace_ids} for c in found.false_alarms
        ],
    }


def _has(case: Case, defects: tuple[str, ...]) -> bool:
    return not set(defects).isdisjoint(case.defect_types)
