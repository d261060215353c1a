import pytest

from otel_evaluator.testing import a_model_call, a_subject


@pytest.mark.parametrize(
    ("reasons", "label", "passes"),
    [
        (("stop",), "stop", True),
        (("tool_calls", "stop"), "stop", True),
        (("tool_calls", "length"), "length", False),
        (("content_filter",), "content_filter", False),
        (("MAX TOKENS!", "stop"), "MAX_TOKENS_", False),
    ],
)
def test_every_call_counts(evaluate, reasons, label, passes):
    verdict = evaluate("finish_reason", a_subject(finish_reasons=reasons))
    assert (verdict.label, verdict.passed, verdict.value) == (label, passes, float(passes))


def test_allowed_reasons_are_configured(evaluate):
    subject = a_subject(finish_reasons=("length",))
    assert evaluate("finish_reason", subject, allowed=["length"]).passed


def test_reasons_of_the_calls_are_used(evaluate):
    subject = a_subject(finish_reasons=(), calls=(a_model_call(finish_reasons=("length",)),))
    assert not evaluate("finish_reason", subject).passed


def test_nothing_recorded(evaluate):
    unknown = a_subject(finish_reasons=(), calls=(a_model_call(finish_reasons=()),))
    assert evaluate("finish_reason", unknown).reason == "incomplete"
    none = a_subject(finish_reasons=(), calls=())
    assert evaluate("finish_reason", none).reason == "not_applicable"


def test_a_long_reason_is_cut(evaluate):
    verdict = evaluate("finish_reason", a_subject(finish_reasons=("x" * 900,)))
    assert verdict.label == "x" * 40
