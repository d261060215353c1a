"""Labelled transcripts as the OTLP files that ``otel-evaluator measure`` reads.

A line of a transcript file: ``id``, ``language``, ``domain``, ``defect_types``, ``tools`` (name,
description, parameters), and ``messages``: role system, user, assistant (content, tool_calls,
finish_reason), tool (tool_call_id, content, error) or retrieval (query, documents). Every user
message begins a trace of the GenAI semantic conventions 1.37, with the history in its prompts.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_evaluator.testing.builders import EPOCH_NS, a_span

STEP_NS = 50_000_000
Case = dict[str, Any]


def write(cases: Path, folder: Path) -> Path:
    """A trace file for each line of ``cases``, and their labels; the path of the labels."""
    labels = []
    for line in cases.read_text().splitlines():
        case = json.loads(line)
        path = folder / f"{case['id']}.binpb"
        path.write_bytes(_request(case).SerializeToString())
        label = {name: case[name] for name in ("language", "domain", "defect_types")}
        label["good"] = not set(case["defect_types"]) - {"prompt_injection_in_input"}
        labels.append(json.dumps(label | {"path": path.name, "instrumentation": "authored"}))
    written = folder / "labels.jsonl"
    written.write_text("\n".join(labels) + "\n")
    return written


def _request(case: Case) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    items = request.resource_spans.add()
    resource = a_span(attributes={"service.name": case["domain"]}).attributes
    items.resource.attributes.extend(resource)
    scope = items.scope_spans.add()
    scope.scope.name = "opentelemetry.instrumentation.genai.openai"
    scope.spans.extend(_spans(case))
    return request


def _spans(case: Case) -> Iterator[Span]:
    messages = case["messages"]
    system = [m["content"] for m in messages if m["role"] == "system"]
    shared: dict[str, Any] = {"gen_ai.conversation.id": case["id"]}
    declared = [{"type": "function", **tool} for tool in case.get("tools") or ()]
    called: dict[str, dict[str, Any]] = {}
    said: list[dict[str, Any]] = []
    trace_id = root = ""
    for number, message in enumerate(messages):
        span_id = an_id(f"{case['id']} {number}", 8)
        if message["role"] == "user":
            trace_id, root = an_id(f"{case['id']} {number}", 16), span_id
            agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": case["domain"]}
            yield a_span("invoke_agent", shared | agent, trace_id=trace_id, span_id=root)
        times = {
            "start_ns": EPOCH_NS + number * STEP_NS,
            "end_ns": EPOCH_NS + (number + 1) * STEP_NS,
        }
        place = {"trace_id": trace_id, "span_id": span_id, "parent_span_id": root, **times}
        match message["role"]:
            case "assistant":
                attributes = _chat(message, said, system, declared)
                yield a_span("chat gpt-4o-mini", shared | attributes, **place)
                called |= {call["id"]: call for call in message.get("tool_calls") or ()}
            case "tool":
                call = called[message["tool_call_id"]]
                failed = bool(message.get("error"))
                yield a_span(
                    f"execute_tool {call['name']}",
                    shared | _tool(call, message["content"]),
                    status_code=2 if failed else 0,
                    **place,
                )
            case "retrieval":
                yield a_span("retrieval", shared | _retrieval(message), **place)
        if message["role"] in ("user", "assistant", "tool"):
            said.append(_parts(message))


def _chat(
    message: Case, said: list[Case], system: list[str], declared: list[Case]
) -> dict[str, Any]:
    reason = message.get("finish_reason") or ("tool_calls" if message.get("tool_calls") else "stop")
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini",
        "gen_ai.response.finish_reasons": [reason],
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 30,
        "gen_ai.input.messages": json.dumps(said),
        "gen_ai.output.messages": json.dumps([_parts(message) | {"finish_reason": reason}]),
    }
    if system:
        texts = [{"type": "text", "content": text} for text in system]
        attributes["gen_ai.system_instructions"] = json.dumps(texts)
    if declared:
        attributes["gen_ai.tool.definitions"] = json.dumps(declared)
    return attributes


def _tool(call: Case, result: str) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": call["name"],
        "gen_ai.tool.call.id": call["id"],
        "gen_ai.tool.call.arguments": json.dumps(call["arguments"]),
        "gen_ai.tool.call.result": result,
    }


def _retrieval(message: Case) -> dict[str, Any]:
    documents = [{"id": str(n), "content": text} for n, text in enumerate(message["documents"])]
    return {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.query.text": message.get("query", ""),
        "gen_ai.retrieval.documents": json.dumps(documents),
    }


def _parts(message: Case) -> Case:
    if message["role"] == "tool":
        answer = {"id": message["tool_call_id"], "response": message["content"]}
        return {"role": "tool", "parts": [{"type": "tool_call_response", **answer}]}
    parts: list[Case] = []
    if message.get("content"):
        parts.append({"type": "text", "content": message["content"]})
    for call in message.get("tool_calls") or ():
        named = {key: call[key] for key in ("id", "name", "arguments")}
        parts.append({"type": "tool_call", **named})
    return {"role": message["role"], "parts": parts}


def an_id(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()
