"""The only place that calls an evaluator; whatever it does becomes a verdict."""

import asyncio
import inspect
import math
from collections.abc import Awaitable
from typing import Any

import msgspec

from otel_evaluator.api.evaluator import Check, EvaluatorConfig
from otel_evaluator.api.judge import Asked
from otel_evaluator.model.outcome import REASONS, Failed, Scored, Skipped, Unscored, Verdict
from otel_evaluator.model.subject import Subject

MAX_EXPLANATION = 4000
"""Characters of an explanation that are kept."""


def run_check(config: EvaluatorConfig, check: Check, subject: Subject) -> Verdict | Asked:
    """Run one evaluator in this thread; whatever it raises becomes a verdict.

    A coroutine is run to its end on a loop of its own under the evaluator's deadline; the
    deadline of a plain function is the caller's affair, since a thread cannot be stopped.
    """
    try:
        verdict: Any = check(subject)
        if not isinstance(verdict, Verdict | Asked) and inspect.isawaitable(verdict):
            verdict = asyncio.run(_within(verdict, config.timeout))
    except TimeoutError:
        return Failed("timeout", "TimeoutError", f"no verdict within {config.timeout:g} s")
    except BaseException as error:
        # SystemExit, CancelledError and KeyboardInterrupt too: no signal reaches this thread.
        return failure(error)
    return verdict if isinstance(verdict, Asked) else accept(config, verdict)


async def _within(verdict: Awaitable[Verdict], timeout: float) -> Verdict:
    async with asyncio.timeout(timeout):
        return await verdict


def failure(error: BaseException) -> Failed:
    """The verdict of an evaluator that raised; the text is cut, the trace stays in the log."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return Failed("exception", type(error).__name__, text[:MAX_EXPLANATION])


def accept(config: EvaluatorConfig, verdict: Any) -> Verdict:
    """Check a verdict and apply the threshold; anything unusable is unscored, never 0."""
    if not isinstance(verdict, Verdict):
        return _invalid(f"returned {type(verdict).__name__}, not a verdict")
    if not _has_exact_types(verdict):
        try:
            if isinstance(verdict, Scored):
                verdict = _with_plain_value(verdict)
            # Structs do not check the types of their fields, and sinks would refuse the batch.
            msgspec.convert(msgspec.structs.asdict(verdict), type(verdict), strict=True)
        except (msgspec.ValidationError, OverflowError) as error:
            return _invalid(str(error))
    if isinstance(verdict, Scored):
        return _accept_score(config, verdict)
    if verdict.reason not in REASONS:
        return _invalid(f"unknown reason {verdict.reason[:64]!r}")
    if len(verdict.explanation) <= MAX_EXPLANATION:
        unchanged: Verdict = verdict
        return unchanged
    cut: Verdict = msgspec.structs.replace(
        verdict, explanation=verdict.explanation[:MAX_EXPLANATION]
    )
    return cut


def _has_exact_types(verdict: Verdict) -> bool:
    """Whether the verdict is plainly sound, as nearly all are: spares converting it."""
    if type(verdict) is Scored:
        return (
            (type(verdict.value) is float or verdict.value is None)
            and type(verdict.label) is str
            and (verdict.passed is None or type(verdict.passed) is bool)
            and type(verdict.explanation) is str
            and type(verdict.judge_model) is str
            and type(verdict.judge_input_tokens) is int
            and type(verdict.judge_output_tokens) is int
            and type(verdict.judge_cost_usd) is float
        )
    if type(verdict) is Unscored or type(verdict) is Skipped:
        return type(verdict.reason) is str and type(verdict.explanation) is str
    return False


def _with_plain_value(scored: Scored) -> Scored:
    """The value as a float: integers, and numbers of libraries that derive from float, count."""
    value = scored.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return scored
    return msgspec.structs.replace(scored, value=float(value))


def _accept_score(config: EvaluatorConfig, scored: Scored) -> Verdict:
    value = scored.value
    if value is not None and not math.isfinite(value):
        return _invalid(f"value is {value}")
    if not math.isfinite(scored.judge_cost_usd):
        return _invalid(f"judge_cost_usd is {scored.judge_cost_usd}")
    if value is None and not scored.label and scored.passed is None:
        return _invalid("a score needs a value, a label or passed")
    passed = scored.passed
    if passed is None and value is not None and config.threshold is not None:
        passed = value >= config.threshold
    if passed is scored.passed and len(scored.explanation) <= MAX_EXPLANATION:
        return scored
    return msgspec.structs.replace(
        scored,
        passed=passed,
        explanation=scored.explanation[:MAX_EXPLANATION],
    )


def _invalid(explanation: str) -> Unscored:
    return Unscored("invalid_verdict", explanation[:MAX_EXPLANATION])
