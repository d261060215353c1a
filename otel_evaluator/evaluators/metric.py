"""A metric object of another library."""

import inspect
from typing import Any, Self

from pydantic import Field, model_validator

from otel_evaluator.api import Check, EvaluatorConfig, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import no_output
from otel_evaluator.evaluators._callables import attribute
from otel_evaluator.evaluators._libraries import LIBRARIES, case_of, keep_quiet, library_of


class MetricConfig(EvaluatorConfig):
    """Settings of ``metric``."""

    object: str
    """The metric, its class, or a function that makes it, as package.module:name."""

    factory: bool = False
    """The object is a function that makes the metric; a class is called anyway."""

    options: dict[str, Any] = Field(default_factory=dict)
    """What the class or the function is called with."""

    reference: Any = None
    """The expected output, for metrics that compare with one."""

    version: str = ""
    """Change it when the metric changes: scores of different versions are told apart."""

    @model_validator(mode="after")
    def _can_be_made(self) -> Self:
        library_of(made(self))
        return self


def made(config: MetricConfig) -> Any:
    """The metric object; ValueError saying what is wrong."""
    keep_quiet()
    found = attribute(config.object)
    if not inspect.isclass(found) and not config.factory and not config.options:
        return found
    try:
        return found(**config.options)
    except Exception as error:
        cause = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise ValueError(f"object {config.object!r} cannot be made ({cause})") from None


@evaluator("metric", version=1, deterministic=False)
def metric(config: MetricConfig) -> Check:
    """A metric of autoevals, openevals, DeepEval, phoenix-evals or ragas, as it is."""
    found = made(config)
    ask = LIBRARIES[library_of(found)]

    def check(subject: Subject) -> Verdict:
        missing = no_output(subject)
        return ask(found, case_of(subject, config.reference)) if missing is None else missing

    return check
