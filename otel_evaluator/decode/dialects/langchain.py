"""LangChain and LangGraph payloads, which several dialects carry inside their values."""

from typing import Any

from otel_evaluator.decode.blocks import arguments, plain, text_of
from otel_evaluator.decode.finish import finish_reason
from otel_evaluator.decode.messages import messages
from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.values import json_text, strict_json, structured
from otel_evaluator.model.genai import Message

_CONTROL_FLOW = ("ParentCommand", "GraphBubbleUp", "GraphInterrupt", "NodeInterrupt")


def is_control_flow(error_type: str) -> bool:
    """Whether the exception is how LangGraph routes, not a failure."""
    return error_type.rpartition(".")[2] in _CONTROL_FLOW


def generations(value: Any) -> tuple[Message, ...]:
    """Messages of an LLMResult dump: ``{"generations": [[{"message": …, "text": …}]]}``."""
    decoded = structured(value)
    if not isinstance(decoded, dict) or not isinstance(decoded.get("generations"), list):
        return ()
    found: list[Message] = []
    for batch in decoded["generations"]:
        for generation in batch if isinstance(batch, list) else [batch]:
            if not isinstance(generation, dict):
                continue
            if generation.get("message") is not None:
                found.extend(messages(generation["message"], "assistant"))
            elif isinstance(generation.get("text"), str):
                info = generation.get("generation_info")
                reason = info.get("finish_reason") if isinstance(info, dict) else None
                text = generation["text"]
                found.append(Message("assistant", text, finish_reason=finish_reason(reason)))
    return tuple(found)


def response_id(value: str) -> str:
    """The provider's response id in a raw response or an LLMResult dump."""
    decoded = structured(value)
    if not isinstance(decoded, dict):
        return ""
    if "generations" not in decoded:
        found = decoded.get("id")
        return found if isinstance(found, str) else ""
    try:
        kwargs = decoded["generations"][0][0]["message"]["kwargs"]
        found = kwargs["response_metadata"].get("id")
    except (KeyError, IndexError, TypeError, AttributeError):
        return ""
    return found if isinstance(found, str) else ""


def state_messages(value: Any, role: str) -> tuple[Message, ...]:
    """Messages of a graph state, a command or a list of commands."""
    decoded = structured(value)
    if isinstance(decoded, dict):
        for key in ("inputs", "outputs", "output", "update"):
            inner = decoded.get(key)
            if isinstance(inner, dict | list):
                return state_messages(inner, role)
        if isinstance(decoded.get("messages"), list):
            return messages(decoded["messages"], role)
        return messages(decoded, role) if "role" in decoded or "lc" in decoded else ()
    if isinstance(decoded, list) and decoded and isinstance(decoded[0], dict):
        if "update" in decoded[0]:
            return tuple(m for item in decoded for m in state_messages(item, role))
        if {"role", "lc", "data", "parts"} & decoded[0].keys():
            return messages(decoded, role)
    return ()


def tool_arguments(value: Any) -> Any:
    """Arguments of a tool run, out of ``{"input_str": …, "inputs": …}`` where wrapped so."""
    decoded, _ = arguments(value)
    if isinstance(decoded, dict):
        if "input_str" in decoded and "metadata" in decoded:
            inputs = decoded.get("inputs")
            return inputs if isinstance(inputs, dict) else arguments(decoded["input_str"])[0]
        if decoded.keys() == {"args", "kwargs"}:
            return _python_arguments(decoded)
    if isinstance(decoded, str) and decoded.startswith("{'"):
        return _python_literal(decoded)
    return decoded


def _python_arguments(value: dict[str, Any]) -> Any:
    """Arguments of a decorated function: keywords, else the only positional one, else all."""
    args, kwargs = value["args"], value["kwargs"]
    if kwargs or not args:
        return kwargs
    return args[0] if isinstance(args, list) and len(args) == 1 else args


def _python_literal(text: str) -> Any:
    """A Python dictionary display, as LangChain writes tool inputs; the text if it is none."""
    import ast

    if len(text) > 1_000_000:
        return text
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return found if isinstance(found, dict) else text


def read_tool_result(value: Any, reading: Reading) -> None:
    """Fill result, call id and failure from a tool's output, unwrapping a ToolMessage."""
    if isinstance(value, str) and value[:1] == '"':
        inner_text, _ = strict_json(value)
        value = inner_text if isinstance(inner_text, str) else value
    decoded = structured(value)
    inner = decoded
    if isinstance(inner, dict) and isinstance(inner.get("output"), dict) and _wraps(inner):
        inner = inner["output"]
    if isinstance(inner, dict):
        body = inner.get("kwargs") if "lc" in inner else inner.get("data", inner)
        if isinstance(body, dict) and body.get("type") == "tool" and "tool_call_id" in body:
            _read_tool_message(body, reading)
            return
        if "graph" in inner and "update" in inner:
            _read_command(inner, reading)
            return
    if isinstance(decoded, dict) and "output" in decoded and _wraps(decoded):
        reading.result = plain(decoded["output"])
        return
    reading.result = value if isinstance(value, str) else json_text(value)


def _wraps(value: dict[str, Any]) -> bool:
    return value.keys() <= {"output", "kwargs"} and "kwargs" in value


def _read_tool_message(body: dict[str, Any], reading: Reading) -> None:
    reading.result = plain(body.get("content"))
    if not reading.tool_call_id:
        reading.tool_call_id = text_of(body.get("tool_call_id"))
    if body.get("status") == "error" and not reading.tool_error:
        reading.tool_error = reading.result or "error"


def _read_command(command: dict[str, Any], reading: Reading) -> None:
    """A hand-over between graph nodes: the tool's own message is the last of the update."""
    goto = command.get("goto")
    target = goto[0] if isinstance(goto, list) and goto else goto
    if isinstance(target, str):
        reading.handoff_to = reading.handoff_to or target
    results = [m for m in state_messages(command["update"], "user") if m.role == "tool"]
    if results:
        reading.result = results[-1].content
        reading.tool_call_id = reading.tool_call_id or results[-1].tool_call_id


def query(value: Any) -> str:
    """The query of a retriever: text, or the usual keys of a mapping."""
    decoded = structured(value)
    if isinstance(decoded, dict):
        if decoded.keys() == {"args", "kwargs"}:
            decoded = _python_arguments(decoded)
        if isinstance(decoded, dict):
            for key in ("query", "inputs", "input", "question", "search_query"):
                found = decoded.get(key)
                if isinstance(found, str | dict):
                    return query(found)
            return ""
    return decoded if isinstance(decoded, str) else ""


def tool_call_id(value: Any) -> str:
    """The id of the model's tool call, which LangChain callbacks get among ``kwargs``."""
    decoded = structured(value)
    kwargs = decoded.get("kwargs") if isinstance(decoded, dict) else None
    return text_of(kwargs.get("tool_call_id")) if isinstance(kwargs, dict) else ""
