"""Which texts of a subject an evaluator reads, and what it says when there are none."""

from typing import Literal, NamedTuple

from otel_evaluator.evaluators._memo import of_subject
from otel_evaluator.model.outcome import Scored, Skipped, Unscored
from otel_evaluator.model.subject import Subject

TextSource = Literal["output", "input", "transcript"]

NO_CONTENT = Unscored("no_content", "no message text was recorded")
NO_ANSWER = Unscored("no_content", "no answer was recorded")
FAILED_CALL = Unscored("no_content", "the call failed without an answer")
NO_CALL = Skipped("not_applicable", "there is no model call")
TOOL_CALL_ONLY = Skipped("not_applicable", "the answer is a tool call")


class Answer(NamedTuple):
    """One text that the model wrote in this subject."""

    text: str
    question: str
    """The last user message before it."""
    position: int
    """Its place in ``subject.messages``; ``len(messages)`` when it is not among them."""


@of_subject
def answers(subject: Subject) -> list[Answer]:
    """Texts the model wrote in this subject, in order, without the history that was replayed.

    An assistant message counts when a model call of this subject produced it. Where calls
    carry no output text, the subject's final output is the only answer. A tool span has none.
    """
    if subject.kind == "span" and not subject.calls:
        return []
    produced = {m.content for call in subject.calls for m in call.output if m.content}
    found: list[Answer] = []
    question = ""
    for index, message in enumerate(subject.messages):
        if message.role == "user":
            question = message.content or question
        elif message.content in produced and message.role == "assistant":
            found.append(Answer(message.content, question, index))
    if not found and subject.output:
        found.append(Answer(subject.output, subject.input, _place(subject)))
    return found


def _place(subject: Subject) -> int:
    for index in range(len(subject.messages) - 1, -1, -1):
        message = subject.messages[index]
        if message.role == "assistant" and message.content == subject.output:
            return index
    return len(subject.messages)


def no_answer(subject: Subject) -> Unscored | Skipped | None:
    """Why the model wrote nothing to judge; None when it did, which may be empty.

    The result of a tool or of a retrieval is no answer.
    """
    if subject.kind == "span" and not subject.calls:
        return NO_CALL
    return no_output(subject)


def no_output(subject: Subject) -> Unscored | Skipped | None:
    """Why there is no output, a tool's result included; None when there is one."""
    if subject.output:
        return None
    if subject.kind == "span" and not subject.calls:
        return NO_CALL
    if subject.error:
        return FAILED_CALL
    if not subject.has_content:
        return NO_CONTENT
    last = subject.messages[-1]
    if last.role == "assistant" and last.tool_calls:
        return TOOL_CALL_ONLY
    return None if last.role == "assistant" else NO_ANSWER


def text_of(subject: Subject, source: TextSource) -> str | Unscored | Skipped:
    """The text to look at, or the verdict when there is none.

    A transcript is the text of every message, one after the other.
    """
    if source == "output":
        missing = no_output(subject)
        return subject.output if missing is None else missing
    if source == "input":
        return subject.input or NO_CONTENT
    joined = "\n".join(m.content for m in subject.messages if m.content)
    return joined or NO_CONTENT


def passed(explanation: str = "", label: str = "pass") -> Scored:
    """The verdict 1.0."""
    return Scored(1.0, label, True, explanation)


def failed(explanation: str, label: str = "fail") -> Scored:
    """The verdict 0.0; not to be mistaken for an evaluator that broke."""
    return Scored(0.0, label, False, explanation)
