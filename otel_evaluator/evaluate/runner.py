"""The only place that calls an evaluator; whatever it does becomes a verdict."""

import asyncio
import inspect
import math
from collections.abc import Awaitable
from typing import Any

from otel_evaluator.api.evaluator import Check, EvaluatorConfig
from otel_evaluator.model.outcome import REASONS, Failed, Scored, Skipped, Unscored, Verdict
from otel_evaluator.model.subject import Subject

MAX_EXPLANATION = 4096
"""Characters of an explanation that are kept."""


def run_check(config: EvaluatorConfig, check: Check, subject: Subject) -> Verdict:
    """Run one evaluator in this thread; never raises an Exception or SystemExit.

    A coroutine is run to its end on a loop of its own under the evaluator's deadline; the
    deadline of a plain function is the caller's affair, since a thread cannot be stopped.
    """
    try:
        verdict: Any = check(subject)
        if inspect.isawaitable(verdict):
            verdict = asyncio.run(_within(verdict, config.timeout))
    except TimeoutError:
        return Failed("timeout", "TimeoutError", f"no verdict within {config.timeout:g} s")
    except (Exception, SystemExit) as error:
        return failure(error)
    return accept(config, verdict)


async def _within(verdict: Awaitable[Verdict], timeout: float) -> Verdict:
    async with asyncio.timeout(timeout):
        return await verdict


def failure(error: BaseException) -> Failed:
    """The verdict of an evaluator that raised; the text is cut, the trace stays in the log."""
    return Failed("exception", type(error).__name__, str(error)[:MAX_EXPLANATION])


def accept(config: EvaluatorConfig, verdict: Any) -> Verdict:
    """Check a verdict and apply the threshold; anything unusable is unscored, never 0."""
    if isinstance(verdict, Scored):
        return _accept_score(config, verdict)
    if isinstance(verdict, Unscored | Skipped | Failed):
        if verdict.reason in REASONS:
            return verdict
        return Unscored("invalid_verdict", f"unknown reason {str(verdict.reason)[:64]!r}")
    return Unscored("invalid_verdict", f"returned {type(verdict).__name__}, not a verdict")


def _accept_score(config: EvaluatorConfig, scored: Scored) -> Verdict:
    value = scored.value
    if value is not None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return Unscored("invalid_verdict", f"value is {type(value).__name__}, not a number")
        if not math.isfinite(value):
            return Unscored("invalid_verdict", f"value is {value}")
    elif not scored.label and scored.passed is None:
        return Unscored("invalid_verdict", "a score needs a value, a label or passed")
    passed = scored.passed
    if passed is None and value is not None and config.threshold is not None:
        passed = value >= config.threshold
    return Scored(
        value=None if value is None else float(value),
        label=scored.label,
        passed=passed,
        explanation=scored.explanation[:MAX_EXPLANATION],
        judge_model=scored.judge_model,
        judge_input_tokens=scored.judge_input_tokens,
        judge_output_tokens=scored.judge_output_tokens,
        judge_cost_usd=scored.judge_cost_usd,
    )
