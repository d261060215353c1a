"""OpenAI-compatible chat completions: the request's JSON, and what its answer says."""

from typing import Any

import msgspec

from otel_evaluator.api.judge import Answer
from otel_evaluator.errors import ContentRefused, JudgeError
from otel_evaluator.judges.prompt import Prompt
from otel_evaluator.judges.shape import Shape, object_of

PATH = "/chat/completions"
DEFAULT_BASE_URL = "https://api.openai.com/v1"
_TOOL = "give_verdict"


def headers(key: str) -> dict[str, str]:
    """Headers that authenticate."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def request(
    prompt: Prompt, model: str, shape: Shape, max_tokens: int, parameters: dict[str, Any]
) -> dict[str, Any]:
    """The body of a request that asks for the answer in this shape."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ],
        "max_tokens": max_tokens,
        **parameters,
    }
    if shape == "schema":
        schema = {"name": _TOOL, "strict": True, "schema": prompt.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif shape == "tool":
        function = {"name": _TOOL, "parameters": prompt.schema}
        body["tools"] = [{"type": "function", "function": function}]
        body["tool_choice"] = {"type": "function", "function": {"name": _TOOL}}
    elif shape == "json":
        body["response_format"] = {"type": "json_object"}
    return body


class _Function(msgspec.Struct):
    arguments: str = ""


class _ToolCall(msgspec.Struct):
    function: _Function = msgspec.field(default_factory=_Function)


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    model: str = ""
    usage: _Usage | None = None


_decoder = msgspec.json.Decoder(_Completion)


def answer(body: bytes) -> Answer:
    """The structured answer of a completion.

    Raises ContentRefused where the model would not say, JudgeError for anything else that holds
    no answer.
    """
    try:
        completion = _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise JudgeError(
            f"the endpoint's answer is no chat completion ({type(error).__name__})"
        ) from None
    if not completion.choices:
        raise JudgeError("the endpoint's answer has no choices")
    choice = completion.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise ContentRefused("the model or its provider refused to judge this content")
    if choice.finish_reason == "length":
        raise JudgeError("the answer was cut off at max_tokens")
    calls = choice.message.tool_calls
    text = calls[0].function.arguments if calls else choice.message.content or ""
    usage = completion.usage or _Usage()
    return Answer(object_of(text), completion.model, usage.prompt_tokens, usage.completion_tokens)
