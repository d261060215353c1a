"""Inputs and outputs of observed functions and model calls, as generic tracers record them.

Langfuse, MLflow and LangSmith do not interpret what they record: the value is whatever the
application passed or returned, as JSON.
"""

from typing import Any

from otel_evaluator.decode.blocks import plain
from otel_evaluator.decode.definitions import tool_definitions
from otel_evaluator.decode.dialects import langchain
from otel_evaluator.decode.finish import finish_reason
from otel_evaluator.decode.messages import messages
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import REDACTED, count, json_text, mapping, structured, text
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
        said = named or json_text(decoded if isinstance(decoded, str) else value)
        reading.output = (Message(role="assistant", content=said),) if said else ()
    if not reading.output:
        reading.note(f"unmapped:{attribute}")


def read_response(value: Any, reading: Reading) -> None:
    """What a recorded response says beside the answer: id, model, finish reasons, subsets.

    Known are OpenAI's chat completions and LangChain's LLMResult.
    """
    response = mapping(value) if isinstance(value, dict) or _is_object(value) else {}
    choices, usage = _items(response.get("choices")), mapping(response.get("usage"))
    if not choices:
        batches = _items(response.get("generations"))
        choices = [generation for batch in batches for generation in _items(batch)]
        response, usage = _llm_result(choices, response)
    if not reading.response_id:
        reading.response_id = text(response.get("id"))
    if not reading.response_model:
        reading.response_model = text(response.get("model"))
    if not reading.finish_reasons:
        named = (_finish(choice) for choice in choices if isinstance(choice, dict))
        reading.finish_reasons = tuple(reason for reason in named if reason)
    if reading.cache_read_tokens is None:
        details = mapping(usage.get("prompt_tokens_details"))
        reading.cache_read_tokens = count(details.get("cached_tokens"))
    if reading.reasoning_tokens is None:
        details = mapping(usage.get("completion_tokens_details"))
        reading.reasoning_tokens = count(details.get("reasoning_tokens"))


def _is_object(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip()[:1] == "{"


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _finish(choice: dict[str, Any]) -> str:
    found = choice.get("finish_reason")
    return finish_reason(found or mapping(choice.get("generation_info")).get("finish_reason"))


def _llm_result(
    generations: list[Any], response: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Id and model, and usage, of an LLMResult: on the message, or beside the generations."""
    output = mapping(response.get("llm_output"))
    if not generations and not output:
        return response, mapping(response.get("usage"))
    first = generations[0] if generations and isinstance(generations[0], dict) else {}
    message = mapping(first.get("message"))
    metadata = mapping(mapping(message.get("kwargs", message)).get("response_metadata"))
    found = {
        "id": metadata.get("id") or output.get("id"),
        "model": metadata.get("model_name") or output.get("model_name"),
    }
    return found, mapping(metadata.get("token_usage") or output.get("token_usage"))


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
