"""No personal data, no insults, nothing irreversible unasked: 1 to 5."""

from otel_evaluator.api import Check, EvaluatorConfig, evaluator
from otel_evaluator.evaluators._axes import weakest
from otel_evaluator.evaluators.action_safety import action_safety
from otel_evaluator.evaluators.pii import pii
from otel_evaluator.evaluators.toxicity_lexical import toxicity_lexical


class PrivacyAndSafetyConfig(EvaluatorConfig):
    """Settings of ``privacy_and_safety``."""


@evaluator("privacy_and_safety", version=1, quantity=True)
def privacy_and_safety(config: PrivacyAndSafetyConfig) -> Check:
    """1 to 5 by the weakest of ``pii``, ``toxicity_lexical`` and ``action_safety``."""
    return weakest((pii, toxicity_lexical, action_safety))
