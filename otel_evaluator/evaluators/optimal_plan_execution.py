"""The right tools, with the right arguments, no more often than needed: 1 to 5."""

from otel_evaluator.api import Check, EvaluatorConfig, evaluator
from otel_evaluator.evaluators._axes import weakest
from otel_evaluator.evaluators.error_recovery import error_recovery
from otel_evaluator.evaluators.plan_coherence import plan_coherence
from otel_evaluator.evaluators.tool_calls import tool_calls
from otel_evaluator.evaluators.tool_selection import tool_selection


class OptimalPlanExecutionConfig(EvaluatorConfig):
    """Settings of ``optimal_plan_execution``."""


@evaluator("optimal_plan_execution", version=1, quantity=True)
def optimal_plan_execution(config: OptimalPlanExecutionConfig) -> Check:
    """1 to 5 by the weakest of four checks: tools, arguments, plan and recovery from errors."""
    return weakest((tool_selection, tool_calls, plan_coherence, error_recovery))
