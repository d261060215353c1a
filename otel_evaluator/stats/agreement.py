"""How well a judge agrees with people, and a pass rate corrected for what it gets wrong."""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

import msgspec

from otel_evaluator.stats.intervals import Estimate, proportion, z

Pair = tuple[bool, bool]
"""Whether a person, and whether the judge, lets a case pass."""


class Agreement(msgspec.Struct, frozen=True):
    """Counts of the four kinds of pairs, and what follows from them."""

    both_pass: int
    only_human: int
    only_judge: int
    both_fail: int

    @property
    def passes(self) -> int:
        """Cases that people let pass."""
        return self.both_pass + self.only_human

    @property
    def fails(self) -> int:
        """Cases that people do not let pass."""
        return self.only_judge + self.both_fail

    @property
    def total(self) -> int:
        """All cases."""
        return self.passes + self.fails

    @property
    def accuracy(self) -> Estimate:
        """Share of cases on which the two agree."""
        return proportion(self.both_pass + self.both_fail, self.total)

    @property
    def sensitivity(self) -> Estimate:
        """Share of what people let pass that the judge lets pass."""
        return proportion(self.both_pass, self.passes)

    @property
    def specificity(self) -> Estimate:
        """Share of what people fail that the judge fails."""
        return proportion(self.both_fail, self.fails)

    @property
    def kappa(self) -> Estimate:
        """Agreement beyond chance, with its large-sample interval (Cohen 1960)."""
        n = self.total
        if not n:
            return Estimate(0.0, -1.0, 1.0)
        observed = (self.both_pass + self.both_fail) / n
        judged = (self.both_pass + self.only_judge) / n
        human = self.passes / n
        chance = human * judged + (1 - human) * (1 - judged)
        if chance >= 1.0:
            return Estimate(0.0, -1.0, 1.0)  # all of one kind: chance explains everything
        kappa = (observed - chance) / (1 - chance)
        half = z() * sqrt(observed * (1 - observed) / n) / (1 - chance)
        return Estimate(kappa, max(-1.0, kappa - half), min(1.0, kappa + half))


def agreement(pairs: Sequence[Pair]) -> Agreement:
    """Count the pairs."""
    return Agreement(
        both_pass=sum(h and j for h, j in pairs),
        only_human=sum(h and not j for h, j in pairs),
        only_judge=sum(not h and j for h, j in pairs),
        both_fail=sum(not h and not j for h, j in pairs),
    )


def corrected(rate: float, n: float, judge: Agreement) -> Estimate | None:
    """The pass rate that people would give, from the judge's and its agreement with them.

    ``n``: the effective number behind ``rate``. Point: Rogan and Gladen 1978. Interval: Lang
    and Reiczigel 2014, which counts the uncertainty of both. None where the judge is no better
    than chance, or one kind of label is missing: then nothing can be corrected.
    """
    if not judge.passes or not judge.fails or n <= 0:
        return None
    sensitivity, specificity = judge.sensitivity.value, judge.specificity.value
    if sensitivity + specificity <= 1.0:
        return None
    point = (rate + specificity - 1) / (sensitivity + specificity - 1)
    q = z() ** 2
    n_rate, n_passes, n_fails = n + q, judge.passes + 2, judge.fails + 2
    p = (n * rate + q / 2) / n_rate
    se, sp = (judge.both_pass + 1) / n_passes, (judge.both_fail + 1) / n_fails
    power = se + sp - 1
    if power <= 0:
        return None
    centre = (p + sp - 1) / power
    of_se, of_sp = se * (1 - se) / n_passes, sp * (1 - sp) / n_fails
    shift = 2 * q * (centre * of_se - (1 - centre) * of_sp)
    spread = p * (1 - p) / n_rate + centre**2 * of_se + (1 - centre) ** 2 * of_sp
    half = z() * sqrt(spread) / power
    low, high = centre + shift - half, centre + shift + half
    return Estimate(_unit(point), _unit(low), _unit(high))


def best_threshold(scores: Sequence[tuple[bool, float]]) -> float:
    """The score from which a case should pass: highest sensitivity + specificity (Youden 1950).

    ``scores``: whether a person lets a case pass, and the judge's score; both kinds must be
    there. Among equals the middle one counts; it lies between two scores that occur.
    """
    values = sorted({score for _, score in scores})
    cuts = [(low + high) / 2 for low, high in pairwise(values)]
    if not cuts:
        return values[0]

    def power(cut: float) -> float:
        found = agreement([(human, score >= cut) for human, score in scores])
        return found.sensitivity.value + found.specificity.value

    powers = [power(cut) for cut in cuts]
    best = [cut for cut, each in zip(cuts, powers, strict=True) if each >= max(powers) - 1e-12]
    return best[len(best) // 2]


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))
