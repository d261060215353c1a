"""Outcome → score span and evaluation event (design: what a score looks like)."""

import math

import msgspec
import pytest

from otel_evaluator.model.outcome import Failed, Sampling, Scored
from otel_evaluator.model.span import STATUS_ERROR, Link
from otel_evaluator.write import spans
from tests.support.outcomes import an_outcome, one_of_each

JUDGED = Scored(
    value=0.82,
    label="pass",
    passed=True,
    explanation="Answers the question.",
    judge_model="gpt-4o-mini",
    judge_input_tokens=700,
    judge_output_tokens=20,
    judge_cost_usd=0.0002,
)


def test_a_judged_outcome_has_every_attribute() -> None:
    outcome = an_outcome(
        verdict=JUDGED,
        response_id="chatcmpl-1",
        conversation_id="c-7",
        prompt_name="greet",
        prompt_version="3",
        sampling=Sampling("errors", 0.25, 0.1),
        subject_revision=2,
        complete=False,
    )
    span = spans.score_span(outcome)
    assert span is not None
    assert span.attributes == {
        "gen_ai.evaluation.name": "faithfulness",
        "gen_ai.evaluation.score.value": 0.82,
        "gen_ai.evaluation.score.label": "pass",
        "gen_ai.evaluation.explanation": "Answers the question.",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.conversation.id": "c-7",
        "gen_ai.agent.name": "shop_agent",
        "gen_ai.request.model": "gpt-4o-mini",
        "otel_evaluator.score.id": outcome.score_id,
        "otel_evaluator.evaluator.type": "judge",
        "otel_evaluator.evaluator.revision": "0123456789ab",
        "otel_evaluator.subject.kind": "trace",
        "otel_evaluator.subject.revision": 2,
        "otel_evaluator.subject.complete": False,
        "otel_evaluator.sampling.tier": "errors",
        "otel_evaluator.sampling.probability": 0.25,
        "otel_evaluator.sampling.weight": 4.0,
        "otel_evaluator.passed": True,
        "otel_evaluator.prompt.name": "greet",
        "otel_evaluator.prompt.version": "3",
        "otel_evaluator.judge.model": "gpt-4o-mini",
        "otel_evaluator.judge.input_tokens": 700,
        "otel_evaluator.judge.output_tokens": 20,
        "otel_evaluator.judge.cost_usd": 0.0002,
    }


def test_the_span_hangs_on_the_evaluated_span() -> None:
    outcome = an_outcome()
    span = spans.score_span(outcome)
    assert span is not None
    assert span.name == "evaluate faithfulness"
    assert (span.trace_id, span.parent_span_id) == (outcome.trace_id, outcome.span_id)
    assert span.span_id == outcome.score_id[:16]
    assert span.kind == 1
    assert span.scope.name == "otel_evaluator"
    assert span.start_ns == outcome.started_ns
    assert span.end_ns - span.start_ns == 12_500_000
    assert span.resource == {"service.name": "shop", "deployment.environment.name": "prod"}
    assert span.status_code == 0


def test_the_result_is_a_span_event_too() -> None:
    span = spans.score_span(an_outcome(verdict=JUDGED, response_id="chatcmpl-1"))
    assert span is not None
    (event,) = span.events
    assert event.name == "gen_ai.evaluation.result"
    assert event.attributes == {
        "gen_ai.evaluation.name": "faithfulness",
        "gen_ai.evaluation.score.value": 0.82,
        "gen_ai.evaluation.score.label": "pass",
        "gen_ai.evaluation.explanation": "Answers the question.",
        "gen_ai.response.id": "chatcmpl-1",
    }


def test_a_link_to_the_step_to_blame() -> None:
    blaming = msgspec.structs.replace(JUDGED, span_id="00f067aa0ba902b7")
    outcome = an_outcome(verdict=blaming)
    span = spans.score_span(outcome)
    assert span is not None
    assert span.links == (Link(outcome.trace_id, "00f067aa0ba902b7"),)
    for verdict in (JUDGED, msgspec.structs.replace(JUDGED, span_id="no id")):
        span = spans.score_span(an_outcome(verdict=verdict))
        assert span is not None
        assert span.links == ()


def test_a_failure_is_an_error_without_a_number() -> None:
    span = spans.score_span(an_outcome(verdict=Failed("timeout", "TimeoutError", "no answer")))
    assert span is not None
    assert span.status_code == STATUS_ERROR
    assert span.attributes["error.type"] == "TimeoutError"
    assert span.attributes["gen_ai.evaluation.explanation"] == "no answer"
    assert not any(key.startswith("gen_ai.evaluation.score") for key in span.attributes)
    assert "otel_evaluator.passed" not in span.attributes


def test_a_failure_without_a_class_is_named_by_its_reason() -> None:
    assert spans.error_type(an_outcome(verdict=Failed("crash", ""))) == "crash"


def test_only_scored_and_failed_become_spans_and_events() -> None:
    for outcome in one_of_each():
        expected = outcome.name in ("scored", "failed")
        assert (spans.score_span(outcome) is not None) is expected
        assert (spans.score_record(outcome) is not None) is expected


@pytest.mark.parametrize("value", [math.nan, math.inf, None])
def test_what_is_no_number_is_left_out(value: float | None) -> None:
    span = spans.score_span(an_outcome(verdict=Scored(value=value, label="x")))
    assert span is not None
    assert "gen_ai.evaluation.score.value" not in span.attributes


@pytest.mark.parametrize("trace_id", ["", "0" * 32, "A" * 32, "a" * 31, "g" * 32])
def test_without_a_trace_id_there_is_no_span(trace_id: str) -> None:
    assert spans.score_span(an_outcome(trace_id=trace_id)) is None


def test_an_unknown_root_span_leaves_the_parent_empty() -> None:
    span = spans.score_span(an_outcome(span_id=""))
    assert span is not None
    assert span.parent_span_id == ""


def test_the_event_belongs_to_the_evaluated_span() -> None:
    outcome = an_outcome(verdict=JUDGED)
    record = spans.score_record(outcome)
    assert record is not None
    assert record.event_name == "gen_ai.evaluation.result"
    assert (record.trace_id, record.span_id) == (outcome.trace_id, outcome.span_id)
    assert record.attributes["gen_ai.evaluation.score.value"] == 0.82
    assert record.attributes["otel_evaluator.score.id"] == outcome.score_id
    assert record.time_ns == outcome.started_ns + 12_500_000
