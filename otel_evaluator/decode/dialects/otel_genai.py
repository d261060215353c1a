"""OpenTelemetry GenAI semantic conventions, every generation that uses attributes or logs.

Source: open-telemetry/semantic-conventions v1.26 to v1.41 and semantic-conventions-genai;
attribute renames are listed oldest last. Emitters that write further names under the same
``gen_ai.`` prefix (OpenLIT, Strands, Microsoft Agent Framework, LiteLLM v2, Semantic
Kernel, Sentry) are read here as well.
"""

from typing import Any

from otel_evaluator.decode.definitions import tool_definitions
from otel_evaluator.decode.dialects import otel_content, otel_logs
from otel_evaluator.decode.finish import finish_reasons
from otel_evaluator.decode.reading import Reading, SpanKind
from otel_evaluator.decode.values import (
    first_count,
    first_text,
    number,
    structured,
    text,
)
from otel_evaluator.model.span import Span

OPERATIONS: dict[str, SpanKind] = {
    "chat": "llm",
    "generate_content": "llm",
    "text_completion": "llm",
    "text_completions": "llm",
    "chat.completions": "llm",
    "text.completions": "llm",
    "completion": "llm",
    "completions": "llm",
    "generate": "llm",
    "response": "llm",
    "responses": "llm",
    "fetch_response": "llm",
    "llm_request": "llm",
    "llm_call": "llm",
    "embeddings": "embedding",
    "embedding": "embedding",
    "execute_tool": "tool",
    "tool_call": "tool",
    "tool": "tool",
    "create_agent": "",
    "invoke_agent": "agent",
    "agent_call": "agent",
    "invoke_workflow": "chain",
    "plan": "chain",
    "handle_conversation_turn": "agent",
    "agent_step": "chain",
    "execute_task": "chain",
    "retrieval": "retriever",
    "retriever": "retriever",
    "search_memory": "retriever",
    "vector_db_retrieve": "retriever",
    "rerank": "reranker",
    "guard": "guardrail",
    "guardrail.run": "guardrail",
    "apply_guardrail": "guardrail",
    "evaluation": "evaluator",
    "handoff": "handoff",
    "goto": "handoff",
}
"""``gen_ai.operation.name``, lower case; the set is open, unknown ones are chains.
Creating an agent is no operation on anybody's behalf and has no kind."""

_OWN_KEYS = frozenset(
    {
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.system",
        "gen_ai.request.model",
        "gen_ai.response.model",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.tool.name",
        "gen_ai.tool.call.id",
        "gen_ai.tool.call.arguments",
        "gen_ai.retrieval.documents",
        "gen_ai.retrieval.query.text",
        "gen_ai.span.kind",
        "gen_ai.evaluation.name",
    }
)
_PROVIDER = ("gen_ai.provider.name", "gen_ai.system")
_FRAMEWORKS = frozenset({"strands-agents", "langchain", "gcp.vertex.agent", "autogen"})
"""Written as the provider by frameworks that do not say whose model they called."""
_INPUT_TOKENS = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "gen_ai.response.prompt_tokens",
)
_OUTPUT_TOKENS = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "gen_ai.response.completion_tokens",
)
_CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cache_read_tokens",
    "gen_ai.usage.cached_input_tokens",
)
_CACHE_WRITE = (
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_input_tokens",
    "gen_ai.usage.cache_write_tokens",
)
_REASONING = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.output_tokens.reasoning",
    "gen_ai.usage.details.reasoning_tokens",
)
_COST = ("gen_ai.cost.total", "gen_ai.usage.cost", "litellm.cost.total", "operation.cost")
_FINISH = (
    "gen_ai.response.finish_reasons",
    "gen_ai.response.finish_reason",
    "gen_ai.response.stop_reason",
)
_DEFINITIONS = ("gen_ai.tool.definitions", "gen_ai.request.available_tools")


class OtelGenAI:
    """Spans with ``gen_ai.*`` keys of their own, in any generation of the conventions."""

    name = "otel_genai"

    def matches(self, span: Span) -> bool:
        attributes = span.attributes
        # The conventions' only required key comes first: it decides nearly every span.
        return (
            "gen_ai.operation.name" in attributes
            or not _OWN_KEYS.isdisjoint(attributes)
            or "mcp.method.name" in attributes
        )

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        operation = text(attributes.get("gen_ai.operation.name")).lower()
        if not reading.operation:
            reading.operation = operation
        if not reading.kind:
            reading.kind = _kind(span, operation)
        if not reading.provider:
            named = first_text(attributes, _PROVIDER)
            reading.provider = "" if named in _FRAMEWORKS else named
        if not reading.agent:
            reading.agent = text(attributes.get("gen_ai.agent.name"))
        if not reading.prompt_name:
            reading.prompt_name = text(attributes.get("gen_ai.prompt.name"))
        if not reading.prompt_version:
            reading.prompt_version = text(attributes.get("gen_ai.prompt.version"))
        if reading.kind in ("llm", "embedding", "reranker"):
            _read_call(attributes, reading)
        elif reading.kind == "tool":
            _read_tool(span, reading)
        elif reading.kind == "handoff":
            names = ("gen_ai.handoff.to_agent", "langgraph.command.goto_node")
            reading.handoff_to = reading.handoff_to or first_text(attributes, names)
        elif reading.kind == "guardrail":
            _read_guardrail(attributes, reading)

    def content(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        kind = reading.kind
        if kind in ("llm", "agent", "chain", ""):
            otel_content.read_messages(attributes, reading)
            otel_logs.read_events(span, reading)
            otel_content.note_offloaded(attributes, reading)
        if kind == "llm" and not reading.tool_definitions:
            for name in _DEFINITIONS:
                value = attributes.get(name)
                if value is not None:
                    reading.tool_definitions = tool_definitions(value)
                    break
        elif kind == "tool":
            otel_content.read_tool_content(attributes, reading)
            otel_logs.read_tool_events(span, reading)
        elif kind == "retriever":
            otel_content.read_retrieval(attributes, reading)


def _kind(span: Span, operation: str) -> SpanKind:
    attributes = span.attributes
    if operation:
        found = OPERATIONS.get(operation)
        if found is not None:
            return found
        return OPERATIONS.get(operation.rpartition(".")[2], "chain")
    named = text(attributes.get("gen_ai.span.kind")).lower()
    if named:
        kinds: dict[str, SpanKind] = {"llm": "llm", "tool": "tool", "agent": "agent"}
        return kinds.get(named) or OPERATIONS.get(named, "chain")
    if "gen_ai.request.model" in attributes or "gen_ai.response.model" in attributes:
        return "llm"
    if any(k in attributes for k in ("gen_ai.input.messages", "gen_ai.output.messages")):
        return "llm"
    if "gen_ai.retrieval.documents" in attributes or "gen_ai.retrieval.query.text" in attributes:
        return "retriever"
    method = text(attributes.get("mcp.method.name"))
    if method:
        return "tool" if method == "tools/call" else "chain"
    if "gen_ai.tool.name" in attributes or "gen_ai.tool.call.id" in attributes:
        return "tool"
    return "evaluator" if "gen_ai.evaluation.name" in attributes else "chain"


def _read_call(attributes: dict[str, Any], reading: Reading) -> None:
    if not reading.request_model:
        reading.request_model = text(attributes.get("gen_ai.request.model"))
    if not reading.response_model:
        reading.response_model = text(attributes.get("gen_ai.response.model"))
    if not reading.response_id:
        reading.response_id = text(attributes.get("gen_ai.response.id"))
    if not reading.finish_reasons:
        for name in _FINISH:
            if name in attributes:
                reading.finish_reasons = finish_reasons(structured(attributes[name]))
                break
    if reading.input_tokens is None:
        reading.input_tokens = first_count(attributes, _INPUT_TOKENS)
    if reading.output_tokens is None:
        reading.output_tokens = first_count(attributes, _OUTPUT_TOKENS)
    if reading.cache_read_tokens is None:
        reading.cache_read_tokens = first_count(attributes, _CACHE_READ)
    if reading.cache_write_tokens is None:
        reading.cache_write_tokens = first_count(attributes, _CACHE_WRITE)
    if reading.reasoning_tokens is None:
        reading.reasoning_tokens = first_count(attributes, _REASONING)
    if reading.cost_usd is None:
        _read_cost(attributes, reading)
    if not reading.streaming:
        flag = attributes.get("gen_ai.request.stream", attributes.get("gen_ai.is_streaming"))
        reading.streaming = flag is True or flag == "true"
    if reading.time_to_first_chunk_s is None:
        key = "gen_ai.response.time_to_first_chunk"
        reading.time_to_first_chunk_s = number(attributes.get(key))


def _read_cost(attributes: dict[str, Any], reading: Reading) -> None:
    """Cost in US dollars; 0 means unknown for several emitters and is left out."""
    for name in _COST:
        found = number(attributes.get(name))
        if found is not None and found > 0:
            reading.cost_usd = found
            return


def _read_tool(span: Span, reading: Reading) -> None:
    attributes = span.attributes
    if not reading.tool_name:
        reading.tool_name = text(attributes.get("gen_ai.tool.name"))
        if not reading.tool_name:
            prefix, _, rest = span.name.partition(" ")
            reading.tool_name = rest if rest and prefix in ("execute_tool", "tools/call") else ""
    if not reading.tool_call_id:
        reading.tool_call_id = text(attributes.get("gen_ai.tool.call.id"))
    if text(attributes.get("gen_ai.tool.status")) == "error" and not reading.tool_error:
        reading.tool_error = text(attributes.get("gen_ai.tool.message")) or "error"


def _read_guardrail(attributes: dict[str, Any], reading: Reading) -> None:
    status = text(attributes.get("gen_ai.guardrail.status")).upper()
    result = text(attributes.get("gen_ai.guardrail.result")).lower()
    if status == "FAILED" or result == "block":
        reading.blocked = True
