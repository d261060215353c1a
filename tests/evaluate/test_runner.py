import asyncio
import math

import pytest

from otel_evaluator.api.evaluator import EvaluatorConfig
from otel_evaluator.evaluate.runner import MAX_EXPLANATION, accept, run_check
from otel_evaluator.model.outcome import REASONS, Failed, Scored, Skipped, Unscored
from otel_evaluator.testing import a_subject, check_verdict


def config(**fields):
    return EvaluatorConfig(**({"name": "check", "type": "python"} | fields))


def run(check, **fields):
    verdict = run_check(config(**fields), check, a_subject())
    check_verdict(verdict)
    return verdict


class FloatLike(float):
    """As numpy.float64 is."""


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (Scored(0.5), Scored(0.5)),
        (Scored(1), Scored(1.0)),
        (Scored(0), Scored(0.0)),
        (Scored(FloatLike(0.25)), Scored(0.25)),
        (Scored(-3.5), Scored(-3.5)),
        (Scored(None, "yes"), Scored(None, "yes")),
        (Scored(None, "", True), None),
        (Scored(0.5, explanation="x" * 10_000), Scored(0.5, explanation="x" * MAX_EXPLANATION)),
        (
            Scored(0.5, "a", False, "b", "m", 1, 2, 0.3),
            Scored(0.5, "a", False, "b", "m", 1, 2, 0.3),
        ),
        (Unscored("no_content", "why"), Unscored("no_content", "why")),
        (Skipped("not_applicable"), Skipped("not_applicable")),
        (Failed("judge_error", "HTTPError", "503"), Failed("judge_error", "HTTPError", "503")),
    ],
)
def test_verdicts_are_taken(given, taken):
    verdict = accept(config(), given)
    assert verdict == (given if taken is None else taken)
    if isinstance(verdict, Scored) and verdict.value is not None:
        assert type(verdict.value) is float


def test_every_known_reason_is_taken():
    for reason in REASONS:
        for verdict in (Unscored(reason), Skipped(reason), Failed(reason, "X")):
            assert accept(config(), verdict) == verdict


def test_long_explanations_of_outcomes_without_a_score_are_cut():
    verdict = accept(config(), Unscored("uncertain", "x" * 10_000))
    assert verdict == Unscored("uncertain", "x" * MAX_EXPLANATION)


@pytest.mark.parametrize(
    ("verdict", "explanation"),
    [
        (Scored(math.nan), "nan"),
        (Scored(math.inf), "inf"),
        (Scored(-math.inf), "-inf"),
        (Scored(True), "bool"),
        (Scored("0.5"), "str"),
        (Scored(10**400), ""),
        (Scored(0.5j), ""),
        (Scored([0.5]), ""),
        (Scored(), "a score needs a value, a label or passed"),
        (Scored(0.5, label=1), "int"),
        (Scored(0.5, label=None), ""),
        (Scored(0.5, passed="yes"), ""),
        (Scored(0.5, passed=1), ""),
        (Scored(0.5, explanation=None), ""),
        (Scored(0.5, explanation=b"x"), ""),
        (Scored(0.5, judge_model=1), ""),
        (Scored(0.5, judge_input_tokens="1"), ""),
        (Scored(0.5, judge_cost_usd=math.nan), "judge_cost_usd is nan"),
        (Unscored("because"), "unknown reason 'because'"),
        (Unscored(""), "unknown reason ''"),
        (Skipped("x" * 10_000), "unknown reason 'xxx"),
        (Failed(None, "X"), ""),
        (Failed([], "X"), ""),
        (Failed("timeout", None), ""),
        (None, "returned NoneType, not a verdict"),
        (True, "returned bool"),
        (0.5, "returned float"),
        ("scored", "returned str"),
        ({"value": 1.0}, "returned dict"),
        (Scored, "returned StructMeta"),
        (ValueError("x"), "returned ValueError"),
    ],
)
def test_what_is_no_verdict_is_unscored_and_never_a_number(verdict, explanation):
    refused = run(lambda subject: verdict)
    assert isinstance(refused, Unscored)
    assert refused.reason == "invalid_verdict"
    assert explanation in refused.explanation
    assert len(refused.explanation) <= MAX_EXPLANATION


@pytest.mark.parametrize(
    ("verdict", "threshold", "passed"),
    [
        (Scored(0.7), 0.7, True),
        (Scored(0.69), 0.7, False),
        (Scored(0.7), None, None),
        (Scored(0.1, passed=True), 0.7, True),
        (Scored(0.9, passed=False), 0.7, False),
        (Scored(None, "good"), 0.7, None),
        (Scored(0), 0.0, True),
    ],
)
def test_the_threshold_decides_where_the_evaluator_does_not(verdict, threshold, passed):
    assert run(lambda subject: verdict, threshold=threshold).passed is passed


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def raises(error):
    def check(subject):
        raise error

    return check


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ValueError("bad"), "ValueError"),
        (KeyError("x"), "KeyError"),
        (RecursionError(), "RecursionError"),
        (MemoryError(), "MemoryError"),
        (AssertionError("x"), "AssertionError"),
        (StopIteration(), "StopIteration"),
        (SystemExit(1), "SystemExit"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (asyncio.CancelledError(), "CancelledError"),
        (ExceptionGroup("two", [ValueError(), KeyError()]), "ExceptionGroup"),
        (Unprintable(), "Unprintable"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "UnicodeDecodeError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_is_raised_is_a_failure_with_its_name(error, name):
    async def later(subject):
        await asyncio.sleep(0)
        raise error

    verdict = run(raises(error))
    assert (verdict.reason, verdict.error_type) == ("exception", name)
    if not isinstance(error, StopIteration):  # a coroutine turns it into a RuntimeError
        verdict = run(later)
        assert (verdict.reason, verdict.error_type) == ("exception", name)


def test_the_text_of_an_error_is_kept_and_cut():
    assert run(raises(ValueError("what was wrong"))).explanation == "what was wrong"
    assert len(run(raises(ValueError("x" * 100_000))).explanation) == MAX_EXPLANATION


def test_coroutines_are_run_to_their_end():
    async def check(subject):
        await asyncio.sleep(0)
        return Scored(0.5, explanation=subject.output)

    assert run(check).explanation == a_subject().output


def test_coroutines_are_stopped_at_the_deadline():
    stopped = []

    async def check(subject):
        try:
            await asyncio.sleep(30)
        finally:
            stopped.append(True)

    verdict = run(check, timeout=0.05)
    assert verdict == Failed("timeout", "TimeoutError", "no verdict within 0.05 s")
    assert stopped


def test_a_coroutine_that_returns_no_verdict_is_refused():
    async def check(subject):
        return 1.0

    assert run(check).reason == "invalid_verdict"


def test_a_connection_that_times_out_is_a_timeout():
    assert run(raises(TimeoutError("timed out"))).reason == "timeout"


def test_a_deeply_recursive_evaluator_fails_alone():
    def check(subject):
        return check(subject)

    assert run(check).error_type == "RecursionError"
