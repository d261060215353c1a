"""Metrics that are read from the rooms at a scrape."""

from otel_evaluator.metrics import Metrics
from otel_evaluator.pipeline.engine import Engine
from otel_evaluator.pipeline.evaluation import Parts
from otel_evaluator.pipeline.intake import PipelineIntake


def bind(metrics: Metrics, parts: Parts, engine: Engine, intake: PipelineIntake) -> None:
    """Have the gauges read the running pipeline."""
    statistics, clock = parts.journal.statistics, parts.clock

    def oldest() -> float:
        oldest_ns = statistics().oldest_ns
        return max(0.0, (clock.time_ns() - oldest_ns) / 1e9) if oldest_ns else 0.0

    for name, read in {
        "journal_bytes": lambda: statistics().bytes,
        "journal_entries": lambda: statistics().entries,
        "journal_damaged_records": lambda: statistics().damaged,
        "journal_oldest_seconds": oldest,
        "spans_pending": lambda: engine.pending_spans + intake.waiting_spans,
        "queue_subjects": lambda: engine.pending,
        "open_traces": lambda: len(parts.traces.open),
        "held_bytes": lambda: engine.held_bytes,
        "outbox_outcomes": lambda: parts.delivery.pending_outcomes,
        "sampling_rate_multiplier": lambda: engine.current.sampler.multiplier,
    }.items():
        metrics[name].set_function(read)
