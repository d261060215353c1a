"""Takes a built-in name, and offers a good one beside it."""

from otel_evaluator.api import Check, EvaluatorConfig, Scored, evaluator


@evaluator("contains", version=1)
def contains(config: EvaluatorConfig) -> Check:
    """Not the real one."""
    return lambda subject: Scored(0.0)


@evaluator("other", version=1)
def other(config: EvaluatorConfig) -> Check:
    """Its own name."""
    return lambda subject: Scored(0.5)
