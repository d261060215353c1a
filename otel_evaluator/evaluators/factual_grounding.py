"""Answers rest on sources, and promise nothing that nothing supports: 1 to 5."""

from otel_evaluator.api import Check, EvaluatorConfig, evaluator
from otel_evaluator.evaluators._axes import weakest
from otel_evaluator.evaluators.commitments import commitments
from otel_evaluator.evaluators.groundedness_lexical import groundedness_lexical


class FactualGroundingConfig(EvaluatorConfig):
    """Settings of ``factual_grounding``."""


@evaluator("factual_grounding", version=1, quantity=True)
def factual_grounding(config: FactualGroundingConfig) -> Check:
    """1 to 5 by the weaker of ``groundedness_lexical`` and ``commitments``."""
    return weakest((groundedness_lexical, commitments))
