"""Whether the user got an answer at all."""

from otel_evaluator.api import Check, EvaluatorConfig, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import (
    NO_CALL,
    NO_CONTENT,
    TOOL_CALL_ONLY,
    failed,
    passed,
)


class EmptyConfig(EvaluatorConfig):
    """Settings of ``empty``."""


@evaluator("empty", version=1)
def empty(config: EmptyConfig) -> Check:
    """The user got an answer: neither blank nor lost with a failed model call."""

    def check(subject: Subject) -> Verdict:
        if not subject.calls:
            return NO_CALL
        if any(character.isprintable() and character > " " for character in subject.output):
            return passed()
        last = subject.calls[-1]
        if last.error:
            return failed("the last model call failed, and no answer came after it", "failed_call")
        if not any(message.content for message in subject.messages):
            return NO_CONTENT
        if any(message.tool_calls for message in last.output):
            return TOOL_CALL_ONLY
        return failed("the last answer is blank", "blank")

    return check
