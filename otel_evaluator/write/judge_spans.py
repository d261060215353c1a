"""All spans that outcomes become: those of scores, and of requests to judges beside them."""

from collections.abc import Iterable

from otel_evaluator.model.ids import call_span_id
from otel_evaluator.model.outcome import Outcome
from otel_evaluator.model.span import STATUS_ERROR, Span
from otel_evaluator.write.spans import (
    ENVIRONMENT,
    ERROR_TYPE,
    EVALUATION_NAME,
    FLAG_SAMPLED,
    HEX_TRACE,
    JUDGE_COST_USD,
    REQUEST_MODEL,
    SCOPE,
    SCOPE_NAME,
    SCORE_ID,
    SERVICE_NAME,
    evaluated_span_id,
    present,
    score_span,
)

JUDGE_NAME = "otel_evaluator.judge.name"
JUDGE_DEPTH = "otel_evaluator.judge.depth"
KIND_CLIENT = 3
"""``Span.kind`` (OTLP ``SPAN_KIND_CLIENT``)."""


def spans_of(outcomes: Iterable[Outcome]) -> list[Span]:
    """All spans of outcomes: of scores, and of requests to judges that are to be seen."""
    spans = []
    for outcome in outcomes:
        score = score_span(outcome)
        if score is not None:
            spans.append(score)
        if outcome.calls and HEX_TRACE.fullmatch(outcome.trace_id):
            parent = evaluated_span_id(outcome) if score is None else score.span_id
            spans += [_call_span(outcome, n, parent) for n in range(len(outcome.calls))]
    return spans


def _call_span(outcome: Outcome, number: int, parent_span_id: str) -> Span:
    """One request to a judge, by the conventions for model calls.

    It belongs to this service, not to the evaluated one, whose cost it is not. The scope and
    the depth mark it as nothing to evaluate.
    """
    call = outcome.calls[number]
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": call.provider,
        REQUEST_MODEL: call.request_model,
        "gen_ai.response.model": call.model,
        "gen_ai.usage.input_tokens": call.input_tokens or None,
        "gen_ai.usage.output_tokens": call.output_tokens or None,
        EVALUATION_NAME: outcome.evaluator,
        ERROR_TYPE: call.error_type,
        SCORE_ID: outcome.score_id,
        JUDGE_NAME: call.judge,
        JUDGE_COST_USD: call.cost_usd,
        JUDGE_DEPTH: 1,
    }
    return Span(
        trace_id=outcome.trace_id,
        span_id=call_span_id(outcome.score_id, number),
        parent_span_id=parent_span_id,
        name=f"chat {call.request_model}",
        kind=KIND_CLIENT,
        start_ns=call.started_ns,
        end_ns=max(call.started_ns, call.ended_ns),
        attributes=present(attributes),
        events=(),
        status_code=STATUS_ERROR if call.error_type else 0,
        status_message=call.error_type,
        trace_state=outcome.trace_state,
        flags=FLAG_SAMPLED,
        dropped_attributes=0,
        resource={SERVICE_NAME: SCOPE_NAME} | present({ENVIRONMENT: outcome.environment}),
        scope=SCOPE,
    )
