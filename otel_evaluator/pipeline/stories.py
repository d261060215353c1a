"""Stories of a trace's subjects as ``why`` tells them, packed: about 1 KB a trace instead of 20."""

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

from otel_evaluator.model.outcome import Outcome, Scored
from otel_evaluator.pipeline.work import Story
from otel_evaluator.write.text import clean


def pack(stories: Sequence[Story]) -> bytes:
    """Plain values, compressed."""
    plain = [_plain(story) for story in stories]
    try:
        encoded = msgspec.msgpack.encode(plain)
    except UnicodeEncodeError:
        encoded = msgspec.msgpack.encode(clean(plain))
    return zlib.compress(encoded, 1)


def unpack(packed: bytes) -> list[dict[str, Any]]:
    """What was packed."""
    subjects: list[dict[str, Any]] = msgspec.msgpack.decode(zlib.decompress(packed))
    return subjects


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
