"""The language, the format and the goal are those that were asked for: 1 to 5."""

from otel_evaluator.api import Check, EvaluatorConfig, evaluator
from otel_evaluator.evaluators._axes import weakest
from otel_evaluator.evaluators.goal_progress import goal_progress
from otel_evaluator.evaluators.language_match import language_match
from otel_evaluator.evaluators.structured_output import structured_output
from otel_evaluator.evaluators.topicality import topicality


class InstructionAdherenceConfig(EvaluatorConfig):
    """Settings of ``instruction_adherence``."""


@evaluator("instruction_adherence", version=1, quantity=True)
def instruction_adherence(config: InstructionAdherenceConfig) -> Check:
    """1 to 5 by the weakest of four checks: format, goal, topic and language."""
    return weakest((structured_output, goal_progress, topicality, language_match))
