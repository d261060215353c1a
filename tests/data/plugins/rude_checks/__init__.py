"""Evaluators that load well and misbehave later; the runner must survive each of them."""

import sys

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Unscored, Verdict, evaluator


@evaluator("raises_at_build", version=1)
def raises_at_build(config: EvaluatorConfig) -> Check:
    """Raises when it is built."""
    raise RuntimeError("cannot be built")


@evaluator("raises_on_call", version=1)
def raises_on_call(config: EvaluatorConfig) -> Check:
    """Raises on every subject."""

    def check(subject: Subject) -> Verdict:
        raise RuntimeError("cannot judge")

    return check


@evaluator("exits_on_call", version=1)
def exits_on_call(config: EvaluatorConfig) -> Check:
    """Calls sys.exit on every subject."""

    def check(subject: Subject) -> Verdict:
        sys.exit(4)

    return check


@evaluator("returns_nonsense", version=1)
def returns_nonsense(config: EvaluatorConfig) -> Check:
    """Returns something that is no verdict."""
    return lambda subject: "fine"  # type: ignore[return-value]


@evaluator("not_finite", version=1)
def not_finite(config: EvaluatorConfig) -> Check:
    """Scores infinity."""
    return lambda subject: Scored(float("inf"))


@evaluator("invents_a_reason", version=1)
def invents_a_reason(config: EvaluatorConfig) -> Check:
    """Gives a reason that is not in the closed set."""
    return lambda subject: Unscored("did_not_feel_like_it")


@evaluator("forgets", version=1)
def forgets(config: EvaluatorConfig) -> Check:
    """Says it is deterministic and counts its calls."""
    calls: list[Subject] = []

    def check(subject: Subject) -> Verdict:
        calls.append(subject)
        return Scored(float(len(calls)))

    return check
