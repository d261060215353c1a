"""Future AGI traceAI: OpenInference's structure under ``gen_ai.`` or ``fi.`` names.

Source: fi-instrumentation-otel 0.1.8 (``fi.span.kind``) and 1.1.0 (``gen_ai.span.kind``).
"""

from otel_evaluator.decode.definitions import tool_definition, tool_definitions
from otel_evaluator.decode.dialects import openinference
from otel_evaluator.decode.flattened import rows
from otel_evaluator.decode.messages import messages
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import first_text, mapping, text
from otel_evaluator.model.genai import Message
from otel_evaluator.model.span import Span

_FLAT = ("gen_ai.input.messages.0.message.role", "gen_ai.output.messages.0.message.role")


class TraceAI:
    """Spans with ``fi.span.kind``, or ``gen_ai.span.kind`` beside flattened values."""

    name = "traceai"

    def matches(self, span: Span) -> bool:
        attributes = span.attributes
        if "fi.span.kind" in attributes:
            return True
        if "gen_ai.span.kind" not in attributes:
            return any(key in attributes for key in _FLAT)
        if "input.value" in attributes or "output.value" in attributes:
            return True
        if any(key in attributes for key in _FLAT) or "gen_ai.operation.name" not in attributes:
            return True
        return any(k.startswith("gen_ai.input.messages.") for k in attributes)

    def read(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        if not reading.kind:
            names = ("fi.span.kind", "gen_ai.span.kind")
            named = first_text(attributes, names).upper()
            reading.kind = openinference.KINDS.get(named, "" if named else "llm")
        if reading.kind in ("llm", "embedding", "reranker"):
            # The requested model is written with the name of the answering one.
            reading.request_model = text(attributes.get("gen_ai.request.model"))
            if not reading.request_model:
                parameters = mapping(attributes.get("gen_ai.request.parameters"))
                reading.request_model = text(parameters.get("model"))
            openinference.read_model(span, reading)
        _read_prompt(span, reading)
        openinference.read_identity(span, reading)
        openinference.read_tool(span, reading)
        if text(attributes.get("gen_ai.guardrail.result")).lower() == "block":
            reading.blocked = True
        if text(attributes.get("error.message")) and not reading.error:
            reading.error = text(attributes.get("error.message"))

    def content(self, span: Span, reading: Reading) -> None:
        attributes = span.attributes
        kind = reading.kind
        if kind == "llm":
            openinference.read_chat(
                attributes, reading, "gen_ai.input.messages.", "gen_ai.output.messages."
            )
            openinference.read_chat(
                attributes, reading, "llm.input_messages.", "llm.output_messages."
            )
            _read_rest(span, reading)
        elif kind == "tool":
            openinference.read_tool_values(attributes, reading)
        elif kind in ("agent", "chain", "guardrail", ""):
            openinference.read_values(attributes, reading)
        if kind in ("retriever", "reranker", "chain"):
            openinference.read_documents(attributes, reading)


def _read_prompt(span: Span, reading: Reading) -> None:
    """Prompt identity; the template's "name" may hold its whole text, which is no name."""
    attributes = span.attributes
    if not reading.prompt_version:
        names = ("gen_ai.prompt.template.version", "gen_ai.prompt.template.label")
        reading.prompt_version = first_text(attributes, names)
    if not reading.prompt_name:
        name = text(attributes.get("gen_ai.prompt.template.name"))
        if name and len(name) <= 128 and "\n" not in name and name.count(" ") < 6:
            reading.prompt_name = name


def _read_rest(span: Span, reading: Reading) -> None:
    """Answers that were streamed have no messages, only their text; tools in two forms."""
    attributes = span.attributes
    value = attributes.get("output.value")
    if not reading.output and isinstance(value, str) and value:
        reading.output = (Message(role="assistant", content=value),)
    value = attributes.get("input.value", attributes.get("raw.input"))
    if not reading.input and value is not None:
        reading.input = messages(value)
    if not reading.tool_definitions and "gen_ai.tool.definitions" in attributes:
        reading.tool_definitions = tool_definitions(attributes["gen_ai.tool.definitions"])
    if not reading.tool_definitions:
        for prefix in ("gen_ai.tool.definitions.", "llm.tools."):
            found = (
                tool_definition(r.get("json_schema")) for r in rows(attributes, prefix, "tool.")
            )
            reading.tool_definitions = tuple(d for d in found if d is not None)
            if reading.tool_definitions:
                return
