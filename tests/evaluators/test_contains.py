import pytest

from otel_evaluator.api import Scored, Skipped, Unscored
from otel_evaluator.errors import ConfigError
from otel_evaluator.testing import a_message, a_subject, a_tool_call


@pytest.mark.parametrize(
    ("match", "reply", "value"),
    [
        ("any", "we refund you", 1.0),
        ("any", "we send it again", 0.0),
        ("all", "refund by Voucher", 1.0),
        ("all", "a refund", 0.5),
        ("none", "we send it again", 1.0),
        ("none", "a voucher", 0.0),
    ],
)
def test_match(evaluate, match, reply, value):
    verdict = evaluate("contains", a_subject(reply), phrases=["refund", "VOUCHER"], match=match)
    assert verdict.value == value
    assert verdict.passed is (value == 1.0)
    assert verdict.label == ("pass" if value == 1.0 else "fail")


def test_case_matters_on_request(evaluate):
    subject = a_subject("the EU")
    assert evaluate("contains", subject, phrases=["eu"]).passed
    assert not evaluate("contains", subject, phrases=["eu"], ignore_case=False).passed


def test_text_source(evaluate):
    subject = a_subject(question="my refund?", reply="yes")
    assert not evaluate("contains", subject, phrases=["refund"]).passed
    assert evaluate("contains", subject, phrases=["refund"], text="input").passed
    assert evaluate("contains", subject, phrases=["refund"], text="transcript").passed


def test_without_content_nothing_is_scored(evaluate):
    assert evaluate("contains", a_subject(messages=()), phrases=["x"]) == Unscored(
        "no_content", "no message text was recorded"
    )


def test_an_empty_answer_contains_nothing(evaluate):
    empty = a_subject(messages=(a_message(), a_message("assistant", "")))
    assert evaluate("contains", empty, phrases=["x"]).value == 0.0


def test_a_tool_call_is_no_answer(evaluate):
    calling = a_message("assistant", "", tool_calls=(a_tool_call(),))
    verdict = evaluate("contains", a_subject(messages=(a_message(), calling)), phrases=["x"])
    assert verdict == Skipped("not_applicable", "the answer is a tool call")


def test_a_tool_span_is_skipped(evaluate):
    subject = a_subject(messages=(), calls=(), kind="span", operation="execute_tool")
    assert evaluate("contains", subject, phrases=["x"], on="span").reason == "not_applicable"


@pytest.mark.parametrize("options", [{}, {"phrases": []}, {"phrases": [""]}, {"phrase": "x"}])
def test_bad_options(evaluate, options):
    with pytest.raises(ConfigError, match=r"evaluators\[0\]\.phrase"):
        evaluate("contains", a_subject(), **options)


def test_explanation_quotes_the_configuration_only(evaluate):
    verdict = evaluate("contains", a_subject("secret refund"), phrases=["refund"], match="none")
    assert verdict == Scored(0.0, "fail", False, "contains 'refund'")
