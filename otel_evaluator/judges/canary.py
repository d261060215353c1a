"""Cases with known labels, judged again and again: when their scores move, the judge did."""

import asyncio
import hashlib
from pathlib import Path
from statistics import fmean

import structlog

from otel_evaluator.api.judge import Asked
from otel_evaluator.errors import ConfigError
from otel_evaluator.judges.client import Asking
from otel_evaluator.judges.evaluator import Questions
from otel_evaluator.judges.evaluator_config import CanariesConfig
from otel_evaluator.judges.labels import load
from otel_evaluator.judges.panel import Panel
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.outcome import Scored

_AT_ONCE = 4

_log = structlog.get_logger(__name__)


class Canaries:
    """The frozen cases of one evaluator."""

    def __init__(self, config: CanariesConfig, panel: Panel, metrics: Metrics) -> None:
        self.every_s = config.every
        self.key = f"{panel.config.name}:{panel.revision}:{_digest(config.file)}"
        """Names what a first round is comparable with: evaluator, revision and cases."""
        self.baseline: list[float | None] = []
        """Scores of the first round, in the order of the cases; None where there was none."""
        self._margin = config.margin
        self._panel = panel
        self._metrics = metrics
        rubric = panel.config.rubric
        questions = Questions(panel.config)
        self._cases: list[tuple[Asked, float]] = []
        for label in load(config.file, rubric, panel.config.name):
            asked, expected = questions.of(label.evidence), rubric.value(label.score)
            if isinstance(asked, Asked) and expected is not None:
                self._cases.append((asked, expected))
        if not self._cases:
            raise ConfigError([f"canaries: {config.file} holds no case that can be judged"])

    async def round(self) -> None:
        """Judge every case once and set the gauges."""
        free = asyncio.Semaphore(_AT_ONCE)
        scores = await asyncio.gather(*(self._score(asked, free) for asked, _ in self._cases))
        if not self.baseline and any(score is not None for score in scores):
            self.baseline = [*scores]
        name = self._panel.config.name
        known = [(s, e) for s, (_, e) in zip(scores, self._cases, strict=True) if s is not None]
        self._metrics.child("judge_canaries", name, "scored").set(len(known))
        self._metrics.child("judge_canaries", name, "missing").set(len(scores) - len(known))
        if known:
            self._metrics.child("judge_canary_error", name).set(fmean(abs(s - e) for s, e in known))
        pairs = zip(scores, self.baseline, strict=False)
        shifts = [s - b for s, b in pairs if s is not None and b is not None]
        if shifts:
            shift = fmean(shifts)
            moved = abs(shift) > self._margin
            self._metrics.child("judge_canary_shift", name).set(shift)
            self._metrics.child("judge_canary_moved", name).set(moved)
            if moved:
                _log.warning("judge_moved", evaluator=name, shift=round(shift, 3))

    async def _score(self, asked: Asked, free: asyncio.Semaphore) -> float | None:
        async with free:
            asking = Asking(self._panel.config.name, self._panel.budget)
            verdict = await self._panel.one(asked, asking, self._panel.first)
            return verdict.value if isinstance(verdict, Scored) else None


def _digest(file: Path) -> str:
    try:
        return hashlib.blake2b(file.read_bytes(), digest_size=6).hexdigest()
    except OSError as error:
        raise ConfigError([f"canaries: {file}: {error.strerror}"]) from None
