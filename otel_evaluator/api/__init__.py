"""The extension surface: what a plugin imports."""

from otel_evaluator.api.evaluator import Check, EvaluatorConfig, EvaluatorType, evaluator, revision
from otel_evaluator.api.registry import Registry
from otel_evaluator.model.outcome import Failed, Scored, Skipped, Unscored, Verdict
from otel_evaluator.model.subject import Signals, Subject

__all__ = [
    "Check",
    "EvaluatorConfig",
    "EvaluatorType",
    "Failed",
    "Registry",
    "Scored",
    "Signals",
    "Skipped",
    "Subject",
    "Unscored",
    "Verdict",
    "evaluator",
    "revision",
]
