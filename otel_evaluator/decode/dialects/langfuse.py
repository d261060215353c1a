"""Langfuse SDK: ``langfuse.observation.*``.

Source: langfuse-python 3.0.0 and 5.0.4, ``langfuse/_client/attributes.py``; usage types as
in the product's documentation of usage and cost tracking.
"""

from datetime import datetime
from typing import Any

from otel_evaluator.decode.definitions import documents, tool_definitions
from otel_evaluator.decode.dialects import langchain, observed
from otel_evaluator.decode.reading import Reading, SpanKind
from otel_evaluator.decode.values import count, first_count, mapping, number, structured, text
from otel_evaluator.model.span import Span

_PREFIX = "langfuse.observation."
_TYPE = _PREFIX + "type"
_INPUT = _PREFIX + "input"
_OUTPUT = _PREFIX + "output"
_MODEL = _PREFIX + "model.name"
_USAGE = _PREFIX + "usage_details"

_INPUT_TOTALS = ("prompt_tokens", "input", "input_tokens")
_OUTPUT_TOTALS = ("completion_tokens", "output", "output_tokens")
_CACHE_READ = (
    "cached_tokens",
    "cache_read",
    "cache_read_input_tokens",
    "input_cached_tokens",
    "input_cache_read",
)
_CACHE_WRITE = ("cache_creation", "cache_creation_input_tokens", "input_cache_creation")
_REASONING = ("reasoning_tokens", "reasoning", "output_reasoning_tokens", "output_reasoning")

_KINDS: dict[str, SpanKind] = {
    "generation": "llm",
    "embedding": "embedding",
    "agent": "agent",
    "tool": "tool",
    "chain": "chain",
    "retriever": "retriever",
    "evaluator": "evaluator",
    "guardrail": "guardrail",
    "span": "chain",
    "event": "chain",
}


class Langfuse:
    """Observations of the Langfuse SDK; ``langfuse.trace.*`` alone is propagation."""

    name = "langfuse"

    def matches(self, span: Span) -> bool:
        attributes = span.attributes
        return (
            _TYPE in attributes
            or _INPUT in attributes
            or _OUTPUT in attributes
            or _MODEL in attributes
        )

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if not reading.kind:
            named = text(attributes.get(_TYPE)).lower()
            reading.kind = _KINDS.get(named, "chain")
            # SDKs up to 3.3.0 call a generation a span.
            if reading.kind == "chain" and (_MODEL in attributes or _USAGE in attributes):
                reading.kind = "llm"
        failed = text(attributes.get(_PREFIX + "level")).upper() == "ERROR"
        if failed and not reading.error:
            message = text(attributes.get(_PREFIX + "status_message"))
            reading.error = message or "error"
        if reading.kind in ("llm", "embedding"):
            _read_model(span, failed, reading)
        elif reading.kind == "tool":
            reading.tool_name = reading.tool_name or span.name
            reading.tool_call_id = reading.tool_call_id or _metadata(attributes, "tool_call_id")
            reading.tool_error = reading.tool_error or (reading.error if failed else "")
        elif reading.kind == "agent":
            reading.agent = reading.agent or span.name
        _read_identity(attributes, reading)

    def content(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        sent, received = attributes.get(_INPUT), attributes.get(_OUTPUT)
        if reading.kind == "llm":
            observed.read_request(_without_tools(sent, reading), _INPUT, reading)
            observed.read_reply(received, _OUTPUT, reading)
        elif reading.kind == "tool":
            observed.read_execution(sent, received, reading)
        elif reading.kind == "retriever":
            _read_retrieval(sent, received, reading)
        elif reading.kind != "embedding":
            observed.read_question(sent, reading)
            observed.read_answer(received, reading)


def _read_identity(attributes: dict[str, Any], reading: Reading) -> None:
    if not reading.conversation_id:
        reading.conversation_id = text(attributes.get("langfuse.session.id"))
    if not reading.user_id:
        reading.user_id = text(attributes.get("langfuse.user.id"))
    if not reading.agent:
        reading.agent = _metadata(attributes, "lc_agent_name")
    if not reading.prompt_name:
        reading.prompt_name = text(attributes.get(_PREFIX + "prompt.name"))
        if reading.prompt_name and not reading.prompt_version:
            reading.prompt_version = text(attributes.get(_PREFIX + "prompt.version"))


def _metadata(attributes: dict[str, Any], name: str) -> str:
    """A text in the metadata, whose values are quoted as JSON; LangChain's among them."""
    value = attributes.get(f"{_PREFIX}metadata.{name}")
    return "" if value is None else text(structured(value))


def _without_tools(value: Any, reading: Reading) -> Any:
    """The messages without the tool definitions that the LangChain handler puts among them."""
    if not isinstance(value, str) or '"function"' not in value:
        return value
    decoded = structured(value)
    if not isinstance(decoded, list):
        return value
    said: list[Any] = []
    offered: list[Any] = []
    for item in decoded:
        content = item.get("content") if isinstance(item, dict) else None
        is_tool = isinstance(content, dict) and content.get("type") == "function"
        (offered if is_tool else said).append(content if is_tool else item)
    if not reading.tool_definitions:
        reading.tool_definitions = tool_definitions(offered)
    return said


def _read_model(span: Span, failed: bool, reading: Reading) -> None:
    attributes = span.attributes
    model = text(attributes.get(_MODEL))
    reading.provider = reading.provider or _metadata(attributes, "ls_provider")
    reading.request_model = reading.request_model or _metadata(attributes, "ls_model_name")
    # One key: the requested model until an answer names the model that gave it.
    if failed:
        reading.request_model = reading.request_model or model
    elif not reading.response_model:
        reading.response_model = model
    _read_usage(mapping(attributes.get(_USAGE)), reading)
    if reading.cost_usd is None:
        costs = mapping(attributes.get(_PREFIX + "cost_details"))
        total = number(costs.get("total"))
        if total is None:
            total = sum(found for v in costs.values() if (found := number(v)) is not None)
        reading.cost_usd = total if total > 0 else None
    if reading.time_to_first_chunk_s is None:
        started = _time_ns(attributes.get(_PREFIX + "completion_start_time"))
        if started is not None:
            reading.streaming = True
            waited = (started - span.start_ns) / 1e9
            reading.time_to_first_chunk_s = waited if waited >= 0 else None


def _read_usage(usage: dict[str, Any], reading: Reading) -> None:
    found = {name: units for name, v in usage.items() if (units := count(v)) is not None}
    sent, received = _totals(usage, found)
    if reading.input_tokens is None:
        reading.input_tokens = sent
    if reading.output_tokens is None:
        reading.output_tokens = received
    _read_subsets(usage, found, reading)


def _totals(usage: dict[str, Any], found: dict[str, int]) -> tuple[int | None, int | None]:
    """Input and output tokens, subsets included.

    Counts that a provider gave (OpenAI's names, or subsets in nested objects) include their
    subsets. Langfuse's own usage types are disjoint: every type with "input" in its name is
    input, and all add up to the total, unless a recorded total says otherwise.
    """
    plain = first_count(found, _INPUT_TOTALS), first_count(found, _OUTPUT_TOTALS)
    if "prompt_tokens" in found or any(isinstance(value, dict) for value in usage.values()):
        return plain
    total = found.get("total", found.get("total_tokens"))
    if total is not None and total == (plain[0] or 0) + (plain[1] or 0):
        return plain
    sums = (
        sum(units for name, units in found.items() if side in name) for side in ("input", "output")
    )
    sent, received = sums
    return sent or plain[0], received or plain[1]


def _read_subsets(usage: dict[str, Any], found: dict[str, int], reading: Reading) -> None:
    flat = dict(found)
    for value in usage.values():
        if isinstance(value, dict):
            flat.update({k: n for k, v in value.items() if (n := count(v)) is not None})
    if reading.cache_read_tokens is None:
        reading.cache_read_tokens = first_count(flat, _CACHE_READ)
    if reading.cache_write_tokens is None:
        reading.cache_write_tokens = first_count(flat, _CACHE_WRITE)
    if reading.reasoning_tokens is None:
        reading.reasoning_tokens = first_count(flat, _REASONING)


def _time_ns(value: Any) -> int | None:
    """ISO 8601 text, possibly quoted as JSON, in nanoseconds since the epoch."""
    found = structured(value)
    if not isinstance(found, str) or not found:
        return None
    try:
        return int(datetime.fromisoformat(found.replace("Z", "+00:00")).timestamp() * 1e9)
    except (ValueError, OverflowError):
        return None


def _read_retrieval(sent: Any, received: Any, reading: Reading) -> None:
    if not reading.query:
        value = observed.call_value(sent)
        reading.query = value if isinstance(value, str) else langchain.query(value)
    if not reading.documents and not observed.is_empty(received):
        reading.documents = documents(received)
        if not reading.documents:
            reading.note(f"unmapped:{_OUTPUT}")
