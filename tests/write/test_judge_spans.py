"""Requests to judges as spans beside the score they led to."""

from otel_evaluator.model.outcome import JudgeCall, Scored, Unscored
from otel_evaluator.model.span import STATUS_ERROR
from otel_evaluator.write.judge_spans import spans_of
from tests.support.outcomes import an_outcome

FAILED = JudgeCall("default", "openai", "gpt-4o-mini", "", 10, 20, error_type="Unavailable")
ANSWERED = JudgeCall(
    "default", "openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", 30, 40, 7, 2, 0.1
)


def test_calls_are_children_of_the_score() -> None:
    outcome = an_outcome(verdict=Scored(1.0), calls=(FAILED, ANSWERED))
    score, failed, answered = spans_of([outcome])
    assert score.name.startswith("evaluate ")
    assert {failed.parent_span_id, answered.parent_span_id} == {score.span_id}
    assert len({score.span_id, failed.span_id, answered.span_id}) == 3
    assert (failed.status_code, failed.attributes["error.type"]) == (STATUS_ERROR, "Unavailable")
    assert answered.resource["service.name"] == "otel_evaluator"
    assert answered.name == "chat gpt-4o-mini"
    assert answered.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 2,
        "gen_ai.evaluation.name": outcome.evaluator,
        "otel_evaluator.score.id": outcome.score_id,
        "otel_evaluator.judge.name": "default",
        "otel_evaluator.judge.cost_usd": 0.1,
        "otel_evaluator.judge.depth": 1,
    }
    assert spans_of([outcome]) == [score, failed, answered]


def test_without_a_score_the_evaluated_span_is_the_parent() -> None:
    outcome = an_outcome(verdict=Unscored("disagreement"), calls=(ANSWERED,))
    (call,) = spans_of([outcome])
    assert call.parent_span_id == outcome.span_id
    assert spans_of([an_outcome(verdict=Unscored("disagreement"))]) == []
    assert spans_of([an_outcome(trace_id="", calls=(ANSWERED,))]) == []
