"""Intervals of proportions."""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

LEVEL = 0.95


class Estimate(NamedTuple):
    """A value with its interval at LEVEL."""

    value: float
    low: float
    high: float


def z(level: float = LEVEL) -> float:
    """Two-sided quantile of the normal distribution."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def proportion(part: int, whole: int) -> Estimate:
    """A share of counted cases with its interval; 0 among none, with nothing excluded."""
    return wilson(part / whole if whole else 0.0, whole)


def wilson(share: float, n: float, level: float = LEVEL) -> Estimate:
    """A proportion among ``n`` (any effective number) with its score interval.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    if n <= 0:
        return Estimate(share, 0.0, 1.0)
    q = z(level) ** 2 / n
    centre = (share + q / 2) / (1 + q)
    half = sqrt(q * share * (1 - share) + q * q / 4) / (1 + q)
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half))
