"""Watches the scores of every evaluator and segment: bounds that always hold, and regressions.

A window (an hour by default) is compared with those before it (a day). Bounds of the window's mean
are a confidence sequence. A regression is evidence, by an e-process, that the mean is below the
lower bound of the baseline's, and an estimate that is lower by the margin. The level is that of
a whole baseline: each window gets its share of it, and many segments share by e-BH.
"""

from collections.abc import Container
from math import exp, sqrt

import msgspec

from otel_evaluator.clock import Clock
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.outcome import Outcome, Scored
from otel_evaluator.pipeline.monitoring_config import MonitoringConfig
from otel_evaluator.stats.intervals import z
from otel_evaluator.stats.sequential import ConfidenceSequence, DropEvidence, discoveries
from otel_evaluator.stats.weighted import Sums

NOTHING = Sums(0, 0, 0, 0, 0, 0)
MAX_LOG = 50.0
"""Larger evidence is shown as this; it grows without end."""
_GAUGES = (
    *("score_sequence_low", "score_sequence_high", "score_sequence_items"),
    *("regression_evidence", "regression"),
)
"""One each for every watch."""


class WatchState(msgspec.Struct):
    """Past windows of one evaluator and segment, newest last; survives a restart."""

    windows: list[tuple[int, Sums]] = []
    """Number of the window and its sums."""
    max_weight: float = 1.0


class MonitoringState(msgspec.Struct):
    """What survives a restart, by evaluator revision and segment."""

    watches: dict[str, WatchState] = {}


class _Watch:
    """One evaluator and segment in the current window."""

    def __init__(self, labels: tuple[str, str, str], state: WatchState) -> None:
        self.labels = labels
        self.state = state
        self.window = -1
        self.sums = NOTHING
        self.baseline = NOTHING
        self.sequence = ConfidenceSequence()
        self.evidence: DropEvidence | None = None

    def begin(self, window: int, config: MonitoringConfig) -> None:
        """Start a window; the one before joins the baseline."""
        state = self.state
        if self.sums.w:
            state.windows.append((self.window, self.sums))
        oldest = window - config.windows
        # An earlier run may have begun this window.
        self.window = window
        self.sums = _total([sums for number, sums in state.windows if number == window])
        state.windows = [each for each in state.windows if oldest <= each[0] < window]
        self.baseline = _total([sums for _, sums in state.windows])
        self._restart(config)

    def _restart(self, config: MonitoringConfig) -> None:
        self.sequence = ConfidenceSequence(self.state.max_weight, config.level)
        floor = self._floor(config)
        self.evidence = (
            None if floor is None else DropEvidence(floor, self.state.max_weight, config.level)
        )

    def _floor(self, config: MonitoringConfig) -> float | None:
        """Lower bound of the baseline's mean; None while there is too little of it."""
        base = self.baseline
        if not base.w or base.kish < config.min_samples:
            return None
        half = z(1 - config.level / config.windows) * sqrt(base.variance)
        return max(0.0, min(1.0, base.mean - half))

    def add(self, y: float, w: float, config: MonitoringConfig) -> None:
        """Take a score."""
        if w > self.state.max_weight:
            # The bets are sized by the largest weight: with another they begin anew.
            self.state.max_weight = 2 * w
            self._restart(config)
        self.sums = _plus(self.sums, y, w)
        self.sequence.add(y, w)
        if self.evidence is not None:
            self.evidence.add(y, w)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is younger than the baseline."""
        return not self.sums.w and not self.state.windows

    @property
    def drop(self) -> float:
        """How much lower the window's mean is estimated than the baseline's."""
        return self.baseline.mean - self.sums.mean if self.baseline.w and self.sums.w else 0.0


class Monitoring:
    """All watches of one configuration."""

    def __init__(
        self,
        config: MonitoringConfig,
        clock: Clock,
        metrics: Metrics,
        quantities: Container[str] = (),
    ) -> None:
        """``quantities``: types of evaluators whose values are no scores from 0 to 1."""
        self._config = config
        self._quantities = quantities
        self._clock = clock
        self._metrics = metrics
        self._watches: dict[str, _Watch] = {}
        self._known = MonitoringState()

    def observe(self, outcome: Outcome, segment: tuple[str, str]) -> None:
        """Take a scored outcome; what is no value from 0 to 1 counts by whether it passed."""
        verdict = outcome.verdict
        if not self._config.enabled or not isinstance(verdict, Scored):
            return
        y = verdict.value
        if y is None or not 0 <= y <= 1 or outcome.evaluator_type in self._quantities:
            if verdict.passed is None:
                return
            y = float(verdict.passed)
        watch = self._watch(outcome, segment)
        if watch is not None:
            watch.add(y, outcome.sampling.weight, self._config)

    def _watch(self, outcome: Outcome, segment: tuple[str, str]) -> _Watch | None:
        key = "\n".join((outcome.evaluator, outcome.evaluator_revision, *segment))
        watch = self._watches.get(key)
        if watch is None:
            if len(self._watches) >= self._config.max_segments:
                self._metrics.child("monitoring_unwatched").inc()
                return None
            state = self._known.watches.pop(key, WatchState())
            watch = self._watches[key] = _Watch((outcome.evaluator, *segment), state)
        self._turn(watch)
        return watch

    @property
    def _window(self) -> int:
        """Number of the window that is now."""
        return int(self._clock.time_ns() / 1e9 // self._config.window)

    def _turn(self, watch: _Watch) -> None:
        if watch.window != self._window:
            watch.begin(self._window, self._config)

    def show(self) -> None:
        """Set the gauges; what has had no score since the baseline began is watched no longer."""
        config, child = self._config, self._metrics.child
        for watch in self._watches.values():
            self._turn(watch)
        over = [key for key, watch in self._watches.items() if watch.is_over]
        for key in over:
            self._forget(self._watches.pop(key))
        enough = {
            key: watch
            for key, watch in self._watches.items()
            if watch.sums.w and watch.sums.kish >= config.min_samples
        }
        evidence = {k: w.evidence.log_value for k, w in enough.items() if w.evidence is not None}
        found = discoveries(evidence, config.level / config.windows)
        for key, watch in self._watches.items():
            labels = watch.labels
            low, high = watch.sequence.bounds
            child("score_sequence_low", *labels).set(low)
            child("score_sequence_high", *labels).set(high)
            child("score_sequence_items", *labels).set(watch.sequence.n)
            child("regression_evidence", *labels).set(exp(min(MAX_LOG, evidence.get(key, 0.0))))
            is_one = key in found and watch.drop >= config.margin
            child("regression", *labels).set(is_one)
        self._metrics["monitoring_window_seconds"].set(config.window)
        self._metrics["monitoring_updated_timestamp_seconds"].set(self._clock.time_ns() / 1e9)

    def hide(self) -> None:
        """Expose no gauges of these watches; another configuration sets its own."""
        for watch in self._watches.values():
            self._forget(watch)

    def _forget(self, watch: _Watch) -> None:
        for name in _GAUGES:
            self._metrics.forget(name, *watch.labels)

    @property
    def state(self) -> MonitoringState:
        """A copy for the journal; the current window counts as a past one."""
        found = {
            key: WatchState(
                [*w.state.windows, *([(w.window, w.sums)] if w.sums.w else [])], w.state.max_weight
            )
            for key, w in self._watches.items()
        }
        return MonitoringState(self._known.watches | found)

    def restore(self, state: MonitoringState) -> None:
        """Go on with the windows of an earlier run."""
        oldest = self._window - self._config.windows
        kept = {
            key: watch
            for key, watch in state.watches.items()
            if any(number >= oldest for number, _ in watch.windows)
        }
        self._known = MonitoringState(dict(kept))


def _plus(sums: Sums, y: float, w: float) -> Sums:
    return Sums(
        sums.w + w,
        sums.wy + w * y,
        sums.wyy + w * y * y,
        sums.ww + w * w,
        sums.wwy + w * w * y,
        sums.wwyy + w * w * y * y,
    )


def _total(all_sums: list[Sums]) -> Sums:
    fields = Sums.__struct_fields__
    return Sums(*(sum(getattr(sums, name) for sums in all_sums) for name in fields))
