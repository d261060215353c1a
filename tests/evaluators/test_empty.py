import pytest

from otel_evaluator.model.genai import Message
from otel_evaluator.model.outcome import Skipped, Unscored
from otel_evaluator.testing import a_message, a_model_call, a_subject, a_tool_call


def test_an_answer_passes(evaluate):
    assert evaluate("empty", a_subject("On its way.", "Where is it?")).passed


@pytest.mark.parametrize("reply", ["", " \n\t", "\u200b\u200b"])
def test_a_blank_answer_fails(evaluate, reply):
    verdict = evaluate("empty", a_subject(reply, "Where is it?"))
    assert (verdict.passed, verdict.label) == (False, "blank")


def test_a_failed_call_fails_unless_another_one_answers(evaluate):
    down = a_model_call("q", "", error="timeout")
    subject = a_subject("", "q", calls=(down,))
    verdict = evaluate("empty", subject)
    assert (verdict.passed, verdict.label) == (False, "failed_call")
    again = a_subject("Here it is.", "q", calls=(down, a_model_call("q", "Here it is.")))
    assert evaluate("empty", again).passed


def test_what_cannot_be_told(evaluate):
    message = a_message("assistant", "", tool_calls=(a_tool_call(),))
    calling = a_subject(
        "", messages=(Message("user", "q"), message), calls=(a_model_call(output=(message,)),)
    )
    assert isinstance(evaluate("empty", calling), Skipped)
    unrecorded = a_subject("", messages=(message,), calls=(a_model_call("", "", output=()),))
    assert isinstance(evaluate("empty", unrecorded), Unscored)
    nothing = a_subject("", messages=(), calls=(a_model_call("", "", output=()),))
    assert isinstance(evaluate("empty", nothing), Unscored)
    assert isinstance(evaluate("empty", a_subject("", calls=())), Skipped)
