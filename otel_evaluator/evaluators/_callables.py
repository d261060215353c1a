"""Calling a user's function with what its parameters ask for, and reading what it returns."""

import inspect
import math
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import msgspec

from otel_evaluator.model.genai import Message
from otel_evaluator.model.outcome import REASONS, Failed, Scored, Skipped, Unscored, Verdict
from otel_evaluator.model.subject import Subject

MAX_LABEL = 100
MAX_EXPLANATION = 2_000
"""Longest label and explanation that are kept, in characters."""

Provider = Callable[[Subject], Any]


def load(path: str) -> Callable[..., Any]:
    """The callable at ``package.module:name``; ValueError saying what is missing."""
    target = attribute(path)
    if not callable(target):
        raise ValueError(f"{path!r} is a {type(target).__name__}; name a function")
    return target  # type: ignore[no-any-return]


def attribute(path: str) -> Any:
    """Whatever is at ``package.module:name``; ValueError saying what is missing."""
    module_name, separator, name = path.partition(":")
    if not separator or not module_name or not name:
        raise ValueError(f"{path!r} has no function; write package.module:function")
    try:
        target: Any = import_module(module_name)
        for part in name.split("."):
            target = getattr(target, part)
    except (Exception, SystemExit) as error:
        cause = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise ValueError(
            f"{path!r} cannot be imported ({cause}); install the package or correct the path"
        ) from None
    return target


def _messages(subject: Subject) -> list[dict[str, Any]]:
    return [_message(message) for message in subject.messages]


def _message(message: Message) -> dict[str, Any]:
    """The form of the OpenAI chat API, which LangChain's evaluators read."""
    plain: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        plain["tool_calls"] = [
            {"id": call.id, "type": "function", "function": _function(call.name, call.arguments)}
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        plain["tool_call_id"] = message.tool_call_id
    return plain


def _function(name: str, arguments: Any) -> dict[str, str]:
    text = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
    return {"name": name, "arguments": text}


def _documents(subject: Subject) -> list[str]:
    return [d.content for r in subject.retrievals for d in r.documents if d.content]


_BY_NAME: dict[str, Provider] = {
    "subject": lambda subject: subject,
    "inputs": lambda subject: subject.input,
    "input": lambda subject: subject.input,
    "question": lambda subject: subject.input,
    "outputs": lambda subject: subject.output,
    "output": lambda subject: subject.output,
    "answer": lambda subject: subject.output,
    "messages": _messages,
    "context": _documents,
}
"""What a parameter of this name gets."""

NEEDS_OUTPUT = frozenset({"outputs", "output", "answer"})


def bind(
    function: Callable[..., Any],
    *,
    reference: Any,
    arguments: Mapping[str, Any],
    as_messages: bool,
) -> tuple[Callable[[Subject], Any], bool]:
    """A call of ``function`` on a subject, and whether it makes sense only with an output text.

    Parameters are filled by name; a single other one gets the subject, or the output text
    where it is annotated ``str``. ValueError when a parameter cannot be filled.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise ValueError("its parameters cannot be read; wrap it in a function") from None
    providers = dict(_BY_NAME)
    if as_messages:
        providers |= {"outputs": _messages, "output": _messages}
    wanted: dict[str, Provider] = {}
    positional: list[Provider] = []
    unknown: list[str] = []
    needs_output = False
    for parameter in parameters:
        name, kind = parameter.name, parameter.kind
        if kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if name in arguments:
            provider: Provider = _constant(arguments[name])
        elif name == "reference_outputs":
            provider = _constant(reference)
        elif name in providers:
            provider = providers[name]
            needs_output |= name in NEEDS_OUTPUT and not as_messages
        elif parameter.default is not parameter.empty:
            continue
        elif len(parameters) == 1:
            text = parameter.annotation in (str, "str")
            provider = providers["output" if text else "subject"]
            needs_output |= text and not as_messages
        else:
            unknown.append(name)
            continue
        if kind is parameter.POSITIONAL_ONLY:
            positional.append(provider)
        else:
            wanted[name] = provider
    if unknown:
        known = ", ".join([*_BY_NAME, "reference_outputs"])
        raise ValueError(
            f"its parameter {unknown[0]!r} cannot be filled; give it a default, set it under "
            f"arguments, or name it one of {known}"
        )

    def call(subject: Subject) -> Any:
        keywords = {name: provider(subject) for name, provider in wanted.items()}
        return function(*(provider(subject) for provider in positional), **keywords)

    return call, needs_output


def _constant(value: Any) -> Provider:
    return lambda subject: value


def verdict_of(value: Any) -> Verdict:
    """The verdict a returned value means; Unscored(invalid_verdict) naming its type otherwise."""
    match value:
        case Scored():
            return value if value.value is None or math.isfinite(value.value) else _invalid(value)
        case Unscored() | Skipped() | Failed():
            return value if value.reason in REASONS else _invalid(value)
        case bool():
            return Scored(float(value), "pass" if value else "fail", value)
        case int() | float():
            return Scored(float(value)) if _finite(value) else _invalid(value)
        case str() if value:
            return Scored(None, value[:MAX_LABEL])
        case Mapping():
            return _from_mapping(value)
    return _invalid(value)


def _from_mapping(value: Mapping[Any, Any]) -> Verdict:
    """``{"key", "score", "comment"}``, and the names of our own fields."""
    score = value.get("score", value.get("value"))
    label, ok = value.get("label"), value.get("passed")
    text = value.get("comment") or value.get("explanation") or value.get("reasoning") or ""
    if isinstance(score, str) and label is None:
        score, label = None, score
    if isinstance(score, bool):
        ok = score if ok is None else ok
        label = label or ("pass" if score else "fail")
    elif score is not None and not (isinstance(score, int | float) and _finite(score)):
        return _invalid(score, "score ")
    if (score is None and not label) or not isinstance(ok, bool | None):
        return _invalid(value)
    return Scored(
        None if score is None else float(score),
        str(label or "")[:MAX_LABEL],
        ok,
        str(text)[:MAX_EXPLANATION],
    )


def _finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def _invalid(value: Any, what: str = "") -> Unscored:
    return Unscored("invalid_verdict", f"the function returned a {what}{type(value).__name__}")
