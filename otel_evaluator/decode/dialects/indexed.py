"""Indexed messages ``gen_ai.prompt.N.*`` and ``gen_ai.completion.N.*``.

Source: OpenLLMetry up to 0.53 (opentelemetry-instrumentation-openai 0.40.14) and LiteLLM's
first OpenTelemetry callback (litellm 1.80), which imitates it.
"""

import re
from typing import Any

from otel_evaluator.decode.definitions import tool_definitions
from otel_evaluator.decode.finish import finish_reason
from otel_evaluator.decode.flattened import entries, flat_messages
from otel_evaluator.decode.reading import Reading, SpanKind
from otel_evaluator.decode.values import count, number, text
from otel_evaluator.model.genai import Message
from otel_evaluator.model.span import Span

_INPUT = "gen_ai.prompt."
_OUTPUT = "gen_ai.completion."
_EVIDENCE = (
    "llm.request.type",
    "gen_ai.completion.0.role",
    "gen_ai.completion.0.finish_reason",
    "gen_ai.completion.0.content",
    "gen_ai.prompt.0.role",
    "gen_ai.prompt.0.content",
)
"""The output is written last, so it survives when the oldest attributes are evicted."""
_KINDS: dict[str, SpanKind] = {
    "chat": "llm",
    "completion": "llm",
    "embedding": "embedding",
    "rerank": "reranker",
}
_RAW = "raw_gen_ai_request"
_CACHED = re.compile(r"'cached_tokens': (\d{1,15})\b")
_REASONING = re.compile(r"'reasoning_tokens': (\d{1,15})\b")


def _is_indexed(attributes: dict[str, Any]) -> bool:
    return any(name in attributes for name in _EVIDENCE)


class IndexedMessages:
    """Model calls of OpenLLMetry up to 0.53 and of emitters that imitate it."""

    name = "openllmetry_indexed"

    def matches(self, span: Span) -> bool:
        return span.scope.name != "litellm" and _is_indexed(span.attributes)

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if not reading.kind:
            named = text(attributes.get("llm.request.type")).lower()
            reading.kind = _KINDS.get(named, "llm")
        if not reading.provider:
            # OpenLLMetry writes names as brands: OpenAI, Anthropic.
            reading.provider = text(attributes.get("gen_ai.system")).lower()
        if not reading.finish_reasons and reading.kind == "llm":
            found = (
                finish_reason(fields.get("finish_reason"))
                for _, fields in entries(attributes, _OUTPUT)
            )
            reading.finish_reasons = tuple(reason for reason in found if reason)
        if not reading.streaming:
            flag = attributes.get("llm.is_streaming")
            reading.streaming = flag is True or str(flag).lower() == "true"
        if reading.cache_read_tokens is None:
            name = "gen_ai.usage.cache_read_input_tokens"
            reading.cache_read_tokens = count(attributes.get(name))

    def content(self, span: Span, reading: Reading) -> None:
        if reading.kind != "llm":
            return
        attributes = span.attributes
        if not reading.input:
            reading.input, gap = flat_messages(attributes, _INPUT)
            if gap:
                reading.note(f"evicted:{_INPUT}N")
        if not reading.output:
            found, gap = flat_messages(attributes, _OUTPUT, "assistant")
            reading.output = tuple(m for m in found if not _is_filtered(m))
            if gap:
                reading.note(f"evicted:{_OUTPUT}N")
        if not reading.tool_definitions:
            listed = [fields for _, fields in entries(attributes, "llm.request.functions.")]
            reading.tool_definitions = tool_definitions(listed)


def _is_filtered(message: Message) -> bool:
    """Whether the content is what OpenLLMetry writes in place of a filtered answer."""
    return message.content == "FILTERED" and message.finish_reason == "content_filter"


class LiteLLM(IndexedMessages):
    """Spans of LiteLLM's OpenTelemetry callback, versions 1 and 2."""

    name = "litellm"

    def matches(self, span: Span) -> bool:
        return span.scope.name == "litellm"

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if span.name == _RAW and not reading.kind:
            # The provider's view of the call that the parent span records.
            reading.kind = "chain"
            return
        if _is_indexed(attributes):
            super().read(span, reading)
        _read_usage_object(attributes.get("metadata.usage_object"), reading)
        if reading.cost_usd is None:
            cost = number(attributes.get("gen_ai.cost.total_cost"))
            reading.cost_usd = cost if cost else None
        if not reading.user_id:
            reading.user_id = text(attributes.get("metadata.user_api_key_end_user_id"))
        if text(attributes.get("error.message")) and not reading.error:
            reading.error = text(attributes.get("error.message"))
        if text(attributes.get("litellm.guardrail.status")) == "guardrail_intervened":
            reading.blocked = True


def _read_usage_object(value: Any, reading: Reading) -> None:
    """Subsets that only the usage object holds, which is written as Python, not as JSON."""
    if not isinstance(value, str):
        return
    if reading.cache_read_tokens is None and (found := _CACHED.search(value)):
        reading.cache_read_tokens = int(found[1])
    if reading.reasoning_tokens is None and (found := _REASONING.search(value)):
        reading.reasoning_tokens = int(found[1])
