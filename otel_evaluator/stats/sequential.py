"""Means that may be looked at all the time: confidence sequences and evidence by betting.

Over kept items in their order, ``g = w (y - m) / W`` has mean 0 where m is the mean over all
traffic: w is 1 / probability and W a constant, at least w. (A W that follows the largest w so far
would weigh tiers unlike.) So a gambler who bets
against m gains nothing on average if m is true, whatever the tiers and whenever one looks
(Ville 1939; Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by
betting", JRSS-B; for weights Waudby-Smith et al. 2022).
"""

from math import exp, log, log1p, sqrt

GRID = 50
"""Candidates for the mean: steps of 0.02."""
PRIOR = 0.25
"""Variance of ``g`` before anything was seen; the largest of a value in [0, 1]."""
MAX_STAKE = 0.5
"""Largest share of what could be lost that is staked."""


class _Stakes:
    """How much to stake: predictable plug-in, from the mean square of past ``g``."""

    def __init__(self, level: float) -> None:
        self._log = 2 * log(2 / level)
        self._squares = PRIOR
        self._n = 1

    @property
    def value(self) -> float:
        """The stake on the next item."""
        n = self._n
        return sqrt(self._log / (max(self._squares / n, 1e-12) * n * log1p(n)))

    def see(self, g: float) -> None:
        """Learn from an item."""
        self._squares += g * g
        self._n += 1


class ConfidenceSequence:
    """An interval for the mean of values in [0, 1] that holds at all times together."""

    def __init__(self, max_weight: float = 1.0, level: float = 0.05) -> None:
        self._max_weight = max_weight
        self._limit = log(1 / level)
        self._stakes = _Stakes(level)
        self._candidates = [index / GRID for index in range(GRID + 1)]
        self._up = [0.0] * (GRID + 1)
        self._down = [0.0] * (GRID + 1)
        self._low, self._high = 0, GRID
        self._w = self._wy = 0.0
        self.n = 0

    @property
    def bounds(self) -> tuple[float, float]:
        """Lower and upper end; a step wider than the candidates that are left."""
        return (
            max(0.0, self._candidates[self._low] - 1 / GRID),
            min(1.0, self._candidates[self._high] + 1 / GRID),
        )

    def add(self, y: float, w: float) -> None:
        """Take an item of value y in [0, 1] and weight w, at most ``max_weight``."""
        share = w / self._max_weight
        stake = self._stakes.value
        up, down, candidates = self._up, self._down, self._candidates
        for index in range(self._low, self._high + 1):
            m = candidates[index]
            g = share * (y - m)
            up[index] += log1p(min(stake, MAX_STAKE / m if m else stake) * g)
            down[index] += log1p(-min(stake, MAX_STAKE / (1 - m) if m < 1 else stake) * g)
        self._w += w
        self._wy += w * y
        self._stakes.see(share * (y - self._wy / self._w))
        self.n += 1
        self._shrink()

    def _shrink(self) -> None:
        while self._low < self._high and self._is_excluded(self._low):
            self._low += 1
        while self._high > self._low and self._is_excluded(self._high):
            self._high -= 1

    def _is_excluded(self, index: int) -> bool:
        """Whether the mean of both wealths is at least 1 / level."""
        one, two = self._up[index], self._down[index]
        top = max(one, two)
        return top + log((exp(one - top) + exp(two - top)) / 2) >= self._limit


class DropEvidence:
    """Evidence that the mean is below a value: an e-process, at most 1 on average if it is not."""

    def __init__(self, floor: float, max_weight: float = 1.0, level: float = 0.05) -> None:
        self._floor = floor
        self._max_weight = max_weight
        self._stakes = _Stakes(level)
        self.log_value = 0.0
        """Logarithm of the e-value."""

    def add(self, y: float, w: float) -> None:
        """Take an item of value y in [0, 1] and weight w, at most ``max_weight``."""
        g = w / self._max_weight * (self._floor - y)
        most = MAX_STAKE / (1 - self._floor) if self._floor < 1 else MAX_STAKE
        self.log_value += log1p(min(self._stakes.value, most) * g)
        self._stakes.see(g)


def discoveries(log_values: dict[str, float], level: float) -> set[str]:
    """Which of many e-values are large enough together, with few false ones among them.

    The e-BH procedure (Wang and Ramdas 2022, "False discovery rate control with e-values",
    JRSS-B): the expected share of false discoveries is at most ``level``, under any dependence.
    """
    ordered = sorted(log_values, key=lambda name: -log_values[name])
    found = 0
    for rank, name in enumerate(ordered, 1):
        if log_values[name] >= log(len(ordered) / (level * rank)):
            found = rank
    return set(ordered[:found])
