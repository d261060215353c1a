"""Future AGI traceAI up to 0.1: ``fi.span.kind`` with OpenInference's keys.

Source: traceai-openai 0.1.4. The traceai dialect reads the keys themselves; here is what only
the raw response holds: ids, finish reasons, token subsets and the answers of streams.
"""

from typing import Any

from otel_evaluator.decode.blocks import tool_call
from otel_evaluator.decode.finish import finish_reason
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import count, mapping, structured, text
from otel_evaluator.model.genai import Message
from otel_evaluator.model.span import Span


class TraceAIOld:
    """Model calls of traceAI's first generation."""

    name = "traceai_old"

    def matches(self, span: Span) -> bool:
        return "fi.span.kind" in span.attributes

    def read(self, span: Span, reading: Reading) -> None:
        if any(event.name == "First Token Stream Event" for event in span.events):
            reading.streaming = True

    def content(self, span: Span, reading: Reading) -> None:
        if reading.kind != "llm":
            return
        raw = structured(span.attributes.get("raw.output"))
        if isinstance(raw, list):
            _read_chunks([chunk for chunk in raw if isinstance(chunk, dict)], reading)
        elif isinstance(raw, dict):
            _read_response(raw, reading)


def _read_response(response: dict[str, Any], reading: Reading) -> None:
    """Identity and usage of a response, or of the last chunk of a stream."""
    if not reading.response_id:
        reading.response_id = text(response.get("id"))
    if not reading.response_model:
        reading.response_model = text(response.get("model"))
    choices = response.get("choices")
    if not reading.finish_reasons and isinstance(choices, list):
        found = (finish_reason(c.get("finish_reason")) for c in choices if isinstance(c, dict))
        reading.finish_reasons = tuple(reason for reason in found if reason)
    usage = mapping(response.get("usage"))
    if reading.cache_read_tokens is None:
        details = mapping(usage.get("prompt_tokens_details"))
        reading.cache_read_tokens = count(details.get("cached_tokens"))
    if reading.reasoning_tokens is None:
        details = mapping(usage.get("completion_tokens_details"))
        reading.reasoning_tokens = count(details.get("reasoning_tokens"))


def _read_chunks(chunks: list[dict[str, Any]], reading: Reading) -> None:
    """The streamed answer put together; only its first choice was recorded elsewhere."""
    texts: list[str] = []
    calls: dict[Any, dict[str, Any]] = {}
    for chunk in chunks:
        _read_response(chunk, reading)
        choices = chunk.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        delta = mapping(first.get("delta")) if isinstance(first, dict) else {}
        if isinstance(delta.get("content"), str):
            texts.append(delta["content"])
        listed = delta.get("tool_calls")
        for part in listed if isinstance(listed, list) else ():
            if isinstance(part, dict):
                _add_call(part, calls)
    if reading.output:
        return
    found = tuple(c for c in map(tool_call, calls.values()) if c is not None)
    content = "".join(texts)
    if content or found:
        reason = reading.finish_reasons[0] if reading.finish_reasons else ""
        reading.output = (Message("assistant", content, found, finish_reason=reason),)


def _add_call(part: dict[str, Any], calls: dict[Any, dict[str, Any]]) -> None:
    call = calls.setdefault(str(part.get("index")), {"id": "", "name": "", "arguments": ""})
    function = mapping(part.get("function"))
    call["id"] = call["id"] or text(part.get("id"))
    call["name"] += text(function.get("name"))
    arguments = function.get("arguments")
    call["arguments"] += arguments if isinstance(arguments, str) else ""
