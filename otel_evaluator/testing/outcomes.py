"""Outcomes and samples for tests of whatever writes, counts or shows them."""

from typing import Any

from otel_evaluator.api.writer import Sample
from otel_evaluator.model.ids import score_id
from otel_evaluator.model.outcome import Outcome, Sampling, Scored, Verdict
from otel_evaluator.testing.builders import SPAN_ID, TRACE_ID
from otel_evaluator.testing.doubles import EPOCH_NS


def an_outcome(verdict: Verdict | None = None, number: int = 0, **fields: Any) -> Outcome:
    """A complete outcome; ``number`` gives it a score id of its own."""
    key = f"{TRACE_ID}/{number}"
    values: dict[str, Any] = {
        "score_id": score_id("trace", key, 0, "house_style", "0" * 12),
        "verdict": verdict or Scored(0.5, "pass", True, "fine"),
        "evaluator": "house_style",
        "evaluator_type": "contains",
        "evaluator_revision": "0" * 12,
        "subject_kind": "trace",
        "subject_key": key,
        "subject_revision": 0,
        "complete": True,
        "trace_id": TRACE_ID,
        "span_id": SPAN_ID,
        "sampling": Sampling("base", 0.1, 0.05),
        "started_ns": EPOCH_NS,
        "duration_ms": 1.5,
        "subject_end_ns": EPOCH_NS,
        "service": "shop",
    }
    return Outcome(**(values | fields))


def a_sample(number: int = 0, **fields: Any) -> Sample:
    """The transcript of one selected subject."""
    texts = "trace_id conversation_id service environment agent model prompt_name prompt_version"
    values: dict[str, Any] = dict.fromkeys(texts.split(), "") | {
        "subject_kind": "trace",
        "subject_key": f"{TRACE_ID}/{number}",
        "subject_revision": 0,
        "trace_id": TRACE_ID,
        "tier": "base",
        "probability": 0.1,
        "start_ns": EPOCH_NS,
        "end_ns": EPOCH_NS,
        "complete": True,
        "dialects": ("otel_genai",),
        "input": "Where is my order?",
        "output": "On its way.",
        "transcript": "[]",
        "signals": {"errors": 0},
    }
    return Sample(**(values | fields))
