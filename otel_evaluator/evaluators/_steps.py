"""The tool calls of a subject in order, each with what came back, from messages and spans alike."""

import json
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any, NamedTuple

from otel_evaluator.evaluators._answers import NO_CONTENT
from otel_evaluator.evaluators._memo import of_subject
from otel_evaluator.model.genai import Message, ToolExecution
from otel_evaluator.model.outcome import Skipped, Unscored
from otel_evaluator.model.subject import Subject
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

NO_STEP = Skipped("not_applicable", "no tool was called")
MAX_RESULT = 4_000
"""Characters of a tool's result that are searched for the sign of a failure."""
MAX_MESSAGE = 300
"""Longer texts that begin like a failure are what was read, such as a log; in characters."""
_FAILED_KEYS = ("error", "errors", "exception", "error_message", "errorMessage", "isError")
_FAILED_STATES = frozenset({"error", "failed", "failure", "fail"})
_FAILED_TEXT = compile_linear(
    r"(?i)\s*(?:\w*(?:error|exception)\b\s*[:(]|error\b|traceback \(|failed\b|an error occurred)"
)


class Step(NamedTuple):
    """One tool call and its result."""

    name: str
    arguments: Any
    result: str
    """What came back, the text of the failure included."""
    failed: bool
    position: int
    """Place in ``subject.messages`` after which its result is known."""
    span_id: str
    """The span of the execution; empty where none was recorded."""


def steps(subject: Subject, with_history: bool = False) -> list[Step]:
    """Tool calls of this subject in order, without the history that was replayed unless asked."""
    return list(_all_steps(subject) if with_history or not subject.history else _own_steps(subject))


@of_subject
def _all_steps(subject: Subject) -> list[Step]:
    return _steps(subject, 0)


@of_subject
def _own_steps(subject: Subject) -> list[Step]:
    return _steps(subject, subject.history)


def _steps(subject: Subject, since: int) -> list[Step]:
    executions = _Executions(subject.tools)
    results = _results(subject.messages)
    found: list[Step] = []
    for index in range(since, len(subject.messages)):
        message = subject.messages[index]
        for call in message.tool_calls:
            place, answer = results.get(call.id, (index, None)) if call.id else (index, None)
            if answer is None:
                place, answer = _next_result(subject.messages, index, call.name)
            execution = executions.take(call.id, call.name)
            found.append(_step(call.name, call.arguments, place, answer, execution))
    start = next((i for i, m in enumerate(subject.messages) if m.role == "user"), 0)
    # Only their spans tell of the rest: their places among the messages are not known.
    rest = executions.rest()
    return [*found, *(_step(each.name, each.arguments, start, None, each) for each in rest)]


def as_text(value: Any) -> str:
    """Arguments as text to search in."""
    if value is None or isinstance(value, str):
        return value or ""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (RecursionError, ValueError):
        return ""


def no_step(subject: Subject) -> Skipped | Unscored:
    """Why there is no step to look at."""
    return NO_STEP if subject.has_content else NO_CONTENT


def has_failed(result: str) -> bool:
    """Whether the result of a tool says that the tool failed, in a form that many tools use."""
    text = result[:MAX_RESULT].strip()
    if text.startswith("{"):
        try:
            value = json.loads(result)
        except (ValueError, RecursionError):
            return False
        return isinstance(value, dict) and _is_failure(value)
    is_message = len(text) < MAX_MESSAGE and "\n" not in text
    return is_message and _FAILED_TEXT.match(encodable(text)) is not None


def _is_failure(value: dict[str, Any]) -> bool:
    if any(value.get(key) for key in _FAILED_KEYS):
        return True
    if any(value.get(key) is False for key in ("success", "ok", "succeeded")):
        return True
    return any(str(value.get(key)).lower() in _FAILED_STATES for key in ("status", "state"))


def _step(
    name: str,
    arguments: Any,
    place: int,
    answer: Message | None,
    execution: ToolExecution | None,
) -> Step:
    result = answer.content if answer is not None else ""
    failed = answer is not None and answer.error
    span_id = ""
    if execution is not None:
        result = result or execution.result or execution.error
        failed = failed or bool(execution.error)
        span_id = execution.span_id
        arguments = execution.arguments if arguments is None else arguments
    return Step(name, arguments, result, failed or has_failed(result), place, span_id)


def _results(messages: tuple[Message, ...]) -> dict[str, tuple[int, Message]]:
    return {
        m.tool_call_id: (index, m)
        for index, m in enumerate(messages)
        if m.role == "tool" and m.tool_call_id
    }


def _next_result(
    messages: tuple[Message, ...], index: int, name: str
) -> tuple[int, Message | None]:
    """The first result after a call that bears no id, up to the next message of another role."""
    for place in range(index + 1, len(messages)):
        message = messages[place]
        if message.role != "tool":
            break
        if not message.tool_call_id and message.name in ("", name):
            return place, message
    return index, None


class _Executions:
    """Spans of tools, each to be matched with one call."""

    def __init__(self, executions: Iterable[ToolExecution]) -> None:
        self._all = list(executions)
        self._taken: set[int] = set()
        self._waiting: dict[tuple[str, str], deque[ToolExecution]] = defaultdict(deque)
        """By kind of key and key; what was taken by another key is dropped when met."""
        for execution in self._all:
            self._waiting["name", execution.name].append(execution)
            if execution.call_id:
                self._waiting["id", execution.call_id].append(execution)
            else:
                self._waiting["name of no id", execution.name].append(execution)

    def take(self, call_id: str, name: str) -> ToolExecution | None:
        """The execution of a call: by its id, else the next of its name that has no other."""
        if not call_id:
            return self._next("name", name)
        return self._next("id", call_id) or self._next("name of no id", name)

    def _next(self, kind: str, key: str) -> ToolExecution | None:
        waiting = self._waiting.get((kind, key))
        while waiting:
            execution = waiting.popleft()
            if id(execution) not in self._taken:
                self._taken.add(id(execution))
                return execution
        return None

    def rest(self) -> list[ToolExecution]:
        """What no call asked for."""
        return [each for each in self._all if id(each) not in self._taken]
