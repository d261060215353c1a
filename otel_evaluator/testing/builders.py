"""Values for tests: every argument has a default, so that a test names only what it is about."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_evaluator.model.genai import Message, ModelCall, ToolCall, Usage
from otel_evaluator.model.subject import Subject
from otel_evaluator.testing.doubles import EPOCH_NS

TRACE_ID = "5b8efff798038103d269b633813fc60c"
SPAN_ID = "eee19b7ec3c1b174"
QUESTION = "Where is my order 1042?"
REPLY = "Your order 1042 left our warehouse this morning."


def a_message(role: str = "user", content: str = QUESTION, **fields: Any) -> Message:
    """A message; ``fields`` are those of model.genai.Message."""
    return Message(role=role, content=content, **fields)


def a_tool_call(name: str = "find_order", arguments: Any = None, **fields: Any) -> ToolCall:
    """A tool call with an id; ``arguments`` defaults to an order number."""
    fields.setdefault("id", "call_1")
    arguments = {"order": "1042"} if arguments is None else arguments
    return ToolCall(name=name, arguments=arguments, **fields)


def a_model_call(question: str = QUESTION, reply: str = REPLY, **fields: Any) -> ModelCall:
    """One chat call of 1.5 s with 120 input and 30 output tokens."""
    values: dict[str, Any] = {
        "span_id": SPAN_ID,
        "provider": "openai",
        "model": "gpt-4o-mini",
        "request_model": "gpt-4o-mini",
        "input": (a_message("user", question),),
        "output": (a_message("assistant", reply, finish_reason="stop"),),
        "usage": Usage(input_tokens=120, output_tokens=30),
        "finish_reasons": ("stop",),
        "response_id": "chatcmpl-1",
        "start_ns": EPOCH_NS,
        "end_ns": EPOCH_NS + 1_500_000_000,
    }
    return ModelCall(**(values | fields))


def a_subject(reply: str = REPLY, question: str = QUESTION, **fields: Any) -> Subject:
    """A trace subject of one question and one reply; an empty text leaves its message out.

    ``fields`` replace those of model.subject.Subject; where ``messages`` is given and
    ``input`` or ``output`` is not, these are its last user and last assistant text.
    """
    turns = [a_message("user", question)] if question else []
    turns += [a_message("assistant", reply, finish_reason="stop")] if reply else []
    messages: tuple[Message, ...] = tuple(fields.get("messages", turns))
    call = a_model_call(question, reply)
    values: dict[str, Any] = {
        "kind": "trace",
        "key": TRACE_ID,
        "trace_id": TRACE_ID,
        "span_id": SPAN_ID,
        "service": "shop",
        "agent": "shop_agent",
        "provider": call.provider,
        "model": call.model,
        "request_model": call.request_model,
        "response_id": call.response_id,
        "start_ns": call.start_ns,
        "end_ns": call.end_ns,
        "messages": messages,
        "input": _last(messages, "user"),
        "output": _last(messages, "assistant"),
        "system": "\n".join(m.content for m in messages if m.role == "system"),
        "calls": (call,),
        "usage": call.usage,
        "finish_reasons": ("stop",),
        "dialects": ("otel_genai",),
    }
    return Subject(**(values | fields))


def _last(messages: tuple[Message, ...], role: str) -> str:
    texts = [m.content for m in messages if m.role == role and m.content]
    return texts[-1] if texts else ""


def a_span(
    name: str = "chat gpt-4o-mini",
    attributes: Mapping[str, Any] | None = None,
    *,
    trace_id: str = TRACE_ID,
    span_id: str = SPAN_ID,
    parent_span_id: str = "",
    kind: int = Span.SPAN_KIND_CLIENT,
    start_ns: int = EPOCH_NS,
    end_ns: int = EPOCH_NS + 1_500_000_000,
    status_code: int = 0,
    status_message: str = "",
    trace_state: str = "",
) -> Span:
    """A protobuf span; ids are hexadecimal text, attribute values plain Python values."""
    span = Span(
        trace_id=bytes.fromhex(trace_id),
        span_id=bytes.fromhex(span_id),
        parent_span_id=bytes.fromhex(parent_span_id),
        trace_state=trace_state,
        name=name,
        kind=kind,  # type: ignore[arg-type]  # an enum's wrapper, an int at run time
        start_time_unix_nano=start_ns,
        end_time_unix_nano=end_ns,
        attributes=_key_values(attributes or {}),
        flags=0x100,  # SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE, as SDKs set it (trace.proto)
    )
    if status_code or status_message:
        span.status.code = status_code  # type: ignore[assignment]
        span.status.message = status_message
    else:
        span.status.SetInParent()
    return span


def an_export_request(
    traces: int = 1,
    *,
    question: str = QUESTION,
    reply: str = REPLY,
    service: str = "shop",
    conversation_id: str = "",
    attributes: Mapping[str, Any] | None = None,
    model_calls: int = 1,
    other_spans: int = 1,
    start_ns: int = EPOCH_NS,
    first: int = 0,
    descending: bool = False,
) -> bytes:
    """The bytes of an ExportTraceServiceRequest with ``traces`` complete traces.

    Each trace has a server root span, ``other_spans`` database spans and ``model_calls`` chat
    spans in the GenAI semantic conventions' newest form. Trace number i gets the same ids in
    every request: pass another ``first`` for new traces. ``attributes`` are added to the chat
    spans. With ``descending`` every message is written the way a Go Collector does.
    """
    request = ExportTraceServiceRequest()
    items = request.resource_spans.add()
    items.resource.attributes.extend(_key_values({"service.name": service}))
    web, database, genai = (items.scope_spans.add() for _ in range(3))
    web.scope.name = "opentelemetry.instrumentation.asgi"
    database.scope.name = "opentelemetry.instrumentation.sqlite3"
    genai.scope.name = "opentelemetry.instrumentation.genai.openai"
    chat = _chat_attributes(question, reply, conversation_id) | dict(attributes or {})
    for number in range(first, first + traces):
        trace_id, root = _hex(f"trace {number}", 16), _hex(f"root {number}", 8)
        begin = start_ns + number * 1_000_000
        times: dict[str, Any] = {
            "trace_id": trace_id,
            "start_ns": begin,
            "end_ns": begin + 1_500_000_000,
        }
        web.spans.append(a_span("POST /chat", span_id=root, kind=Span.SPAN_KIND_SERVER, **times))
        for i in range(other_spans):
            span_id = _hex(f"database {number} {i}", 8)
            query = {"db.system.name": "sqlite", "db.query.text": "SELECT 1"}
            database.spans.append(
                a_span("SELECT", query, span_id=span_id, parent_span_id=root, **times)
            )
        for i in range(model_calls):
            span_id = _hex(f"chat {number} {i}", 8)
            own = chat | {"gen_ai.response.id": f"chatcmpl-{number}-{i}"}
            genai.spans.append(
                a_span(attributes=own, span_id=span_id, parent_span_id=root, **times)
            )
    return in_descending_order(request) if descending else request.SerializeToString()


def in_descending_order(message: Any) -> bytes:
    """Encode a protobuf message with its fields in the order a Go Collector writes them.

    Fields come in the reverse of their order in the .proto file: descending numbers, but a
    span's flags (16) stand between name (5) and parent_span_id (4). Elements of a repeated
    field keep their order. ``SerializeToString`` and SDKs write ascending numbers.
    """
    parts: list[bytes] = []
    for field, value in sorted(message.ListFields(), key=lambda item: -item[0].index):
        if field.message_type is None:
            alone = type(message)()
            if field.is_repeated:
                getattr(alone, field.name).extend(value)
            else:
                setattr(alone, field.name, value)
            parts.append(alone.SerializeToString())
            continue
        for item in value if field.is_repeated else (value,):
            body = in_descending_order(item)
            parts += [_varint(field.number << 3 | 2), _varint(len(body)), body]
    return b"".join(parts)


def _chat_attributes(question: str, reply: str, conversation_id: str) -> dict[str, Any]:
    """A chat span's attributes as of the GenAI semantic conventions 1.37 and later."""
    output = [_message_json("assistant", reply) | {"finish_reason": "stop"}]
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 30,
        "gen_ai.input.messages": json.dumps([_message_json("user", question)]),
        "gen_ai.output.messages": json.dumps(output),
    }
    if conversation_id:
        attributes["gen_ai.conversation.id"] = conversation_id
    return attributes


def _message_json(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": content}]}


def _key_values(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any_value(value)) for key, value in attributes.items()]


def _any_value(value: Any) -> AnyValue:
    result = AnyValue()
    match value:
        case None:
            pass
        case bool():
            result.bool_value = value
        case str():
            result.string_value = value
        case int():
            result.int_value = value
        case float():
            result.double_value = value
        case bytes():
            result.bytes_value = value
        case Mapping():
            result.kvlist_value.SetInParent()
            result.kvlist_value.values.extend(_key_values(value))
        case _:
            result.array_value.SetInParent()
            result.array_value.values.extend(_any_value(item) for item in value)
    return result


def _hex(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


def _varint(number: int) -> bytes:
    result = bytearray()
    while number > 0x7F:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    result.append(number)
    return bytes(result)
