"""Google ADK 1.x: ``gcp.vertex.agent.*``, Gemini requests and responses as JSON.

Source: google-adk 1.0.0, ``google/adk/telemetry.py``. Version 2 follows the semantic
conventions, with content in log records by default; its operation names and messages are
read by otel_genai.
"""

from typing import Any

from otel_evaluator.decode import blocks
from otel_evaluator.decode.dialects import observed
from otel_evaluator.decode.finish import finish_reason
from otel_evaluator.decode.messages import messages
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import count, json_text, mapping, structured, text
from otel_evaluator.model.span import Span

_SCOPE = "gcp.vertex.agent"
_REQUEST = "gcp.vertex.agent.llm_request"
_RESPONSE = "gcp.vertex.agent.llm_response"
_ARGUMENTS = "gcp.vertex.agent.tool_call_args"
_RESULT = "gcp.vertex.agent.tool_response"
_OLD = (_REQUEST, _ARGUMENTS, _RESULT)


class GoogleADK:
    """Spans of ADK; up to version 1 without operation names."""

    name = "google_adk"

    def matches(self, span: Span) -> bool:
        attributes = span.attributes
        return (
            span.scope.name == _SCOPE
            or _REQUEST in attributes
            or _ARGUMENTS in attributes
            or _RESULT in attributes
        )

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        operation, _, target = span.name.partition(" ")
        target = target.strip("[]")
        if not reading.kind:
            _read_kind(span, operation, target, reading)
        if not reading.user_id:
            # Version 2 names the user on the log records only.
            found = (text(record.attributes.get("user.id")) for record in reading.logs)
            reading.user_id = next((user for user in found if user), "")
        if reading.kind == "tool":
            reading.tool_name = reading.tool_name or target
            # One execution is two spans here: the arguments on one, the result on the other.
            if operation == "tool_response":
                event = mapping(attributes.get(_RESULT))
                reading.agent = reading.agent or text(event.get("author"))
                if not reading.tool_call_id:
                    reading.tool_call_id = text(_function_response(event).get("id"))
        elif reading.kind == "agent" and operation in ("agent_run", "invoke_agent"):
            reading.agent = reading.agent or target
        elif reading.kind == "llm":
            _read_call(attributes, reading)
        if not reading.conversation_id:
            reading.conversation_id = text(attributes.get("gcp.vertex.agent.session_id"))

    def content(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if reading.kind == "llm":
            _read_chat(attributes, reading)
        elif reading.kind == "tool":
            if reading.arguments is None and _ARGUMENTS in attributes:
                reading.arguments = blocks.arguments(attributes[_ARGUMENTS])[0]
            if reading.result is None and _RESULT in attributes:
                _read_result(attributes, reading)


def _read_kind(span: Span, operation: str, target: str, reading: Reading) -> None:
    attributes = span.attributes
    if target == "(merged)" or (operation == "tool_response" and not target):
        # The results of parallel executions once more, in one event.
        reading.kind = "chain"
    elif "gen_ai.operation.name" in attributes and not any(k in attributes for k in _OLD):
        return
    elif operation == "call_llm" or text(attributes.get(_REQUEST)):
        reading.kind = "llm"
    elif _ARGUMENTS in attributes or _RESULT in attributes or operation == "execute_tool":
        reading.kind = "tool"
    elif operation == "agent_run":
        reading.kind = "agent"
    else:
        reading.kind = "chain"


def _read_call(attributes: dict[str, Any], reading: Reading) -> None:
    if not reading.request_model:
        reading.request_model = text(attributes.get("gen_ai.request.model"))
    if not reading.provider:
        # gen_ai.system names the framework; ADK's requests have Gemini's shape.
        reading.provider = "gcp.gemini" if "gemini" in reading.request_model else ""
    response = mapping(attributes.get(_RESPONSE))
    usage = mapping(response.get("usage_metadata"))
    if reading.input_tokens is None:
        reading.input_tokens = count(usage.get("prompt_token_count"))
    if reading.reasoning_tokens is None:
        reading.reasoning_tokens = count(usage.get("thoughts_token_count"))
    if reading.output_tokens is None:
        candidates = count(usage.get("candidates_token_count"))
        # Gemini counts thoughts beside the candidates, not within them.
        if candidates is not None or reading.reasoning_tokens is not None:
            reading.output_tokens = (candidates or 0) + (reading.reasoning_tokens or 0)
    if reading.cache_read_tokens is None:
        reading.cache_read_tokens = count(usage.get("cached_content_token_count"))
    if not reading.finish_reasons:
        reason = finish_reason(response.get("finish_reason"))
        reading.finish_reasons = (reason,) if reason else ()
    if not reading.error:
        # The response of a failed call holds the code and message instead of content.
        names = ("error_message", "error_code")
        reading.error = next((t for n in names if (t := text(response.get(n)))), "")


def _read_chat(attributes: dict[str, Any], reading: Reading) -> None:
    request = mapping(attributes.get(_REQUEST))
    config = mapping(request.get("config"))
    if not reading.system:
        value = config.get("system_instruction")
        texts = (m.content for m in messages(value, "system")) if value is not None else ()
        reading.system = "\n".join(t for t in texts if t)
    if not reading.input:
        reading.input = messages(request.get("contents"))
        if request and not reading.input:
            reading.note(f"unmapped:{_REQUEST}")
    if not reading.tool_definitions:
        reading.tool_definitions = observed.request_tools(request)
    if not reading.output:
        response = mapping(attributes.get(_RESPONSE))
        reading.output = messages(response.get("content"), "assistant")
        if response.get("content") and not reading.output:
            reading.note(f"unmapped:{_RESPONSE}")


def _function_response(event: dict[str, Any]) -> dict[str, Any]:
    """The first function response of a recorded event; empty where there is none."""
    parts = mapping(event.get("content")).get("parts")
    for part in parts if isinstance(parts, list) else ():
        found = part.get("function_response") if isinstance(part, dict) else None
        if isinstance(found, dict):
            return found
    return {}


def _read_result(attributes: dict[str, Any], reading: Reading) -> None:
    found = _function_response(mapping(attributes[_RESULT]))
    value = found.get("response") if found else structured(attributes[_RESULT])
    if value is None or value == "<not serializable>":
        return
    reading.result = json_text(value)
