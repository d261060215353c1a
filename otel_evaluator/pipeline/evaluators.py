"""The configured evaluators: registry types, checked configurations, sampling rules."""

from collections.abc import Iterator, Sequence
from typing import Any

from otel_evaluator.api.evaluator import EvaluatorConfig, EvaluatorType
from otel_evaluator.api.plugins import load_evaluators, parse_evaluators
from otel_evaluator.config.condition import Condition
from otel_evaluator.errors import ConfigError
from otel_evaluator.judges.escalation import Escalation
from otel_evaluator.judges.evaluator_config import JudgeEvaluatorConfig
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
        if isinstance(evaluator, JudgeEvaluatorConfig):
            found = _problems_of_judge(evaluator, configured, config)
            problems += [f"evaluators[{index}].{problem}" for problem in found]
    if problems:
        raise ConfigError(problems)
    return configured


def _problems_of_judge(
    evaluator: JudgeEvaluatorConfig, configured: Configured, config: RootConfig
) -> Iterator[str]:
    known = ", ".join(config.judges) or "none"
    confirm, cascade = evaluator.confirm, evaluator.cascade
    if evaluator.judge not in config.judges:
        yield f"judge: no judge {evaluator.judge!r} under judges: ({known})"
    if confirm is not None and confirm.judge not in config.judges:
        yield f"confirm.judge: no judge {confirm.judge!r} under judges: ({known})"
    elif confirm is not None and confirm.judge == evaluator.judge:
        yield "confirm.judge: the same judge would confirm itself; name another"
    if cascade is None:
        return
    first = next((each for _, each in configured if each.name == cascade.first), None)
    if first is None:
        yield f"cascade.first: no evaluator is called {cascade.first!r}"
    elif isinstance(first, JudgeEvaluatorConfig):
        yield f"cascade.first: {cascade.first!r} asks a judge itself; name a cheap evaluator"
    elif first.on != evaluator.on:
        yield f"cascade.first: {first.name!r} works on: {first.on}, this one on: {evaluator.on}"


def check_live(config: RootConfig) -> None:
    """ConfigError for evaluators that live traffic can never give what they need."""
    problems = [
        f"evaluators[{index}].rubric: it needs a reference, which live traffic does not have;"
        " use it with otel-evaluator calibrate"
        for index, (_, evaluator) in enumerate(evaluators_of(config))
        if isinstance(evaluator, JudgeEvaluatorConfig) and "reference" in evaluator.rubric.needs
    ]
    if problems:
        raise ConfigError(problems)


def model_of(config: RootConfig, evaluator: EvaluatorConfig) -> str:
    """The models that an evaluator asks; empty for one that asks none."""
    if not isinstance(evaluator, JudgeEvaluatorConfig):
        return ""
    names = [evaluator.judge, *([evaluator.confirm.judge] if evaluator.confirm else [])]
    return "+".join(config.judges[name].model for name in names)


def escalation_of(evaluator: EvaluatorConfig) -> Escalation | None:
    """The evaluator's cascade, where it has one."""
    if isinstance(evaluator, JudgeEvaluatorConfig) and evaluator.cascade is not None:
        return Escalation(evaluator.cascade)
    return None


def rules_of(configured: Configured) -> list[EvaluatorRule]:
    """What sampling has to know of the evaluators."""
    return [EvaluatorRule(c.name, c.on, c.rate, c.when) for _, c in configured]
