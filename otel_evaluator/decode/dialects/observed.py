"""Inputs and outputs of observed functions and model calls, as generic tracers record them.

Langfuse, MLflow and LangSmith do not interpret what they record: the value is whatever the
application passed or returned, as JSON.
"""

from typing import Any

from otel_evaluator.decode.blocks import plain
from otel_evaluator.decode.definitions import tool_definitions
from otel_evaluator.decode.dialects import langchain
from otel_evaluator.decode.messages import messages
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import REDACTED, json_text, structured
from otel_evaluator.model.genai import Message

_ASKING = ("question", "query", "input", "prompt", "message", "user_input", "text", "messages")
_ANSWERING = ("output", "answer", "response", "result", "content", "text", "final_output")
_TOOLS = ("tools", "functions", "available_tools")


def call_value(value: Any) -> Any:
    """The decoded value; of ``{"args": …, "kwargs": …}`` the arguments of the function."""
    decoded = structured(value)
    if isinstance(decoded, dict) and decoded.keys() == {"args", "kwargs"}:
        return langchain.tool_arguments(decoded)
    return decoded


def is_empty(value: Any) -> bool:
    """Whether the value says nothing: absent, empty, or replaced by a redaction mark."""
    if isinstance(value, str):
        return not value.strip('"') or value in REDACTED
    return value is None or value in ({}, [])


def read_request(value: Any, attribute: str, reading: Reading) -> None:
    """Input of a model call: messages, and the tools that were sent along."""
    if is_empty(value):
        return
    decoded = call_value(value)
    if not reading.tool_definitions and isinstance(decoded, dict):
        reading.tool_definitions = request_tools(decoded)
    if reading.input:
        return
    reading.input = messages(decoded)
    if not reading.input and (asked := _named_text(decoded, _ASKING)):
        reading.input = (Message(role="user", content=asked),)
    if not reading.input:
        reading.note(f"unmapped:{attribute}")


def request_tools(request: dict[str, Any]) -> Any:
    """Tool definitions in a request: OpenAI, Anthropic, or Gemini's nested declarations."""
    for name in _TOOLS:
        found = tool_definitions(request.get(name))
        if found:
            return found
    config = request.get("config")
    listed = config.get("tools") if isinstance(config, dict) else request.get("tools")
    declared: list[Any] = []
    for item in listed if isinstance(listed, list) else ():
        inner = item.get("function_declarations") if isinstance(item, dict) else None
        declared.extend(inner if isinstance(inner, list) else ())
    return tool_definitions(declared)


def read_reply(value: Any, attribute: str, reading: Reading) -> None:
    """Output of a model call: messages in any shape, or the answer itself as text or JSON."""
    if reading.output or is_empty(value):
        return
    decoded = structured(value)
    reading.output = langchain.generations(decoded)
    if not reading.output and not isinstance(decoded, str):
        found = messages(decoded, "assistant")
        reading.output = tuple(m for m in found if m.content or m.tool_calls or m.reasoning)
    if not reading.output:
        # Structured output: the JSON text is what the model said.
        named = _named_text(decoded, _ANSWERING) if isinstance(decoded, dict) else ""
        text = named or json_text(decoded if isinstance(decoded, str) else value)
        reading.output = (Message(role="assistant", content=text),) if text else ()
    if not reading.output:
        reading.note(f"unmapped:{attribute}")


def read_question(value: Any, reading: Reading) -> None:
    """Input of an agent or a chain: plain text, messages, or arguments that hold either."""
    if reading.input or reading.input_text or is_empty(value):
        return
    decoded = call_value(value)
    if isinstance(decoded, str):
        reading.input_text = decoded
        return
    reading.input = langchain.state_messages(decoded, "user")
    if not reading.input:
        reading.input_text = _named_text(decoded, _ASKING)


def read_answer(value: Any, reading: Reading) -> None:
    """Output of an agent or a chain."""
    if reading.output or reading.output_text or is_empty(value):
        return
    decoded = structured(value)
    if isinstance(decoded, str):
        reading.output_text = decoded
        return
    reading.output = langchain.state_messages(decoded, "assistant")
    if not reading.output:
        reading.output_text = _named_text(decoded, _ANSWERING)


def read_execution(arguments: Any, result: Any, reading: Reading) -> None:
    """Arguments and result of a tool execution; quoted text loses its quotes."""
    if reading.arguments is None and not _absent(arguments):
        found = langchain.tool_arguments(structured(arguments))
        if isinstance(found, dict) and found.keys() == {"input"}:
            found = langchain.tool_arguments(found["input"])
        reading.arguments = found
    if reading.result is None and not _absent(result):
        decoded = structured(result)
        if isinstance(decoded, dict) and decoded.keys() == {"output"}:
            inner = decoded["output"]
            result = inner if isinstance(inner, dict | str) else plain(inner)
            decoded = inner
        langchain.read_tool_result(decoded if isinstance(decoded, str) else result, reading)


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value in REDACTED)


def _named_text(value: Any, names: tuple[str, ...]) -> str:
    """The text in a usual key, else the only value where that is text."""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return ""
    for name in names:
        found = value.get(name)
        if isinstance(found, str) and found:
            return found
    if len(value) == 1:
        (found,) = value.values()
        return found if isinstance(found, str) else ""
    return ""
