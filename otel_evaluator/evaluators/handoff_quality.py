"""An agent that takes over knows what the conversation is about."""

from itertools import pairwise

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Skipped, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import NO_CONTENT, passed
from otel_evaluator.evaluators._probability import uncertain
from otel_evaluator.evaluators.wording.overlap import share, stems
from otel_evaluator.model.genai import ModelCall

NO_HANDOFF = Skipped("not_applicable", "one agent answered")
CARRIED = 0.5
"""Share of the words of the user's request that the next agent must be given."""


class HandoffQualityConfig(EvaluatorConfig):
    """Settings of ``handoff_quality``."""


@evaluator("handoff_quality", version=1)
def handoff_quality(config: HandoffQualityConfig) -> Check:
    """Share of hand-overs between agents in which the user's request was carried over."""

    def check(subject: Subject) -> Verdict:
        chats = [call for call in subject.calls if call.agent]
        pairs = [(a, b) for a, b in pairwise(chats) if a.agent != b.agent]
        if not pairs:
            return NO_HANDOFF if subject.has_content else NO_CONTENT
        request = stems(subject.input)
        known = [(before, after) for before, after in pairs if after.input]
        if not known or not request:
            return NO_CONTENT
        lost = [after for _, after in known if share(request, _given(after)) < CARRIED]
        if not lost:
            return passed(label="carried_over")
        if any(_given(after) for after in lost):
            return uncertain(0.6, f"{lost[0].agent[:60]!r} was given other words than the user's")
        what = f"{lost[0].agent[:60]!r} took over without the user's request"
        return Scored(
            1 - len(lost) / len(known), "context_lost", False, what, span_id=lost[0].span_id
        )

    return check


def _given(call: ModelCall) -> set[str]:
    found: set[str] = set()
    for message in call.input:
        if message.role != "system":
            found |= stems(message.content)
    return found
