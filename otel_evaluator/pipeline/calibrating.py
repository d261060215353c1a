"""Judges against people's labels: ask or look up every label, count agreement."""

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path
from statistics import fmean

import msgspec

from otel_evaluator.api.judge import Asked
from otel_evaluator.clock import SystemClock
from otel_evaluator.errors import ConfigError
from otel_evaluator.judges.calibration import Calibration, Suggestion, suggest
from otel_evaluator.judges.client import Asking
from otel_evaluator.judges.evaluator import Questions
from otel_evaluator.judges.labels import Label, load
from otel_evaluator.judges.panel import Panel
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.outcome import Scored
from otel_evaluator.pipeline import build
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.stats.agreement import agreement

AT_ONCE = 16
PASSES_FROM = 0.5
"""What people's scores let pass where the evaluator has no threshold."""

Stored = Callable[[Label, str], float | None]
"""The stored value of a label's subject by one evaluator."""


class Calibrated(msgspec.Struct, frozen=True):
    """What one evaluator's labels say."""

    calibration: Calibration
    suggestion: Suggestion | None


async def calibrate(
    config: RootConfig,
    file: Path,
    names: Collection[str],
    stored: Stored,
    made: str,
    progress: Callable[[str, int, int], None],
) -> list[Calibrated]:
    """Every evaluator that asks a judge, or those named; ConfigError for bad names or labels."""
    judging = build.judging(config, Metrics(), SystemClock())
    unknown = [name for name in names if name not in judging.panels]
    if unknown:
        known = ", ".join(judging.panels) or "none"
        raise ConfigError([f"no evaluator {unknown[0]!r} asks a judge ({known})"])
    try:
        found = []
        for name, panel in judging.panels.items():
            labels = load(file, panel.config.rubric, name)
            if labels and (not names or name in names):
                scores = await _scores(panel, labels, stored, progress)
                found.append(_compared(panel, scores, made))
        return found
    finally:
        await judging.aclose()


async def _scores(
    panel: Panel, labels: list[Label], stored: Stored, progress: Callable[[str, int, int], None]
) -> list[tuple[float, float | None]]:
    """People's score and the judge's of each label, on [0, 1]."""
    free, done = asyncio.Semaphore(AT_ONCE), 0
    name, rubric = panel.config.name, panel.config.rubric
    questions = Questions(panel.config)

    async def one(label: Label) -> tuple[float, float | None]:
        nonlocal done
        human = rubric.value(label.score)
        assert human is not None
        async with free:
            judged = await _judged(panel, questions, label, stored)
        done += 1
        progress(name, done, len(labels))
        return human, judged

    return await asyncio.gather(*(one(label) for label in labels))


async def _judged(panel: Panel, questions: Questions, label: Label, stored: Stored) -> float | None:
    if not label.evidence:
        return await asyncio.to_thread(stored, label, panel.config.name)
    asked = questions.of(label.evidence)
    if not isinstance(asked, Asked):
        return None
    asking = Asking(panel.config.name, panel.budget)
    verdict = await panel.judge(asked, "", asking)
    return verdict.value if isinstance(verdict, Scored) else None


def _compared(panel: Panel, scores: list[tuple[float, float | None]], made: str) -> Calibrated:
    threshold = PASSES_FROM if panel.config.threshold is None else panel.config.threshold
    known = [(human, judged) for human, judged in scores if judged is not None]
    calibration = Calibration(
        evaluator=panel.config.name,
        revision=panel.revision,
        made=made,
        threshold=threshold,
        agreement=agreement([(h >= threshold, j >= threshold) for h, j in known]),
        missing=len(scores) - len(known),
        mean_difference=fmean(j - h for h, j in known) if known else 0.0,
    )
    return Calibrated(calibration, suggest(known, threshold))
