from otel_evaluator.testing import a_subject
from otel_evaluator.testing.builders import a_message, a_model_call

REQUEST = "The zipper of the jacket from order 1042 is broken."


def handed(evaluate, given):
    first = a_model_call(REQUEST, "", agent="triage", span_id="1" * 16)
    inputs = tuple(a_message("user", text) for text in given)
    second = a_model_call(agent="refunds", span_id="2" * 16, input=inputs)
    return evaluate("handoff_quality", a_subject(question=REQUEST, calls=(first, second)))


def test_carried_over(evaluate):
    assert handed(evaluate, [REQUEST]).label == "carried_over"
    assert handed(evaluate, ["Jacket, order 1042: zipper broken"]).passed is True


def test_lost(evaluate):
    verdict = handed(evaluate, [" "])
    assert (verdict.label, verdict.passed, verdict.span_id) == ("context_lost", False, "2" * 16)
    assert handed(evaluate, ["Customer wants something"]).reason == "uncertain"


def test_nothing_to_tell(evaluate):
    assert evaluate("handoff_quality", a_subject()).reason == "not_applicable"
    assert handed(evaluate, []).reason == "no_content"
