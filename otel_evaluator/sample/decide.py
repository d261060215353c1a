"""The decision on a closed subject: tier, rate per evaluator, keep iff u < rate.

Pure: it looks at the subject, its u, the configuration and the budget's multiplier only.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

import msgspec

from otel_evaluator.config.condition import Condition, context
from otel_evaluator.model.outcome import Sampling
from otel_evaluator.model.subject import Subject, SubjectKind
from otel_evaluator.sample.config import SamplingConfig
from otel_evaluator.sample.hashing import ONE, probability, threshold

BASE = "base"
NO_PACES: Mapping[str, float] = {}
REQUESTED = "requested"
"""Tier of evaluations that an application asked for by eval_tags."""


class EvaluatorRule(msgspec.Struct, frozen=True):
    """What sampling has to know of a configured evaluator."""

    name: str
    on: SubjectKind
    rate: float | None = None
    when: str | None = None


class Decision(msgspec.Struct, frozen=True):
    """What was decided for one subject."""

    tier: str
    rate: float
    """The tier's rate as configured, before the budget's multiplier."""
    u: float
    selected: dict[str, Sampling]
    """Evaluators to run, with the sampling that put the subject before them."""
    skipped: dict[str, str]
    """Evaluators not to run: filtered or sampled_out."""
    seen: float = 0.0
    """Probability of being before any evaluator, whatever their conditions; 0 when it is not."""
    notes: tuple[str, ...] = ()
    """Conditions that could not be applied, by tier or evaluator name."""


class Decider:
    """Decides subjects under one configuration."""

    def __init__(self, config: SamplingConfig, rules: Sequence[EvaluatorRule]) -> None:
        self._config = config
        self._rules = tuple(rules)
        self._tiers = [
            (tier.name, tier.rate, Condition(tier.when))
            for tier in sorted(config.tiers, key=lambda tier: -tier.rate)
        ]
        self._conditions = {r.name: Condition(r.when) for r in rules if r.when is not None}

    @property
    def needs(self) -> frozenset[str]:
        """Names of the signals that some condition reads."""
        conditions = [condition for _, _, condition in self._tiers]
        return frozenset().union(*(c.signals for c in (*conditions, *self._conditions.values())))

    def decide(
        self,
        subject: Subject,
        whole: Subject,
        u: int,
        multiplier: float,
        upstream: float | None,
        requested: Collection[str] = (),
        paces: Mapping[str, float] = NO_PACES,
    ) -> Decision:
        """Decide for every evaluator whose ``on`` is the subject's kind.

        ``whole`` is the trace of a span subject, else the subject itself: its signals choose
        the tier, so that all spans of a trace share one decision. ``upstream`` is the
        probability from the trace state; None falls back to the configured one. Evaluators
        that the application ``requested`` are always selected. ``paces`` are factors on the
        rates of single evaluators.
        """
        notes: list[str] = []
        variables = _Variables(subject, whole)
        tier, rate = self._tier(variables, notes)
        arriving = self._config.upstream_probability if upstream is None else upstream
        selected: dict[str, Sampling] = {}
        skipped: dict[str, str] = {}
        highest = 0
        for rule in self._rules:
            if rule.on != subject.kind:
                continue
            if rule.name in requested:
                selected[rule.name] = Sampling(REQUESTED, arriving, u / ONE)
                continue
            own = min(1.0, rate * multiplier) if rule.rate is None else rule.rate
            limit = threshold(own * paces.get(rule.name, 1.0))
            highest = max(highest, limit)
            if u >= limit:
                skipped[rule.name] = "sampled_out"
            elif not self._applies(rule.name, variables, notes):
                skipped[rule.name] = "filtered"
            else:
                selected[rule.name] = Sampling(tier, probability(limit) * arriving, u / ONE)
        seen = probability(highest) * arriving if u < highest else 0.0
        return Decision(tier, rate, u / ONE, selected, skipped, seen, tuple(notes))

    def _tier(self, variables: "_Variables", notes: list[str]) -> tuple[str, float]:
        for name, rate, condition in self._tiers:
            if rate <= self._config.base_rate:
                break
            if _holds(condition, variables.of_whole, name, notes):
                return name, rate
        return BASE, self._config.base_rate

    def _applies(self, name: str, variables: "_Variables", notes: list[str]) -> bool:
        condition = self._conditions.get(name)
        return condition is None or _holds(condition, variables.of_subject, name, notes)


class _Variables:
    """What conditions read, put together when the first of them looks."""

    def __init__(self, subject: Subject, whole: Subject) -> None:
        self._subject = subject
        self._whole = whole

    @cached_property
    def of_subject(self) -> Mapping[str, object]:
        return context(self._subject, self._whole)

    @cached_property
    def of_whole(self) -> Mapping[str, object]:
        if self._subject is self._whole:
            return self.of_subject
        return context(self._whole, self._whole)


def _holds(condition: Condition, values: Mapping[str, object], name: str, notes: list[str]) -> bool:
    try:
        return condition.holds(values)
    except ValueError as error:
        notes.append(f"{name}: {error}")
        return False
