import pytest

from otel_evaluator.errors import ConfigError
from otel_evaluator.model.speech import Speech, SpokenTurn
from otel_evaluator.testing import a_model_call, a_subject


def test_duration_is_in_seconds(evaluate):
    verdict = evaluate("latency", a_subject())
    assert (verdict.value, verdict.passed) == (1.5, None)


@pytest.mark.parametrize(("limit", "passes"), [("1500ms", True), ("1.4s", False), (2, True)])
def test_limit(evaluate, limit, passes):
    verdict = evaluate("latency", a_subject(), max=limit)
    assert (verdict.passed, verdict.label) == (passes, "pass" if passes else "fail")


@pytest.mark.parametrize(("start", "end"), [(0, 0), (5, 4), (0, 10)])
def test_without_times_nothing_is_scored(evaluate, start, end):
    assert evaluate("latency", a_subject(start_ns=start, end_ns=end)).reason == "incomplete"


def test_first_chunk_is_the_longest_wait_of_all_calls(evaluate):
    calls = tuple(a_model_call(time_to_first_chunk_s=s) for s in (0.2, 0.7, None))
    subject = a_subject(calls=calls)
    assert evaluate("latency", subject, measure="time_to_first_chunk").value == 0.7
    assert not evaluate("latency", subject, measure="time_to_first_chunk", max="500ms").passed


def test_first_chunk_of_a_call_that_did_not_stream(evaluate):
    verdict = evaluate("latency", a_subject(), measure="time_to_first_chunk")
    assert verdict.reason == "not_applicable"


def test_content_is_not_needed(evaluate):
    assert evaluate("latency", a_subject(messages=())).value == 1.5


def test_a_limit_takes_a_unit(evaluate):
    with pytest.raises(ConfigError, match=r"evaluators\[0\]\.max.*duration"):
        evaluate("latency", a_subject(), max="soon")


def test_the_longest_wait_for_a_spoken_answer(evaluate):
    turns = tuple(SpokenTurn(str(n), n, wait) for n, wait in enumerate((0.4, 2.5, None)))
    subject = a_subject(speech=(Speech((), turns),))
    verdict = evaluate("latency", subject, measure="answer_wait", max="2s")
    assert (verdict.value, verdict.passed) == (2.5, False)
    assert evaluate("latency", a_subject(), measure="answer_wait").reason == "not_applicable"
