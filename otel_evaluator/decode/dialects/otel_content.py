"""Content of the semantic conventions in attributes: messages, tool results, documents."""

from typing import Any

from otel_evaluator.decode.blocks import arguments
from otel_evaluator.decode.definitions import documents
from otel_evaluator.decode.messages import messages, repeated_messages
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import REDACTED, first_text, json_text
from otel_evaluator.model.genai import Message

_INPUT = ("gen_ai.input.messages", "gen_ai.request.messages")
_OUTPUT = ("gen_ai.output.messages", "gen_ai.response.text")
_OFFLOADED = ("gen_ai.input.messages_ref", "gen_ai.output.messages_ref")


def read_messages(attributes: dict[str, Any], reading: Reading) -> None:
    """Messages and system instructions in attributes."""
    if not reading.system:
        reading.system = system_text(attributes.get("gen_ai.system_instructions"))
    if not reading.input:
        reading.input = _first_messages(attributes, _INPUT, "user", reading)
    if not reading.output:
        reading.output = _first_messages(attributes, _OUTPUT, "assistant", reading)


def _first_messages(
    attributes: dict[str, Any], names: tuple[str, ...], role: str, reading: Reading
) -> tuple[Message, ...]:
    for name in names:
        value = attributes.get(name)
        if value is None or value in ("", "[]", "{}") or value == [] or value == {}:
            continue
        found = repeated_messages(value, role, reading.memo)
        if found:
            return found
        if not (isinstance(value, str) and value in REDACTED):
            reading.note(f"unmapped:{name}")
    return ()


def system_text(value: Any) -> str:
    """System instructions as text: parts, messages or plain text."""
    if value is None:
        return ""
    return "\n".join(m.content for m in messages(value, "system") if m.content)


def read_tool_content(attributes: dict[str, Any], reading: Reading) -> None:
    """Arguments and result of a tool execution."""
    if reading.arguments is None:
        for name in ("gen_ai.tool.call.arguments", "gen_ai.tool.args", "tool_arguments"):
            if name in attributes:
                reading.arguments = arguments(attributes[name])[0]
                break
    if reading.result is None:
        for name in ("gen_ai.tool.call.result", "tool_response"):
            value = attributes.get(name)
            if value is not None and not (isinstance(value, str) and value in REDACTED):
                reading.result = json_text(value)
                break


def read_retrieval(attributes: dict[str, Any], reading: Reading) -> None:
    """Query and documents of a retrieval."""
    if not reading.query:
        names = (
            "gen_ai.retrieval.query.text",
            "gen_ai.retrieval.query",
            "gen_ai.memory.query.text",
        )
        reading.query = first_text(attributes, names)
    if not reading.documents:
        for name in ("gen_ai.retrieval.documents", "gen_ai.memory.records"):
            value = attributes.get(name)
            if value is not None:
                reading.documents = documents(value)
                if not reading.documents and value not in ("[]", "", []):
                    reading.note(f"unmapped:{name}")
                break


def note_offloaded(attributes: dict[str, Any], reading: Reading) -> None:
    """Content that was uploaded elsewhere and left behind as a reference."""
    for name in _OFFLOADED:
        if name in attributes:
            reading.note(f"unmapped:{name}")
