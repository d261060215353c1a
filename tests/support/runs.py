"""Subjects of agents from one line a step."""

import json
from typing import Any

from otel_evaluator.model.genai import Document, Message, Retrieval, ToolDefinition, ToolExecution
from otel_evaluator.model.outcome import Scored, Verdict
from otel_evaluator.model.subject import Subject
from otel_evaluator.testing import a_subject
from otel_evaluator.testing.builders import a_message, a_model_call, a_tool_call

Turn = tuple[Any, ...]


def user(text: str) -> Turn:
    return ("user", text)


def says(text: str) -> Turn:
    return ("assistant", text)


def calls(name: str, arguments: Any = None, result: Any = "ok", *, error: bool = False) -> Turn:
    """A tool call and its result; anything but text is encoded as JSON."""
    return ("call", name, arguments or {}, result, error)


def fails(verdict: Verdict) -> bool:
    """Whether a verdict is a score that does not pass."""
    return isinstance(verdict, Scored) and verdict.passed is False


def a_run(
    *turns: Turn, system: str = "", tools: str = "", passages: tuple[str, ...] = (), **fields: Any
) -> Subject:
    """A trace of these turns; ``tools`` names declared tools beside those that are called."""
    messages: list[Message] = [a_message("system", system)] if system else []
    executions: list[ToolExecution] = []
    model_calls = []
    for number, turn in enumerate(turns):
        if turn[0] != "call":
            messages.append(a_message(turn[0], turn[1]))
            if turn[0] == "assistant":
                model_calls.append(a_model_call(reply=turn[1], span_id=f"{number:016x}"))
            continue
        _, name, arguments, result, error = turn
        text = result if isinstance(result, str) else json.dumps(result)
        call = a_tool_call(name, arguments, id=f"call_{number}")
        messages.append(Message("assistant", tool_calls=(call,)))
        messages.append(Message("tool", text, tool_call_id=call.id, name=name, error=error))
        executions.append(
            ToolExecution(
                span_id=f"{number:016x}",
                name=name,
                call_id=call.id,
                arguments=arguments,
                result="" if error else text,
                error=text if error else "",
            )
        )
    names = dict.fromkeys([*tools.split(), *(e.name for e in executions)])
    documents = tuple(Document(content=text) for text in passages)
    return a_subject(
        messages=tuple(messages),
        calls=tuple(model_calls),
        tools=tuple(executions),
        tool_definitions=tuple(ToolDefinition(name) for name in names),
        retrievals=(Retrieval(span_id="a" * 16, documents=documents),) if documents else (),
        **fields,
    )


def a_run_without_content(*names: str) -> Subject:
    """A trace that recorded which tools ran, and nothing else."""
    executions = tuple(
        ToolExecution(span_id=f"{n:016x}", name=name) for n, name in enumerate(names)
    )
    return a_subject(
        "",
        "",
        messages=(),
        input="",
        output="",
        tools=executions,
        calls=(a_model_call("", "", input=(), output=()),),
    )
