"""Pydantic AI and Logfire: semantic conventions plus names of their own.

Source: pydantic-ai-slim 2.68 (format versions 1 to 6), logfire-sdk 5.4.
"""

from otel_evaluator.decode.blocks import arguments
from otel_evaluator.decode.definitions import tool_definitions
from otel_evaluator.decode.messages import messages
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import json_text, mapping, number, structured, text
from otel_evaluator.model.span import Span

_UNWRAPPED = "\n\nFix the errors and try again."


class PydanticAI:
    """Spans of scopes ``pydantic-ai`` and ``logfire``; also formats before GenAI messages."""

    name = "pydantic_ai"

    def matches(self, span: Span) -> bool:
        scope = span.scope.name
        return (
            scope == "pydantic-ai"
            or scope.startswith("logfire")
            or "pydantic_ai.all_messages" in span.attributes
            or "logfire.feedback.name" in span.attributes
        )

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if "logfire.feedback.name" in attributes:
            _read_feedback(span, reading)
            return
        if not reading.agent:
            reading.agent = text(attributes.get("agent_name"))
        if not reading.kind:
            _read_old_kind(span, reading)
        raw = attributes.get("metadata")
        if raw is not None:
            metadata = mapping(raw)
            reading.prompt_name = reading.prompt_name or text(metadata.get("prompt_name"))
            reading.prompt_version = reading.prompt_version or text(metadata.get("prompt_version"))
            reading.user_id = reading.user_id or text(metadata.get("user_id"))
        if "pydantic_ai.tool.retry.cause" in attributes:
            reading.retry = True
            for event in span.events:
                if event.name == "exception":
                    message = text(event.attributes.get("exception.message"))
                    reading.tool_error = message.removesuffix(_UNWRAPPED)

    def content(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if reading.kind == "agent":
            if not reading.input and "pydantic_ai.all_messages" in attributes:
                reading.input = messages(attributes["pydantic_ai.all_messages"])
            final = attributes.get("final_result")
            if final is not None and not reading.output_text:
                reading.output_text = json_text(final)
        elif reading.kind == "llm":
            _read_requests(span, reading)
        elif reading.kind == "tool":
            if reading.arguments is None and "tool_arguments" in attributes:
                reading.arguments = arguments(attributes["tool_arguments"])[0]
            if reading.result is None and "tool_response" in attributes:
                reading.result = json_text(attributes["tool_response"])


def _read_old_kind(span: Span, reading: Reading) -> None:
    """Formats that name no operation."""
    if "request_data" in span.attributes:
        reading.kind = "llm"
    elif span.name.startswith("running tool") and "gen_ai.tool.name" in span.attributes:
        reading.kind = "tool"
    elif "agent_name" in span.attributes and "model_name" in span.attributes:
        reading.kind = "agent"


def _read_requests(span: Span, reading: Reading) -> None:
    """Logfire's raw request and response, the event list of format 1, tools offered."""
    attributes = span.attributes
    events = structured(attributes.get("events", attributes.get("all_messages_events")))
    if isinstance(events, list) and not reading.input and not reading.output:
        sent = [e for e in events if isinstance(e, dict) and e.get("event.name") != "gen_ai.choice"]
        answers = [e for e in events if isinstance(e, dict) and e not in sent]
        reading.input = messages(sent)
        reading.output = messages([e.get("message", e) for e in answers], "assistant")
    if not reading.input and "request_data" in attributes:
        reading.input = messages(attributes["request_data"])
    if not reading.output and "response_data" in attributes:
        reading.output = messages(attributes["response_data"], "assistant")
    if not reading.tool_definitions and "gen_ai.tool.definitions" not in attributes:
        parameters = mapping(attributes.get("model_request_parameters"))
        reading.tool_definitions = tool_definitions(parameters.get("function_tools"))


def _read_feedback(span: Span, reading: Reading) -> None:
    """A Logfire annotation: the value sits in an attribute named after the metric."""
    reading.kind = "feedback"
    name = text(span.attributes.get("logfire.feedback.name"))
    value = span.attributes.get(name)
    score = number(value)
    if isinstance(value, bool):
        reading.feedback = 1.0 if value else -1.0
    elif score is not None:
        reading.feedback = max(-1.0, min(1.0, score))
    reading.feedback_comment = text(span.attributes.get("logfire.feedback.comment"))
