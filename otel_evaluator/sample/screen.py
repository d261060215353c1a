"""What can be ruled out of a trace without decoding it.

Two exact arguments, no heuristics:

* a key whose u is at or above every rate that could ever apply is never selected;
* a tier whose condition reads only signals with byte hints, none of which occurs in the
  trace, sees those signals at their defaults, so its value is known beforehand.
"""

from collections.abc import Mapping, Sequence

import stringzilla

from otel_evaluator.config.condition import Condition, context
from otel_evaluator.model.subject import Subject
from otel_evaluator.sample.config import SamplingConfig
from otel_evaluator.sample.decide import EvaluatorRule
from otel_evaluator.sample.hashing import ONE, threshold

_DEFAULT = Subject(kind="trace", key="", trace_id="", span_id="")


class Screen:
    """Upper bounds on the threshold that a trace's evaluators could get."""

    def __init__(
        self,
        config: SamplingConfig,
        rules: Sequence[EvaluatorRule],
        hints: Mapping[str, tuple[bytes, ...]],
    ) -> None:
        self._multiplier = 1.0
        self._accepts_tags = config.accept_eval_tags
        self._fixed = max((rule.rate for rule in rules if rule.rate is not None), default=0.0)
        self._scaled = any(rule.rate is None for rule in rules)
        self._base = config.base_rate
        self._sure: list[float] = []
        self._hinted: list[tuple[float, tuple[bytes, ...]]] = []
        for tier in config.tiers:
            self._add(tier.rate, Condition(tier.when), hints)
        self.set_multiplier(1.0)

    def _add(
        self, rate: float, condition: Condition, hints: Mapping[str, tuple[bytes, ...]]
    ) -> None:
        screenable = condition.variables <= {"signals"} and condition.signals <= hints.keys()
        if not screenable or _holds_by_default(condition):
            self._sure.append(rate)
        else:
            patterns = {p for signal in condition.signals for p in hints[signal]}
            self._hinted.append((rate, tuple(sorted(patterns))))

    def set_multiplier(self, multiplier: float) -> None:
        """Follow the budget's factor on tier rates."""
        self._multiplier = multiplier
        rates = [self._base, *self._sure, *(rate for rate, _ in self._hinted)]
        self.ceiling = self._limit(max(rates))
        """No key with u at or above this threshold is ever selected."""
        self._floor = self._limit(max([self._base, *self._sure]))
        self._steps = sorted(
            ((self._limit(rate), patterns) for rate, patterns in self._hinted), reverse=True
        )

    def _limit(self, rate: float) -> int:
        if self._accepts_tags:
            # Any application may ask for an evaluator; only decoding tells.
            return ONE
        scaled = min(1.0, rate * self._multiplier) if self._scaled else 0.0
        return threshold(max(self._fixed, scaled))

    def may_select(self, u: int, joined: bytes) -> bool:
        """Whether some evaluator could select a trace; ``joined`` is its encoded items in one."""
        if u < self._floor:
            return True
        for limit, patterns in self._steps:
            if u >= limit:
                return False
            if any(stringzilla.contains(joined, pattern) for pattern in patterns):
                return True
        return False


def _holds_by_default(condition: Condition) -> bool:
    """Whether a subject without anything remarkable may satisfy the condition."""
    try:
        return condition.holds(context(_DEFAULT, _DEFAULT))
    except ValueError:
        return False
