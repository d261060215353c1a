"""Means of a sample with unequal inclusion probabilities, from six sums.

The ratio mean of Hájek 1971 with its linearised variance for the process behind the traffic,
which is what alerts are about (Särndal, Swensson and Wretman 1992, section 5.7).
"""

from math import sqrt

import msgspec

from otel_evaluator.stats.intervals import Estimate, wilson, z


class Sums(msgspec.Struct, frozen=True):
    """Sums over items with weight w and value y."""

    w: float
    wy: float
    wyy: float
    ww: float
    wwy: float
    wwyy: float

    @property
    def mean(self) -> float:
        """The weighted mean; needs a positive ``w``."""
        return self.wy / self.w

    @property
    def variance(self) -> float:
        """Of the mean: sum w²(y - m)² / (sum w)²."""
        m = self.mean
        return max(0.0, self.wwyy - 2 * m * self.wwy + m * m * self.ww) / self.w**2

    @property
    def kish(self) -> float:
        """Effective number of items by their weights alone (Kish 1965)."""
        return self.w**2 / self.ww

    def estimate(self) -> Estimate:
        """The mean with its normal interval."""
        half = z() * sqrt(self.variance)
        return Estimate(self.mean, self.mean - half, self.mean + half)

    def rate(self) -> Estimate:
        """The mean of values 0 and 1 with Wilson's interval on the variance-based number."""
        return wilson(self.mean, self.effective)

    @property
    def effective(self) -> float:
        """Items of equal weight that would give the same variance; Kish's where it is 0."""
        m, variance = self.mean, self.variance
        return m * (1 - m) / variance if variance > 0 and 0 < m < 1 else self.kish


def sums_of_passes(w: float, w_passed: float, ww: float, ww_passed: float) -> Sums:
    """Sums of values 0 and 1."""
    return Sums(w, w_passed, w_passed, ww, ww_passed, ww_passed)
