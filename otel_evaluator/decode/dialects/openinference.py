"""OpenInference: ``openinference.span.kind`` and flattened ``llm.*`` keys.

Source: Arize-ai/openinference ``spec/semantic_conventions.md``; emitters openinference-
instrumentation-* (LangChain, OpenAI, OpenAI Agents and others).
"""

from typing import Any

from otel_evaluator.decode.blocks import arguments
from otel_evaluator.decode.definitions import (
    documents,
    is_retrieval_name,
    is_schema,
    tool_definition,
)
from otel_evaluator.decode.dialects import langchain
from otel_evaluator.decode.finish import finish_reasons
from otel_evaluator.decode.flattened import entries, entry_messages, grouped, has_gap, rows
from otel_evaluator.decode.messages import messages
from otel_evaluator.decode.reading import Reading, SpanKind
from otel_evaluator.decode.values import count, first_text, json_text, mapping, number, text
from otel_evaluator.model.genai import Document, Message
from otel_evaluator.model.span import Span

KINDS: dict[str, SpanKind] = {
    "LLM": "llm",
    "EMBEDDING": "embedding",
    "CHAIN": "chain",
    "PROMPT": "chain",
    "RETRIEVER": "retriever",
    "VECTOR_DB": "retriever",
    "RERANKER": "reranker",
    "TOOL": "tool",
    "AGENT": "agent",
    "A2A_CLIENT": "agent",
    "A2A_SERVER": "agent",
    "CONVERSATION": "agent",
    "GUARDRAIL": "guardrail",
    "EVALUATOR": "evaluator",
}
"""Span kinds, upper case; traceAI's additions included."""

_MODEL = ("llm.response.model_name", "llm.model_name", "embedding.model_name")
_REQUEST_MODEL = ("llm.request.model_name",)
_HANDOFF = "handoff to "


class OpenInference:
    """Spans with ``openinference.span.kind``, or what eviction left of them."""

    name = "openinference"

    def matches(self, span: Span) -> bool:
        attributes = span.attributes
        return "openinference.span.kind" in attributes or (
            ("llm.model_name" in attributes or "llm.input_messages.0.message.role" in attributes)
            and "fi.span.kind" not in attributes
        )

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if not reading.kind:
            named = text(attributes.get("openinference.span.kind")).upper()
            reading.kind = KINDS.get(named, "" if named else "llm")
        read_model(span, reading)
        read_identity(span, reading)
        read_tool(span, reading)

    def content(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        kind = reading.kind
        if kind == "llm":
            read_chat(attributes, reading, "llm.input_messages.", "llm.output_messages.")
            if not reading.input or not reading.output:
                _read_completions(attributes, reading)
            _read_raw(attributes, reading)
            if not reading.tool_definitions:
                found = (
                    tool_definition(row.get("json_schema"))
                    for row in rows(attributes, "llm.tools.", "tool.")
                )
                reading.tool_definitions = tuple(d for d in found if d is not None)
        elif kind in ("agent", "chain", "guardrail", ""):
            read_values(attributes, reading)
        if kind == "tool":
            read_tool_values(attributes, reading)
        if kind in ("retriever", "reranker", "chain"):
            read_documents(attributes, reading)


def read_model(span: Span, reading: Reading) -> None:
    """Model, provider, usage, cost and finish reason of ``llm.*`` keys."""
    attributes = span.attributes
    if not reading.response_model:
        reading.response_model = first_text(attributes, _MODEL)
    if not reading.request_model:
        reading.request_model = first_text(attributes, _REQUEST_MODEL) or _requested(attributes)
    if not reading.provider:
        reading.provider = first_text(attributes, ("llm.provider", "llm.system"))
    if not reading.finish_reasons:
        reading.finish_reasons = finish_reasons(attributes.get("llm.finish_reason"))
    if reading.input_tokens is None:
        reading.input_tokens = count(attributes.get("llm.token_count.prompt"))
    if reading.output_tokens is None:
        reading.output_tokens = count(attributes.get("llm.token_count.completion"))
    prefix = "llm.token_count.prompt_details."
    if reading.cache_read_tokens is None:
        reading.cache_read_tokens = count(attributes.get(prefix + "cache_read"))
    if reading.cache_write_tokens is None:
        reading.cache_write_tokens = count(attributes.get(prefix + "cache_write"))
    if reading.reasoning_tokens is None:
        key = "llm.token_count.completion_details.reasoning"
        reading.reasoning_tokens = count(attributes.get(key))
    if reading.cost_usd is None:
        reading.cost_usd = number(attributes.get("llm.cost.total"))


def _requested(attributes: dict[str, Any]) -> str:
    """The requested model, which most emitters have only among the invocation parameters."""
    raw = attributes.get("llm.invocation_parameters")
    if not isinstance(raw, str) or '"model' not in raw:
        return ""
    parameters = mapping(raw)
    return text(parameters.get("model")) or text(parameters.get("model_name"))


def read_identity(span: Span, reading: Reading) -> None:
    """User, agent and prompt: keys shared with traceAI."""
    attributes = span.attributes
    if not reading.user_id:
        reading.user_id = text(attributes.get("user.id"))
    if not reading.agent:
        reading.agent = text(attributes.get("agent.name"))
        if not reading.agent and reading.kind == "agent":
            # LangChain names its agents by the span alone.
            reading.agent_hint = text(attributes.get("graph.node.name")) or span.name
    if not reading.prompt_version:
        names = ("llm.prompt_template.version", "prompt.version")
        reading.prompt_version = first_text(attributes, names)
    if not reading.prompt_name:
        reading.prompt_name = first_text(attributes, ("prompt.name", "prompt.id"))
    if not (reading.prompt_name and reading.prompt_version):
        _read_metadata(attributes, reading)


def _read_metadata(attributes: dict[str, Any], reading: Reading) -> None:
    """Prompt identity where applications put it: the metadata of the trace."""
    raw = attributes.get("metadata")
    if not isinstance(raw, str | dict) or ("prompt" not in raw and isinstance(raw, str)):
        return
    metadata = mapping(raw)
    if not reading.prompt_name:
        reading.prompt_name = text(metadata.get("prompt_name"))
    if not reading.prompt_version:
        reading.prompt_version = text(metadata.get("prompt_version"))


def read_chat(
    attributes: dict[str, Any], reading: Reading, input_prefix: str, output_prefix: str
) -> None:
    """Flattened messages of a model call."""
    if reading.input and reading.output:
        return
    groups = grouped(attributes, (input_prefix, output_prefix))
    if not reading.input:
        reading.input = entry_messages(groups[input_prefix], "user", reading.memo)
        if has_gap(groups[input_prefix]):
            reading.note(f"evicted:{input_prefix}N")
    if not reading.output:
        reading.output = entry_messages(groups[output_prefix], "assistant", reading.memo)
        if has_gap(groups[output_prefix]):
            reading.note(f"evicted:{output_prefix}N")


def _read_completions(attributes: dict[str, Any], reading: Reading) -> None:
    """Legacy text completions."""
    if not reading.input and (found := entries(attributes, "llm.prompts.")):
        texts = [json_text(f.get("prompt.text")) for _, f in found]
        reading.input = tuple(Message(role="user", content=t) for t in texts if t)
        if has_gap(found):
            reading.note("evicted:llm.prompts.N")
    if not reading.output and (found := entries(attributes, "llm.choices.")):
        texts = [json_text(f.get("completion.text")) for _, f in found]
        reading.output = tuple(Message(role="assistant", content=t) for t in texts if t)


def _read_raw(attributes: dict[str, Any], reading: Reading) -> None:
    """Raw request and response, where the flattened messages are missing."""
    value = attributes.get("input.value")
    if not reading.input and value is not None and text(value):
        reading.input = messages(value)
        if not reading.input:
            reading.note("unmapped:input.value")
    value = attributes.get("output.value")
    if not reading.output and value is not None and text(value):
        reading.output = langchain.generations(value) or messages(value, "assistant")
        if not reading.output:
            reading.note("unmapped:output.value")
    elif not reading.response_id and isinstance(value, str) and '"id"' in value:
        reading.response_id = langchain.response_id(value)


def read_values(attributes: dict[str, Any], reading: Reading) -> None:
    """Input and output of an agent or a chain: plain text or framework state."""
    value = attributes.get("input.value")
    if value is not None and not reading.input and not reading.input_text:
        reading.input_text, reading.input = text_or_messages(value, "user")
    value = attributes.get("output.value")
    if value is not None and not reading.output and not reading.output_text:
        reading.output_text, reading.output = text_or_messages(value, "assistant")


def text_or_messages(value: Any, role: str) -> tuple[str, tuple[Message, ...]]:
    """The text of a plain value, or the messages of a structured one."""
    if isinstance(value, str) and value.lstrip()[:1] not in ("{", "["):
        return text(value), ()
    return "", langchain.state_messages(value, role)


def read_tool(span: Span, reading: Reading) -> None:
    """Name and call id of a tool, and hand-overs that are written as tools."""
    if reading.kind not in ("tool", "agent", "chain"):
        return
    attributes = span.attributes
    if not reading.tool_name:
        reading.tool_name = text(attributes.get("tool.name"))
    if not reading.tool_call_id:
        names = ("tool_call.id", "tool.id")
        reading.tool_call_id = first_text(attributes, names)
    if reading.kind == "tool" and not reading.tool_name:
        reading.tool_name = span.name
    if span.name.startswith(_HANDOFF):
        reading.kind, reading.handoff_to = "handoff", span.name.removeprefix(_HANDOFF)
    elif reading.kind == "agent" and reading.tool_name:
        # LangChain tools whose name contains "agent" are classified as agents.
        reading.kind = "tool"


def read_tool_values(attributes: dict[str, Any], reading: Reading) -> None:
    """Arguments and result of a tool execution."""
    if reading.arguments is None:
        value = attributes.get("input.value")
        parameters = attributes.get("tool.parameters")
        if (value is not None and text(value)) or value == "{}":
            reading.arguments = langchain.tool_arguments(value)
        elif parameters is not None and not is_schema(found := arguments(parameters)[0]):
            reading.arguments = found
    value = attributes.get("output.value")
    if reading.result is None and value is not None:
        langchain.read_tool_result(value, reading)
    if is_retrieval_name(reading.tool_name):
        reading.documents = reading.documents or _documents(attributes) or documents(value)
        reading.query = reading.query or langchain.query(attributes.get("input.value"))


def read_documents(attributes: dict[str, Any], reading: Reading) -> None:
    """Retrieved documents, flattened or as JSON, and the query."""
    if not reading.documents:
        reading.documents = _documents(attributes)
    if reading.kind in ("retriever", "reranker") and not reading.query:
        names = ("reranker.query", "gen_ai.retrieval.query.text", "gen_ai.retrieval.query")
        reading.query = first_text(attributes, names) or langchain.query(
            attributes.get("input.value")
        )


def _documents(attributes: dict[str, Any]) -> tuple[Document, ...]:
    for prefix in ("retrieval.documents.", "reranker.output_documents."):
        found = rows(attributes, prefix, "document.")
        if found:
            return documents(found)
    return documents(attributes.get("retrieval.documents"))
