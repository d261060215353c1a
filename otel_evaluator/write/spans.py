"""What a score means in OpenTelemetry, apart from any encoding.

A scored or failed outcome becomes one span in the evaluated trace, and one log record in the
form of the GenAI semantic conventions (event ``gen_ai.evaluation.result``). Both functions are
pure. Unscored and skipped outcomes become neither.
"""

import math
import re
from typing import Any

from otel_evaluator import __version__
from otel_evaluator.model.ids import score_span_id
from otel_evaluator.model.outcome import Failed, Outcome, Scored
from otel_evaluator.model.span import STATUS_ERROR, Event, Link, LogRecord, Scope, Span

# Standard (OpenTelemetry semantic conventions, GenAI evaluation event).
EVENT_NAME = "gen_ai.evaluation.result"
EVALUATION_NAME = "gen_ai.evaluation.name"
SCORE_VALUE = "gen_ai.evaluation.score.value"
SCORE_LABEL = "gen_ai.evaluation.score.label"
EXPLANATION = "gen_ai.evaluation.explanation"
RESPONSE_ID = "gen_ai.response.id"
CONVERSATION_ID = "gen_ai.conversation.id"
AGENT_NAME = "gen_ai.agent.name"
REQUEST_MODEL = "gen_ai.request.model"
ERROR_TYPE = "error.type"
SERVICE_NAME = "service.name"
ENVIRONMENT = "deployment.environment.name"

# Ours. Every score span and record carries SCORE_ID: it marks what must not be evaluated again.
SCOPE_NAME = "otel_evaluator"
SCORE_ID = "otel_evaluator.score.id"
EVALUATOR_TYPE = "otel_evaluator.evaluator.type"
EVALUATOR_REVISION = "otel_evaluator.evaluator.revision"
SUBJECT_KIND = "otel_evaluator.subject.kind"
SUBJECT_REVISION = "otel_evaluator.subject.revision"
SUBJECT_COMPLETE = "otel_evaluator.subject.complete"
SAMPLING_TIER = "otel_evaluator.sampling.tier"
SAMPLING_PROBABILITY = "otel_evaluator.sampling.probability"
SAMPLING_WEIGHT = "otel_evaluator.sampling.weight"
PASSED = "otel_evaluator.passed"
PROMPT_NAME = "otel_evaluator.prompt.name"
PROMPT_VERSION = "otel_evaluator.prompt.version"
JUDGE_MODEL = "otel_evaluator.judge.model"
JUDGE_INPUT_TOKENS = "otel_evaluator.judge.input_tokens"
JUDGE_OUTPUT_TOKENS = "otel_evaluator.judge.output_tokens"
JUDGE_COST_USD = "otel_evaluator.judge.cost_usd"

KIND_INTERNAL = 1
"""``Span.kind`` (OTLP ``SPAN_KIND_INTERNAL``)."""

FLAG_SAMPLED = 1
"""``Span.flags`` bit 0 (W3C trace context)."""

SCOPE = Scope(SCOPE_NAME, __version__)
HEX_TRACE = re.compile(r"(?!0{32})[0-9a-f]{32}")
_HEX_SPAN = re.compile(r"(?!0{16})[0-9a-f]{16}")


def score_span(outcome: Outcome) -> Span | None:
    """The span of a scored or failed outcome; None for others and without a valid trace id."""
    if not _has_form(outcome):
        return None
    failed = isinstance(outcome.verdict, Failed)
    end_ns = _end_ns(outcome)
    return Span(
        trace_id=outcome.trace_id,
        span_id=score_span_id(outcome.score_id),
        parent_span_id=evaluated_span_id(outcome),
        name=f"evaluate {outcome.evaluator}",
        kind=KIND_INTERNAL,
        start_ns=outcome.started_ns,
        end_ns=end_ns,
        attributes=_result(outcome) | _subject(outcome) | _ours(outcome),
        events=(Event(EVENT_NAME, end_ns, _result(outcome)),),
        status_code=STATUS_ERROR if failed else 0,
        status_message=error_type(outcome) if failed else "",
        trace_state=outcome.trace_state,
        flags=FLAG_SAMPLED,
        dropped_attributes=0,
        resource=_resource(outcome),
        scope=SCOPE,
        links=_links(outcome),
    )


def score_record(outcome: Outcome) -> LogRecord | None:
    """The conventions' log record of the same outcome, on the *evaluated* span."""
    if not _has_form(outcome):
        return None
    return LogRecord(
        trace_id=outcome.trace_id,
        span_id=evaluated_span_id(outcome),
        event_name=EVENT_NAME,
        time_ns=_end_ns(outcome),
        body=None,
        attributes=_result(outcome) | _subject(outcome) | {SCORE_ID: outcome.score_id},
        resource=_resource(outcome),
        scope=SCOPE,
    )


def evaluated_span_id(outcome: Outcome) -> str:
    """The evaluated span's id, empty where it is unknown or not a span id."""
    return outcome.span_id if _HEX_SPAN.fullmatch(outcome.span_id) else ""


def _links(outcome: Outcome) -> tuple[Link, ...]:
    """A link to the step that is to blame."""
    verdict = outcome.verdict
    span_id = verdict.span_id if isinstance(verdict, Scored) else ""
    return (Link(outcome.trace_id, span_id),) if _HEX_SPAN.fullmatch(span_id) else ()


def error_type(outcome: Outcome) -> str:
    """``error.type`` of a failed outcome: the exception's class, else the reason."""
    verdict = outcome.verdict
    return (verdict.error_type or verdict.reason) if isinstance(verdict, Failed) else ""


def _has_form(outcome: Outcome) -> bool:
    written = isinstance(outcome.verdict, Scored | Failed)
    return written and HEX_TRACE.fullmatch(outcome.trace_id) is not None


def _end_ns(outcome: Outcome) -> int:
    return outcome.started_ns + max(0, round(outcome.duration_ms * 1e6))


def _result(outcome: Outcome) -> dict[str, Any]:
    verdict = outcome.verdict
    scored = verdict if isinstance(verdict, Scored) else None
    return {EVALUATION_NAME: outcome.evaluator} | present(
        {
            SCORE_VALUE: _finite(scored.value) if scored else None,
            SCORE_LABEL: scored.label if scored else "",
            EXPLANATION: verdict.explanation,
            RESPONSE_ID: outcome.response_id,
            ERROR_TYPE: error_type(outcome),
        }
    )


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _subject(outcome: Outcome) -> dict[str, Any]:
    return present(
        {
            CONVERSATION_ID: outcome.conversation_id,
            AGENT_NAME: outcome.agent,
            REQUEST_MODEL: outcome.model,
        }
    )


def _ours(outcome: Outcome) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        SCORE_ID: outcome.score_id,
        EVALUATOR_TYPE: outcome.evaluator_type,
        EVALUATOR_REVISION: outcome.evaluator_revision,
        SUBJECT_KIND: outcome.subject_kind,
        SUBJECT_REVISION: outcome.subject_revision,
        SUBJECT_COMPLETE: outcome.complete,
        SAMPLING_TIER: outcome.sampling.tier,
        SAMPLING_PROBABILITY: float(outcome.sampling.probability),
        SAMPLING_WEIGHT: float(outcome.sampling.weight),
    }
    attributes |= present(
        {PROMPT_NAME: outcome.prompt_name, PROMPT_VERSION: outcome.prompt_version}
    )
    verdict = outcome.verdict
    if isinstance(verdict, Scored):
        attributes |= present({PASSED: verdict.passed, JUDGE_MODEL: verdict.judge_model})
        if verdict.judge_model:
            attributes[JUDGE_INPUT_TOKENS] = verdict.judge_input_tokens
            attributes[JUDGE_OUTPUT_TOKENS] = verdict.judge_output_tokens
            attributes[JUDGE_COST_USD] = float(verdict.judge_cost_usd)
    return attributes


def _resource(outcome: Outcome) -> dict[str, Any]:
    # The service of the evaluated span: views that filter by service then show its scores too.
    return {SERVICE_NAME: outcome.service or SCOPE_NAME} | present(
        {ENVIRONMENT: outcome.environment}
    )


def present(attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes that have a value."""
    return {key: value for key, value in attributes.items() if value is not None and value != ""}
