"""Outcomes, samples, spans and log records as columns; pure.

Every function returns ``Columns``: names, ClickHouse types and one list of values per column.
"""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from otel_evaluator.api.writer import Sample
from otel_evaluator.model.outcome import Failed, Outcome, Scored, Unscored
from otel_evaluator.model.span import LogRecord, Span
from otel_evaluator.write.clickhouse.detect import Table
from otel_evaluator.write.spans import ERROR_TYPE, SERVICE_NAME, error_type

MAX_NS = 2**63 - 1
"""Largest DateTime64(9), in the year 2262."""

_KINDS = ("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer")
_STATUS = ("Unset", "Ok", "Error")
_INFO, _ERROR = (9, "INFO"), (17, "ERROR")
_NO_SCORE = Scored()


class Columns(NamedTuple):
    """Column-oriented rows."""

    names: list[str]
    types: list[str]
    values: list[list[Any]]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.values[0]) if self.values else 0


Field = tuple[str, str, Callable[[Any], Any]]

SCORES: tuple[Field, ...] = (
    ("Timestamp", "DateTime64(9)", lambda o: clamp_ns(o.started_ns)),
    ("ScoreId", "String", lambda o: o.score_id),
    ("TraceId", "String", lambda o: o.trace_id),
    ("SpanId", "String", lambda o: o.span_id),
    ("ConversationId", "String", lambda o: o.conversation_id),
    ("SubjectKind", "LowCardinality(String)", lambda o: o.subject_kind),
    ("SubjectRevision", "UInt32", lambda o: o.subject_revision),
    ("Complete", "Bool", lambda o: o.complete),
    ("Evaluator", "LowCardinality(String)", lambda o: o.evaluator),
    ("EvaluatorType", "LowCardinality(String)", lambda o: o.evaluator_type),
    ("EvaluatorRevision", "LowCardinality(String)", lambda o: o.evaluator_revision),
    ("Outcome", "LowCardinality(String)", lambda o: o.name),
    ("Value", "Nullable(Float64)", lambda o: _float(_scored(o).value)),
    ("Label", "LowCardinality(String)", lambda o: _scored(o).label),
    ("Passed", "Nullable(Bool)", lambda o: _scored(o).passed),
    ("Explanation", "String", lambda o: o.verdict.explanation),
    ("ErrorType", "LowCardinality(String)", lambda o: _error_type(o)),
    ("Tier", "LowCardinality(String)", lambda o: o.sampling.tier),
    ("Probability", "Float64", lambda o: float(o.sampling.probability)),
    ("Weight", "Float64", lambda o: float(o.sampling.weight)),
    ("ServiceName", "LowCardinality(String)", lambda o: o.service),
    ("Environment", "LowCardinality(String)", lambda o: o.environment),
    ("AgentName", "LowCardinality(String)", lambda o: o.agent),
    ("Model", "LowCardinality(String)", lambda o: o.model),
    ("PromptName", "LowCardinality(String)", lambda o: o.prompt_name),
    ("PromptVersion", "LowCardinality(String)", lambda o: o.prompt_version),
    ("JudgeModel", "LowCardinality(String)", lambda o: _scored(o).judge_model),
    ("InputTokens", "UInt64", lambda o: max(0, _scored(o).judge_input_tokens)),
    ("OutputTokens", "UInt64", lambda o: max(0, _scored(o).judge_output_tokens)),
    ("CostUsd", "Float64", lambda o: float(_scored(o).judge_cost_usd)),
    ("DurationMs", "Float64", lambda o: float(o.duration_ms)),
)
"""Columns of the scores table: name, type, value of an Outcome."""

SAMPLES: tuple[Field, ...] = (
    ("SubjectKind", "LowCardinality(String)", lambda s: s.subject_kind),
    ("SubjectKey", "String", lambda s: s.subject_key),
    ("SubjectRevision", "UInt32", lambda s: s.subject_revision),
    ("TraceId", "String", lambda s: s.trace_id),
    ("ConversationId", "String", lambda s: s.conversation_id),
    ("ServiceName", "LowCardinality(String)", lambda s: s.service),
    ("Environment", "LowCardinality(String)", lambda s: s.environment),
    ("AgentName", "LowCardinality(String)", lambda s: s.agent),
    ("Model", "LowCardinality(String)", lambda s: s.model),
    ("PromptName", "LowCardinality(String)", lambda s: s.prompt_name),
    ("PromptVersion", "LowCardinality(String)", lambda s: s.prompt_version),
    ("Tier", "LowCardinality(String)", lambda s: s.tier),
    ("Probability", "Float64", lambda s: float(s.probability)),
    ("Weight", "Float64", lambda s: 1.0 / s.probability),
    ("Start", "DateTime64(9)", lambda s: clamp_ns(s.start_ns)),
    ("End", "DateTime64(9)", lambda s: clamp_ns(s.end_ns)),
    ("Complete", "Bool", lambda s: s.complete),
    ("Dialects", "Array(LowCardinality(String))", lambda s: list(s.dialects)),
    ("Input", "String", lambda s: s.input),
    ("Output", "String", lambda s: s.output),
    ("Transcript", "String", lambda s: s.transcript),
    ("Signals", "String", lambda s: json.dumps(s.signals, ensure_ascii=False, default=str)),
)
"""Columns of the samples table beside ``Timestamp``: name, type, value of a Sample."""


def clamp_ns(time_ns: int) -> int:
    """Nanoseconds since the epoch within what DateTime64(9) holds (1970 to 2262)."""
    return min(max(0, time_ns), MAX_NS)


def stored(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Outcomes that become rows of the scores table: all but skipped ones."""
    return [o for o in outcomes if isinstance(o.verdict, Scored | Unscored | Failed)]


def score_columns(outcomes: Sequence[Outcome]) -> Columns:
    """Rows of the scores table."""
    return _columns(SCORES, outcomes)


def sample_columns(samples: Sequence[Sample], written_ns: int) -> Columns:
    """Rows of the samples table; ``written_ns`` is their Timestamp."""
    columns = _columns(SAMPLES, samples)
    return Columns(
        ["Timestamp", *columns.names],
        ["DateTime64(9)", *columns.types],
        [[clamp_ns(written_ns)] * len(samples), *columns.values],
    )


def span_columns(spans: Sequence[Span], table: Table) -> Columns:
    """Rows of an ``otel_traces`` of any generation; columns the table lacks are left out."""
    attributes = [_span_attributes(span, table) for span in spans]
    resources = [span.resource for span in spans]
    available: dict[str, list[Any]] = {
        "Timestamp": [clamp_ns(s.start_ns) // table.ticks_per_ns("Timestamp") for s in spans],
        "TraceId": [s.trace_id for s in spans],
        "SpanId": [s.span_id for s in spans],
        "ParentSpanId": [s.parent_span_id for s in spans],
        "TraceState": [s.trace_state for s in spans],
        "SpanName": [s.name for s in spans],
        "SpanKind": [_KINDS[s.kind] for s in spans],
        "ServiceName": [str(s.resource.get(SERVICE_NAME, "")) for s in spans],
        "ResourceAttributes": [_attributes(r, table.json) for r in resources],
        "ResourceAttributesKeys": [sorted(r) for r in resources],
        "ScopeName": [s.scope.name for s in spans],
        "ScopeVersion": [s.scope.version for s in spans],
        "SpanAttributes": [_attributes(a, table.json) for a in attributes],
        "SpanAttributesKeys": [sorted(a) for a in attributes],
        "Duration": [max(0, s.end_ns - s.start_ns) for s in spans],
        "StatusCode": [_STATUS[s.status_code] for s in spans],
        "StatusMessage": [s.status_message for s in spans],
        **_event_columns(spans, table),
        **_link_columns(spans, table),
    }
    return _select(available, table)


def record_columns(records: Sequence[LogRecord], table: Table) -> Columns:
    """Rows of an ``otel_logs`` of any generation; columns the table lacks are left out."""
    named = "EventName" in table.columns
    attributes = [
        r.attributes if named else r.attributes | {"event.name": r.event_name} for r in records
    ]
    severity = [_ERROR if ERROR_TYPE in r.attributes else _INFO for r in records]
    available: dict[str, list[Any]] = {
        "Timestamp": [clamp_ns(r.time_ns) // table.ticks_per_ns("Timestamp") for r in records],
        "TraceId": [r.trace_id for r in records],
        "SpanId": [r.span_id for r in records],
        "TraceFlags": [1] * len(records),
        "SeverityText": [text for _, text in severity],
        "SeverityNumber": [number for number, _ in severity],
        "ServiceName": [str(r.resource.get(SERVICE_NAME, "")) for r in records],
        "Body": [""] * len(records),
        "ResourceAttributes": [_attributes(r.resource, table.json) for r in records],
        "ResourceAttributesKeys": [sorted(r.resource) for r in records],
        "ScopeName": [r.scope.name for r in records],
        "ScopeVersion": [r.scope.version for r in records],
        "LogAttributes": [_attributes(a, table.json) for a in attributes],
        "LogAttributesKeys": [sorted(a) for a in attributes],
        "EventName": [r.event_name for r in records],
    }
    return _select(available, table)


def text_of(value: Any) -> str:
    """An attribute value as the Collector's exporter writes it into a map."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return str(value)


def _columns(fields: tuple[Field, ...], rows: Sequence[Any]) -> Columns:
    return Columns(
        [name for name, _, _ in fields],
        [kind for _, kind, _ in fields],
        [[value(row) for row in rows] for _, _, value in fields],
    )


def _select(available: dict[str, list[Any]], table: Table) -> Columns:
    names = [name for name in available if name in table.columns]
    return Columns(
        names, [table.columns[name] for name in names], [available[name] for name in names]
    )


def _span_attributes(span: Span, table: Table) -> dict[str, Any]:
    if table.generation > 1:
        return span.attributes
    # Generation 1 has no scope columns; its exporter wrote the scope into the attributes.
    return span.attributes | {
        "otel.scope.name": span.scope.name,
        "otel.scope.version": span.scope.version,
    }


def _link_columns(spans: Sequence[Span], table: Table) -> dict[str, list[Any]]:
    if "Links" in table.columns:  # created with flatten_nested = 0
        links = [
            [
                {"TraceId": x.trace_id, "SpanId": x.span_id, "TraceState": "", "Attributes": {}}
                for x in s.links
            ]
            for s in spans
        ]
        return {"Links": links}
    return {
        "Links.TraceId": [[x.trace_id for x in s.links] for s in spans],
        "Links.SpanId": [[x.span_id for x in s.links] for s in spans],
        "Links.TraceState": [["" for _ in s.links] for s in spans],
        "Links.Attributes": [[_attributes({}, table.json) for _ in s.links] for s in spans],
    }


def _event_columns(spans: Sequence[Span], table: Table) -> dict[str, list[Any]]:
    if "Events" in table.columns:  # created with flatten_nested = 0
        ticks = table.ticks_per_ns("Events")
        events = [
            [
                {
                    "Timestamp": clamp_ns(e.time_ns) // ticks,
                    "Name": e.name,
                    "Attributes": _attributes(e.attributes, table.json),
                }
                for e in s.events
            ]
            for s in spans
        ]
        return {"Events": events}
    if "Events.Timestamp" not in table.columns:
        return {}
    ticks = table.ticks_per_ns("Events.Timestamp")
    return {
        "Events.Timestamp": [[clamp_ns(e.time_ns) // ticks for e in s.events] for s in spans],
        "Events.Name": [[e.name for e in s.events] for s in spans],
        "Events.Attributes": [
            [_attributes(e.attributes, table.json) for e in s.events] for s in spans
        ],
    }


def _attributes(attributes: dict[str, Any], as_json: bool) -> dict[str, Any]:
    if as_json:
        return attributes
    return {key: text_of(attributes[key]) for key in sorted(attributes)}


def _scored(outcome: Outcome) -> Scored:
    return outcome.verdict if isinstance(outcome.verdict, Scored) else _NO_SCORE


def _error_type(outcome: Outcome) -> str:
    verdict = outcome.verdict
    return verdict.reason if isinstance(verdict, Unscored) else error_type(outcome)


def _float(value: float | None) -> float | None:
    # NaN and infinities are no scores: one of them would spoil every sum it enters.
    return None if value is None or not math.isfinite(value) else float(value)
