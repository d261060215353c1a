"""How long to wait before a batch is tried again."""

from collections.abc import Callable

from otel_evaluator.config.base import ComponentConfig, Duration


class RetryConfig(ComponentConfig):
    """Waits between attempts; there is no last attempt while there is room to wait."""

    initial: Duration = 0.5
    """Wait after the first failure; doubles with every further one."""

    maximum: Duration = 30.0
    """Longest wait after failures that may pass by themselves."""

    held: Duration = 30.0
    """Wait where someone must act first (wrong password, missing table)."""


def backoff_s(
    config: RetryConfig, attempt: int, asked_s: float | None, random: Callable[[], float]
) -> float:
    """Seconds before the next attempt.

    ``attempt`` counts failures so far, from 1; ``asked_s`` is what the sink asked for and is
    never undercut; ``random`` gives numbers in [0, 1). The wait is between half of the doubled
    wait and all of it, so that many senders do not come back at once.
    """
    doubled = min(config.maximum, config.initial * 2.0 ** min(attempt - 1, 30))
    wait = doubled * (0.5 + 0.5 * random())
    return max(wait, asked_s or 0.0)
