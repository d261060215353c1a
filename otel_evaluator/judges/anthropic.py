"""Anthropic messages: the request's JSON, and what its answer says."""

from typing import Any

import msgspec

from otel_evaluator.api.judge import Answer
from otel_evaluator.errors import ContentRefused, JudgeError
from otel_evaluator.judges.prompt import Prompt
from otel_evaluator.judges.shape import Shape, object_of

PATH = "/v1/messages"
DEFAULT_BASE_URL = "https://api.anthropic.com"
VERSION = "2023-06-01"
_TOOL = "give_verdict"


def headers(key: str) -> dict[str, str]:
    """Headers that authenticate and name the protocol's version."""
    return {"x-api-key": key, "anthropic-version": VERSION}


def request(
    prompt: Prompt, model: str, shape: Shape, max_tokens: int, parameters: dict[str, Any]
) -> dict[str, Any]:
    """The body of a request; a forced tool call is the protocol's structured answer."""
    body: dict[str, Any] = {
        "model": model,
        "system": prompt.system,
        "messages": [{"role": "user", "content": prompt.user}],
        "max_tokens": max_tokens,
        **parameters,
    }
    if shape in ("schema", "tool"):
        body["tools"] = [{"name": _TOOL, "input_schema": prompt.schema}]
        body["tool_choice"] = {"type": "tool", "name": _TOOL}
    return body


class _Block(msgspec.Struct):
    type: str = ""
    text: str = ""
    input: dict[str, Any] | None = None


class _Usage(msgspec.Struct):
    input_tokens: int = 0
    output_tokens: int = 0


class _Reply(msgspec.Struct):
    content: list[_Block]
    model: str = ""
    stop_reason: str | None = None
    usage: _Usage = msgspec.field(default_factory=_Usage)


_decoder = msgspec.json.Decoder(_Reply)


def answer(body: bytes) -> Answer:
    """The structured answer of a message; errors as for the other protocol."""
    try:
        reply = _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise JudgeError(f"the endpoint's answer is no message ({type(error).__name__})") from None
    if reply.stop_reason == "refusal":
        raise ContentRefused("the model refused to judge this content")
    if reply.stop_reason == "max_tokens":
        raise JudgeError("the answer was cut off at max_tokens")
    called = [block.input for block in reply.content if block.type == "tool_use" and block.input]
    text = "".join(block.text for block in reply.content if block.type == "text")
    value = called[0] if called else object_of(text)
    return Answer(value, reply.model, reply.usage.input_tokens, reply.usage.output_tokens)
