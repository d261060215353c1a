"""A budget moves the tier rates at fixed epochs; it never cuts the day's tail off.

An epoch is one hour of UTC. At its start the factor for all tier rates is chosen from the
subjects offered in the preceding 24 epochs: the sum of their unscaled rates is what the
configured rates would select in a day. The factor in force is part of every inclusion
probability, so estimates stay unbiased. Offers of the running epoch never change it.
"""

from collections import OrderedDict

import msgspec

from otel_evaluator.sample.config import BudgetConfig

EPOCH_S = 3600
WINDOW = 24


class BudgetState(msgspec.Struct):
    """What must survive a restart: expected selections per epoch number (hours since 1970)."""

    offered: dict[int, float] = {}


class Budget:
    """The factor on tier rates, by epoch."""

    def __init__(self, config: BudgetConfig, state: BudgetState | None = None) -> None:
        self._config = config
        self._offered: OrderedDict[int, float] = OrderedDict(
            sorted((state or BudgetState()).offered.items())
        )
        self._epoch = -1
        self.multiplier = 1.0

    @property
    def state(self) -> BudgetState:
        """A copy for the journal."""
        return BudgetState(dict(self._offered))

    def advance(self, time_ns: int) -> bool:
        """Enter the epoch of ``time_ns``; whether the multiplier changed.

        A clock that steps back stays in the later epoch.
        """
        epoch = time_ns // (EPOCH_S * 1_000_000_000)
        if epoch <= self._epoch:
            return False
        self._epoch = epoch
        while self._offered and next(iter(self._offered)) < epoch - WINDOW:
            self._offered.popitem(last=False)
        before, self.multiplier = self.multiplier, self._choose(epoch)
        return before != self.multiplier

    def offer(self, rate: float) -> None:
        """Count one subject whose unscaled tier rate is ``rate``."""
        self._offered[self._epoch] = self._offered.get(self._epoch, 0.0) + rate

    def _choose(self, epoch: int) -> float:
        past = {e: n for e, n in self._offered.items() if epoch - WINDOW <= e < epoch}
        if not past:
            return 1.0
        expected = sum(past.values()) * WINDOW / max(1, epoch - min(past))
        if expected <= 0.0:
            return 1.0
        if self._config.max_per_day is not None and expected > self._config.max_per_day:
            return self._config.max_per_day / expected
        if expected < self._config.min_per_day:
            return self._config.min_per_day / expected
        return 1.0
