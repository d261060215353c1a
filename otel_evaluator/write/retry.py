"""How long to wait before a batch is tried again."""

from otel_evaluator.config.base import ComponentConfig, Duration


class RetryConfig(ComponentConfig):
    """Waits between attempts; there is no last attempt while there is room to wait."""

    initial: Duration = 0.5
    """Wait after the first failure; doubles with every further one."""

    maximum: Duration = 30.0
    """Longest wait after failures that may pass by themselves."""

    held: Duration = 30.0
    """Wait where someone must act first (wrong password, missing table)."""
