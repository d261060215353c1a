"""Outcomes, samples and batches for tests of sinks."""

from typing import Any

from otel_evaluator.api.writer import Batch, Sample
from otel_evaluator.model.ids import score_id
from otel_evaluator.model.outcome import Failed, Outcome, Sampling, Scored, Skipped, Unscored
from otel_evaluator.testing.doubles import EPOCH_NS


def an_outcome(number: int = 0, verdict: Any = None, **fields: Any) -> Outcome:
    """The outcome of evaluator ``faithfulness`` on trace ``number``; scored 0.5 by default."""
    trace_id = f"{number + 1:032x}"
    values: dict[str, Any] = {
        "verdict": Scored(value=0.5, passed=True, label="ok") if verdict is None else verdict,
        "evaluator": "faithfulness",
        "evaluator_type": "judge",
        "evaluator_revision": "0123456789ab",
        "subject_kind": "trace",
        "subject_key": trace_id,
        "subject_revision": 0,
        "complete": True,
        "trace_id": trace_id,
        "span_id": f"{number + 1:016x}",
        "sampling": Sampling("base", 0.1, 0.05),
        "started_ns": EPOCH_NS + number * 1_000_000_007,
        "duration_ms": 12.5,
        "subject_end_ns": EPOCH_NS - 500_000_000,
        "service": "shop",
        "environment": "prod",
        "agent": "shop_agent",
        "model": "gpt-4o-mini",
    } | fields
    values.setdefault(
        "score_id",
        score_id(
            values["subject_kind"],
            values["subject_key"],
            values["subject_revision"],
            values["evaluator"],
            values["evaluator_revision"],
        ),
    )
    return Outcome(**values)


def one_of_each() -> tuple[Outcome, ...]:
    """Scored, failed, unscored, skipped."""
    return (
        an_outcome(0),
        an_outcome(1, Failed("timeout", "TimeoutError", "no answer in 5 s")),
        an_outcome(2, Unscored("no_content", "nothing to look at")),
        an_outcome(3, Skipped("filtered")),
    )


def a_sample(number: int = 0, **fields: Any) -> Sample:
    """The transcript of trace ``number``."""
    trace_id = f"{number + 1:032x}"
    values: dict[str, Any] = {
        "subject_kind": "trace",
        "subject_key": trace_id,
        "subject_revision": 0,
        "trace_id": trace_id,
        "conversation_id": "",
        "service": "shop",
        "environment": "prod",
        "agent": "shop_agent",
        "model": "gpt-4o-mini",
        "prompt_name": "",
        "prompt_version": "",
        "tier": "base",
        "probability": 0.1,
        "start_ns": EPOCH_NS,
        "end_ns": EPOCH_NS + 1_500_000_001,
        "complete": True,
        "dialects": ("otel_genai",),
        "input": "Where is my order?",
        "output": "On its way.",
        "transcript": '{"messages": []}',
        "signals": {"errors": 0, "language": "en"},
    }
    return Sample(**(values | fields))


def a_batch(*outcomes: Outcome, batch_id: str = "batch", samples: tuple[Sample, ...] = ()) -> Batch:
    """A batch of these outcomes; of one scored outcome when none is given."""
    return Batch(batch_id, outcomes or (an_outcome(),), samples)
