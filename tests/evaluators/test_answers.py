import pytest

from otel_evaluator.evaluators._answers import Answer, answers, no_answer, no_output
from otel_evaluator.testing import a_message, a_model_call, a_subject, a_tool_call
from otel_evaluator.text.encodable import encodable

HELLO, HI, WHY, SO = (
    a_message("user", "hello"),
    a_message("assistant", "hi"),
    a_message("user", "why?"),
    a_message("assistant", "so"),
)


def replying(*replies):
    return tuple(a_model_call(output=(reply,)) for reply in replies)


def test_each_answer_knows_its_question_and_place():
    subject = a_subject(messages=(HELLO, HI, WHY, SO), calls=replying(HI, SO))
    assert answers(subject) == [Answer("hi", "hello", 1), Answer("so", "why?", 3)]


def test_replayed_history_is_no_answer():
    subject = a_subject(messages=(HELLO, HI, WHY, SO), calls=replying(SO))
    assert answers(subject) == [Answer("so", "why?", 3)]


def test_without_outputs_on_calls_the_final_output_is_the_answer():
    subject = a_subject(messages=(HELLO, HI, WHY, SO), calls=())
    assert answers(subject) == [Answer("so", "why?", 3)]


def test_an_output_that_is_not_among_the_messages():
    subject = a_subject(messages=(HELLO,), output="made elsewhere", calls=())
    assert answers(subject) == [Answer("made elsewhere", "hello", 1)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"messages": ()}, "no message text was recorded"),
        ({"messages": (HELLO,)}, "no answer was recorded"),
        ({"messages": (HELLO,), "error": "timeout"}, "the call failed without an answer"),
        ({"messages": (), "calls": (), "kind": "span"}, "there is no model call"),
        (
            {"messages": (HELLO, a_message("assistant", "", tool_calls=(a_tool_call(),)))},
            "the answer is a tool call",
        ),
    ],
)
def test_why_there_is_no_answer(fields, reason):
    verdict = no_answer(a_subject(**fields))
    assert verdict is not None
    assert verdict.explanation == reason


def test_an_empty_answer_is_an_answer():
    assert no_answer(a_subject(messages=(HELLO, a_message("assistant", "")))) is None


def test_lone_surrogates_become_encodable():
    assert encodable("a\ud800b") == "a?b"
    assert encodable("日本 \U0001f600") == "日本 \U0001f600"


def test_the_result_of_a_tool_is_an_output_but_no_answer():
    span = a_subject(messages=(), calls=(), kind="span", output='{"price": 5}')
    assert answers(span) == []
    assert no_answer(span).explanation == "there is no model call"
    assert no_output(span) is None
