"""How long the user waited."""

from typing import Annotated, Literal

from pydantic import Field

from otel_evaluator.api import (
    Check,
    EvaluatorConfig,
    Scored,
    Skipped,
    Subject,
    Unscored,
    Verdict,
    evaluator,
)
from otel_evaluator.config.base import Duration
from otel_evaluator.evaluators.voice_signals import NOT_SPOKEN, moments

NO_TIMES = Unscored("incomplete", "start or end time is missing or they are in the wrong order")
NO_FIRST_CHUNK = Skipped("not_applicable", "no call recorded its time to first chunk")


class LatencyConfig(EvaluatorConfig):
    """Settings of ``latency``."""

    max: Annotated[Duration, Field(gt=0)] | None = None
    """Longest time that passes."""

    measure: Literal["duration", "time_to_first_chunk", "answer_wait"] = "duration"
    """Start to end of the subject, the longest wait for the first chunk of a streamed call, or the
    longest wait for a spoken answer."""


@evaluator("latency", version=1, quantity=True)
def latency(config: LatencyConfig) -> Check:
    """How long the user waited, in seconds."""

    def check(subject: Subject) -> Verdict:
        if config.measure == "duration":
            if not 0 < subject.start_ns <= subject.end_ns:
                return NO_TIMES
            seconds = (subject.end_ns - subject.start_ns) / 1e9
        elif config.measure == "answer_wait":
            spoken = moments(subject.speech).get("wait")
            if spoken is None:
                return NOT_SPOKEN
            seconds = max(spoken).value
        else:
            waits = [c.time_to_first_chunk_s for c in subject.calls if c.time_to_first_chunk_s]
            if not waits:
                return NO_FIRST_CHUNK
            seconds = max(waits)
        if config.max is None:
            return Scored(seconds)
        if seconds <= config.max:
            return Scored(seconds, "pass", True)
        return Scored(seconds, "fail", False, f"longer than {config.max:g} s")

    return check
