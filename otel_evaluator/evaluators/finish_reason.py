"""Why the model stopped."""

from typing import Annotated

from pydantic import Field

from otel_evaluator.api import Check, EvaluatorConfig, Subject, Unscored, Verdict, evaluator
from otel_evaluator.evaluators._answers import NO_CALL, failed, passed

MAX_LABEL = 40
"""Longest label, in characters: a provider's own reason is free text."""
NOT_RECORDED = Unscored("incomplete", "no finish reason was recorded")


class FinishReasonConfig(EvaluatorConfig):
    """Settings of ``finish_reason``."""

    allowed: Annotated[tuple[str, ...], Field(min_length=1)] = ("stop", "tool_calls")
    """Reasons that pass: stop, length, content_filter, tool_calls, error or a provider's own."""


@evaluator("finish_reason", version=1)
def finish_reason(config: FinishReasonConfig) -> Check:
    """Why the model stopped: every model call must end for an allowed reason."""
    allowed = frozenset(config.allowed)

    def check(subject: Subject) -> Verdict:
        recorded = subject.finish_reasons
        if not recorded:
            recorded = tuple(reason for call in subject.calls for reason in call.finish_reasons)
        if not recorded:
            return NOT_RECORDED if subject.calls else NO_CALL
        for reason in recorded:
            if reason not in allowed:
                label = _label(reason)
                return failed(f"a model call ended with {label!r}", label)
        return passed(label=_label(recorded[-1]))

    return check


def _label(reason: str) -> str:
    kept = "".join(c if c.isalnum() or c in "_-." else "_" for c in reason[:MAX_LABEL])
    return kept or "unknown"
