from collections.abc import Callable

import pytest

from otel_evaluator.api import Registry, Subject, Verdict
from otel_evaluator.api.evaluator import EvaluatorType
from otel_evaluator.api.plugins import load_evaluators, parse_evaluators

Evaluate = Callable[..., Verdict]


@pytest.fixture(scope="session")
def registry() -> Registry[EvaluatorType]:
    return load_evaluators(allowed=())


@pytest.fixture(scope="session")
def evaluate(registry) -> Evaluate:
    """``evaluate("contains", subject, phrases=["x"])``: configured as a user would."""

    def run(kind: str, subject: Subject, **options) -> Verdict:
        ((found, config),) = parse_evaluators([{"name": "it", "type": kind, **options}], registry)
        return found.build(config)(subject)

    return run
