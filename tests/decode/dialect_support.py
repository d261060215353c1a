"""Captured requests of published libraries, and how a subject compares with what was said."""

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_evaluator.decode.dialects import DIALECTS
from otel_evaluator.decode.normalise import Normalised, normalise
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.spans import Source
from otel_evaluator.model.genai import Message, ModelCall
from otel_evaluator.model.markers import CORE_MARKERS, KEPT_SCOPES
from otel_evaluator.model.raw import RawTrace
from otel_evaluator.model.span import Event, Scope, Span
from otel_evaluator.model.subject import Subject

DATA = Path(__file__).parent.parent / "data" / "dialects"


def expected(dialect: str) -> dict[str, list[dict[str, Any]]]:
    """What was said, by case; one entry for each trace of the case."""
    return json.loads((DATA / dialect / "expected.json").read_text())


def cases(dialect: str) -> Any:
    """Parametrise a test with the name of every case of a dialect."""
    return pytest.mark.parametrize("case", sorted(expected(dialect)))


def traces(dialect: str, case: str) -> list[RawTrace]:
    """The traces of a captured request as the front process would keep them."""
    path = DATA / dialect / f"{case}.binpb"
    found: OrderedDict[bytes, RawTrace] = OrderedDict()
    for of_resource in ExportTraceServiceRequest.FromString(path.read_bytes()).resource_spans:
        resource = of_resource.resource.SerializeToString()
        for of_scope in of_resource.scope_spans:
            scope = of_scope.scope.SerializeToString()
            kept = of_scope.scope.name.startswith(KEPT_SCOPES)
            for span in of_scope.spans:
                encoded = span.SerializeToString()
                raw = found.setdefault(span.trace_id, RawTrace(span.trace_id, [], [], []))
                if kept or any(marker in encoded for marker in CORE_MARKERS):
                    raw.spans.append((resource, scope, encoded))
                elif not span.parent_span_id:
                    raw.context.append((resource, scope, encoded))
    _add_logs(path.with_name(f"{case}.logs.binpb"), found)
    return list(found.values())


def _add_logs(path: Path, found: dict[bytes, RawTrace]) -> None:
    if not path.exists():
        return
    for of_resource in ExportLogsServiceRequest.FromString(path.read_bytes()).resource_logs:
        resource = of_resource.resource.SerializeToString()
        for of_scope in of_resource.scope_logs:
            scope = of_scope.scope.SerializeToString()
            for record in of_scope.log_records:
                if record.trace_id in found:
                    item = (resource, scope, record.SerializeToString())
                    found[record.trace_id].logs.append(item)


def normalised(dialect: str, case: str) -> list[Normalised]:
    return [normalise(raw) for raw in traces(dialect, case)]


def said(dialect: str, case: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the captured traces say, and what was said, for a test to compare."""
    found = normalised(dialect, case)
    subjects = [(one.trace, sorted(one.dialects)) for one in found]
    plainly = [plain(trace, names) for trace, names in subjects if trace is not None]
    return plainly, expected(dialect)[case]


def plain(subject: Subject, dialects: list[str]) -> dict[str, Any]:
    """A subject in the form of expected.json."""
    return {
        "messages": [_message(m) for m in subject.messages],
        "input": subject.input,
        "output": subject.output,
        "calls": [_call(c) for c in subject.calls],
        "tools": [
            {
                "name": t.name,
                "call_id": t.call_id,
                "arguments": t.arguments,
                "result": t.result,
                "error": t.error,
            }
            for t in subject.tools
        ],
        "retrievals": [
            {
                "query": r.query,
                "documents": [
                    {"id": d.id, "content": d.content, "score": d.score} for d in r.documents
                ],
            }
            for r in subject.retrievals
        ],
        "tool_definitions": [
            {"name": d.name, "description": d.description, "parameters": d.parameters}
            for d in subject.tool_definitions
        ],
        "error": subject.error,
        "conversation_id": subject.conversation_id,
        "user_id": subject.user_id,
        "agent": subject.agent,
        "environment": subject.environment,
        "prompt": [subject.prompt_name, subject.prompt_version],
        "dialects": dialects,
    }


def _message(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        found["tool_calls"] = [
            {"name": c.name, "arguments": c.arguments, "id": c.id} for c in message.tool_calls
        ]
    if message.role == "tool" and message.tool_call_id:
        found["tool_call_id"] = message.tool_call_id
        found["name"] = message.name
        found["error"] = message.error
    if message.finish_reason:
        found["finish_reason"] = message.finish_reason
    return found


def _call(call: ModelCall) -> dict[str, Any]:
    usage = call.usage
    return {
        "operation": call.operation,
        "provider": call.provider,
        "model": call.model,
        "request_model": call.request_model,
        "usage": {
            "input": usage.input_tokens,
            "output": usage.output_tokens,
            "cache_read": usage.cache_read_tokens,
            "cache_write": usage.cache_write_tokens,
            "reasoning": usage.reasoning_tokens,
        },
        "finish_reasons": list(call.finish_reasons),
        "response_id": call.response_id,
        "streaming": call.streaming,
        "cost_usd": call.cost_usd,
        "error": call.error,
    }


def span(
    attributes: dict[str, Any],
    *,
    name: str = "span",
    scope: str = "",
    events: tuple[Event, ...] = (),
    status: int = 0,
    message: str = "",
    start_ns: int = 1_000_000_000,
) -> Span:
    """A decoded span with these attributes."""
    return Span(
        trace_id="0" * 31 + "1",
        span_id="0" * 15 + "1",
        parent_span_id="",
        name=name,
        kind=1,
        start_ns=start_ns,
        end_ns=start_ns + 1_000_000,
        attributes=attributes,
        events=events,
        status_code=status,
        status_message=message,
        trace_state="",
        flags=0,
        dropped_attributes=0,
        resource={},
        scope=Scope(scope),
    )


def read(found: Span) -> Reading:
    """What all dialects together say about a span, content included."""
    return Source(found).content()


def dialect_names(found: Span) -> list[str]:
    return [d.name for d in DIALECTS if d.matches(found)]
