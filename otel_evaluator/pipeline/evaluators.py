"""The configured evaluators: registry types, checked configurations, sampling rules."""

from collections.abc import Sequence
from typing import Any

from otel_evaluator.api.evaluator import EvaluatorConfig, EvaluatorType
from otel_evaluator.api.plugins import load_evaluators, parse_evaluators
from otel_evaluator.config.condition import Condition
from otel_evaluator.errors import ConfigError
from otel_evaluator.judges.evaluator import JudgeEvaluatorConfig
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.sample.decide import EvaluatorRule

Configured = Sequence[tuple[EvaluatorType[Any], EvaluatorConfig]]


def evaluators_of(config: RootConfig) -> Configured:
    """Types and configurations in order; ConfigError names every problem."""
    configured = parse_evaluators(config.evaluators, load_evaluators())
    problems = []
    for index, (_, evaluator) in enumerate(configured):
        if evaluator.when is not None:
            try:
                Condition(evaluator.when)
            except ValueError as error:
                problems.append(f"evaluators[{index}].when: {error}")
        if isinstance(evaluator, JudgeEvaluatorConfig) and evaluator.judge not in config.judges:
            known = ", ".join(config.judges) or "none"
            problems.append(
                f"evaluators[{index}].judge: no judge {evaluator.judge!r} under judges: ({known})"
            )
    if problems:
        raise ConfigError(problems)
    return configured


def model_of(config: RootConfig, evaluator: EvaluatorConfig) -> str:
    """The model that an evaluator asks; empty for one that asks none."""
    if isinstance(evaluator, JudgeEvaluatorConfig):
        return config.judges[evaluator.judge].model
    return ""


def rules_of(configured: Configured) -> list[EvaluatorRule]:
    """What sampling has to know of the evaluators."""
    return [EvaluatorRule(c.name, c.on, c.rate, c.when) for _, c in configured]
