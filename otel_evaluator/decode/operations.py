"""Span subjects: one for each leaf model call, tool execution and retrieval."""

from collections.abc import Sequence
from typing import Any

from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.transcript import history_length
from otel_evaluator.decode.values import json_text
from otel_evaluator.model.genai import Message, ModelCall, Retrieval, ToolExecution
from otel_evaluator.model.subject import Signals, Subject

Record = ModelCall | ToolExecution | Retrieval


def span_subjects(trace: Subject, records: Sequence[tuple[Reading, Record]]) -> tuple[Subject, ...]:
    """Subjects by start; identity comes from the trace, content from the operation."""
    ordered = sorted(records, key=lambda pair: pair[0].span.start_ns)
    return tuple(_subject(trace, reading, record) for reading, record in ordered)


def _subject(trace: Subject, reading: Reading, record: Record) -> Subject:
    span = reading.span
    end = max(span.end_ns, span.start_ns)
    shared: dict[str, Any] = {
        "kind": "span",
        "key": f"{trace.trace_id}/{span.span_id}",
        "trace_id": trace.trace_id,
        "span_id": span.span_id,
        "revision": trace.revision,
        "complete": trace.complete,
        "conversation_id": trace.conversation_id,
        "user_id": trace.user_id,
        "service": trace.service,
        "environment": trace.environment,
        "agent": reading.agent or trace.agent,
        "prompt_name": reading.prompt_name or trace.prompt_name,
        "prompt_version": reading.prompt_version or trace.prompt_version,
        "start_ns": span.start_ns,
        "end_ns": end,
        "error": reading.error or reading.tool_error,
        "dialects": reading.dialects,
        "notes": tuple(reading.notes),
        "resource": span.resource,
        "attributes": span.attributes,
    }
    duration = (end - span.start_ns) / 1e6
    if isinstance(record, ModelCall):
        return _model_call(shared, record, duration)
    if isinstance(record, ToolExecution):
        return _tool(shared, record, duration)
    return _retrieval(shared, record, duration)


def _model_call(shared: dict[str, Any], call: ModelCall, duration: float) -> Subject:
    users = [m.content for m in call.input if m.role == "user" and m.content]
    texts = [m.content for m in call.output if m.content]
    return Subject(
        **(shared | {"agent": call.agent or shared["agent"]}),
        operation=call.operation,
        provider=call.provider,
        model=call.model,
        request_model=call.request_model,
        response_id=call.response_id,
        messages=call.input + call.output,
        history=history_length(call.input),
        input=users[-1] if users else "",
        output=texts[-1] if texts else "",
        system="\n".join(m.content for m in call.input if m.role == "system"),
        tool_definitions=call.tool_definitions,
        calls=(call,),
        usage=call.usage,
        finish_reasons=call.finish_reasons,
        signals=Signals(
            errors=1 if call.error else 0,
            tool_calls=sum(len(m.tool_calls) for m in call.output),
            truncated="length" in call.finish_reasons,
            blocked="content_filter" in call.finish_reasons,
            model_calls=0 if call.operation in ("embeddings", "rerank") else 1,
            turns=1 if users else 0,
            input_tokens=call.usage.input_tokens,
            output_tokens=call.usage.output_tokens,
            cost_usd=call.cost_usd or 0.0,
            duration_ms=duration,
        ),
    )


def _tool(shared: dict[str, Any], tool: ToolExecution, duration: float) -> Subject:
    result = Message("tool", tool.result, (), tool.call_id, tool.name, bool(tool.error))
    return Subject(
        **(shared | {"error": tool.error}),
        operation="execute_tool",
        messages=(result,) if tool.result else (),
        input=json_text(tool.arguments),
        output=tool.result,
        tools=(tool,),
        signals=Signals(
            errors=1 if tool.error else 0,
            tool_calls=1,
            tool_errors=1 if tool.error else 0,
            duration_ms=duration,
        ),
    )


def _retrieval(shared: dict[str, Any], found: Retrieval, duration: float) -> Subject:
    return Subject(
        **shared,
        operation="retrieval",
        input=found.query,
        output="\n\n".join(d.content for d in found.documents if d.content),
        retrievals=(found,),
        signals=Signals(errors=1 if shared["error"] else 0, duration_ms=duration),
    )
