"""What became of the traces lately closed, for ``why``; bounded, in memory."""

from collections import OrderedDict
from typing import Any

import msgspec

from otel_evaluator.model.outcome import Outcome, Scored
from otel_evaluator.pipeline.work import Story


class SampledOut(msgspec.Struct, frozen=True):
    """A trace that was set aside without decoding it."""

    u: float
    conversation_id: str


class Ledger:
    """The last ``limit`` traces by id; sampled-out ones are kept apart, they are many."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._stories: OrderedDict[str, list[Story]] = OrderedDict()
        self._sampled_out: OrderedDict[bytes, SampledOut] = OrderedDict()

    def add(self, trace_id: str, stories: list[Story]) -> None:
        """Keep the stories of one closed trace; a later revision is added."""
        self._stories.setdefault(trace_id, []).extend(stories)
        self._stories.move_to_end(trace_id)
        if len(self._stories) > self._limit:
            self._stories.popitem(last=False)

    def sampled_out(self, trace_id: bytes, u: float, conversation_id: str) -> None:
        """Note a trace that no rate could select."""
        self._sampled_out[trace_id] = SampledOut(u, conversation_id)
        if len(self._sampled_out) > self._limit:
            self._sampled_out.popitem(last=False)

    def why(self, trace_id: str) -> dict[str, Any] | None:
        """The story of a trace as plain values; None when it is not remembered."""
        stories = self._stories.get(trace_id)
        if stories is not None:
            return {"trace_id": trace_id, "subjects": [_plain(story) for story in stories]}
        out = self._sampled_out.get(bytes.fromhex(trace_id))
        if out is None:
            return None
        subject = {
            "kind": "trace",
            "key": trace_id,
            "decision": "sampled_out",
            "u": out.u,
            "conversation_id": out.conversation_id,
            "explanation": "u is at or above every rate that could apply; it was not decoded",
            "outcomes": [],
        }
        return {"trace_id": trace_id, "subjects": [subject]}


def _plain(story: Story) -> dict[str, Any]:
    values = {name: getattr(story, name) for name in story.__struct_fields__}
    values["decision"] = "selected" if story.outcomes else "skipped"
    values["probability"] = story.outcomes[0].sampling.probability if story.outcomes else None
    values["outcomes"] = [_outcome(outcome) for outcome in story.outcomes] + [
        {"evaluator": name, "outcome": "skipped", "reason": reason}
        for name, reason in story.skipped.items()
    ]
    del values["skipped"]
    return values


def _outcome(outcome: Outcome) -> dict[str, Any]:
    values: dict[str, Any] = {
        "evaluator": outcome.evaluator,
        "outcome": outcome.name,
        "reason": outcome.reason,
        "score_id": outcome.score_id,
        "tier": outcome.sampling.tier,
        "probability": outcome.sampling.probability,
        "explanation": outcome.verdict.explanation,
        "duration_ms": outcome.duration_ms,
    }
    if isinstance(outcome.verdict, Scored):
        values["value"] = outcome.verdict.value
        values["label"] = outcome.verdict.label
        values["passed"] = outcome.verdict.passed
    return values
