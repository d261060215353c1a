"""OpenLLMetry / Traceloop: entity spans around model calls.

Source: traceloop-sdk and opentelemetry-instrumentation-{openai,langchain} 0.62. Their
model-call spans since 0.55 follow the semantic conventions and are read by otel_genai; the
indexed form before that is a dialect of its own.
"""

from typing import Any

from otel_evaluator.decode.definitions import documents, is_retrieval_name
from otel_evaluator.decode.dialects import langchain
from otel_evaluator.decode.reading import Reading, SpanKind
from otel_evaluator.decode.values import first_text, structured, text
from otel_evaluator.model.span import Span

_KINDS: dict[str, SpanKind] = {
    "workflow": "chain",
    "task": "chain",
    "agent": "agent",
    "tool": "tool",
    "handoff": "handoff",
}
_PROPERTIES = "traceloop.association.properties."
_LANGCHAIN_AGENT = _PROPERTIES + "lc_agent_name"
_PROMPT_NAME = ("traceloop.prompt.key", _PROPERTIES + "prompt_name")
_PROMPT_VERSION = (
    "traceloop.prompt.version_name",
    "traceloop.prompt.version",
    _PROPERTIES + "prompt_version",
)
_INPUT = ("traceloop.entity.input", "gen_ai.task.input")
_OUTPUT = ("traceloop.entity.output", "gen_ai.task.output")


class OpenLLMetry:
    """Spans of the Traceloop SDK and of its instrumentations."""

    name = "openllmetry"

    def matches(self, span: Span) -> bool:
        if "traceloop.span.kind" in span.attributes:
            return True
        scope = span.scope.name
        if scope == "traceloop.tracer":
            return True
        return "traceloop.workflow.name" in span.attributes and (
            "gen_ai.operation.name" in span.attributes or "llm.request.type" in span.attributes
        )

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        named = text(attributes.get("traceloop.span.kind"))
        entity = text(attributes.get("traceloop.entity.name"))
        if not reading.kind and named:
            reading.kind = self._kind(attributes, named, entity)
        if not reading.agent:
            reading.agent = text(attributes.get(_LANGCHAIN_AGENT))
        if not reading.prompt_name:
            reading.prompt_name = first_text(attributes, _PROMPT_NAME)
        if not reading.prompt_version:
            reading.prompt_version = first_text(attributes, _PROMPT_VERSION)
        if reading.kind == "tool":
            reading.tool_name = reading.tool_name or text(attributes.get("gen_ai.tool.name"))
            reading.tool_name = reading.tool_name or entity
            if attributes.get("gen_ai.task.status") == "failure" and not reading.tool_error:
                reading.tool_error = text(attributes.get("error.type")) or "failure"
        elif reading.kind == "agent" and not reading.agent:
            reading.agent = text(attributes.get("gen_ai.agent.name")) or entity
        elif named == "workflow" and not reading.agent_hint:
            reading.agent_hint = entity
        elif reading.kind == "handoff":
            names = ("gen_ai.handoff.to_agent", "langgraph.command.goto_node")
            reading.handoff_to = reading.handoff_to or first_text(attributes, names)

    def _kind(self, attributes: dict[str, Any], named: str, entity: str) -> SpanKind:
        kind = _KINDS.get(named, "")
        operation = attributes.get("gen_ai.operation.name")
        if operation == "vector_db_retrieve":
            return "retriever"
        if kind == "chain" and is_retrieval_name(entity):
            return "retriever"
        if operation == "invoke_agent" and kind == "chain":
            return "agent"
        return kind

    def content(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if reading.kind == "tool":
            _read_tool(attributes, reading)
        elif reading.kind == "retriever":
            _read_retrieval(attributes, reading)
        elif reading.kind in ("agent", "chain"):
            _read_entity(attributes, reading)


def _first(attributes: dict[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        value = attributes.get(name)
        if value is not None:
            return value
    return None


def _read_tool(attributes: dict[str, Any], reading: Reading) -> None:
    if reading.arguments is None:
        value = _first(attributes, ("gen_ai.tool.call.arguments", *_INPUT))
        if value is not None:
            reading.arguments = langchain.tool_arguments(value)
            if not reading.tool_call_id:
                reading.tool_call_id = langchain.tool_call_id(value)
    if reading.result is None:
        value = _first(attributes, ("gen_ai.tool.call.result", *_OUTPUT))
        if value is not None:
            langchain.read_tool_result(value, reading)


def _read_retrieval(attributes: dict[str, Any], reading: Reading) -> None:
    if not reading.query:
        reading.query = langchain.query(_first(attributes, _INPUT))
    if not reading.documents:
        value = structured(_first(attributes, _OUTPUT))
        reading.documents = documents(value)
        if not reading.documents and value:
            reading.note("unmapped:traceloop.entity.output")


def _read_entity(attributes: dict[str, Any], reading: Reading) -> None:
    """A workflow, a task or an agent: the arguments and the return value of a function."""
    if not reading.input and not reading.input_text:
        value = structured(_first(attributes, _INPUT))
        reading.input = langchain.state_messages(value, "user")
        if not reading.input:
            reading.input_text = langchain.query(value)
    if not reading.output and not reading.output_text:
        value = structured(_first(attributes, _OUTPUT))
        reading.output = langchain.state_messages(value, "assistant")
        if not reading.output:
            inner = value.get("outputs", value.get("output")) if isinstance(value, dict) else value
            reading.output_text = inner if isinstance(inner, str) else ""
