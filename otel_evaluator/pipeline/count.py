"""Outcomes into metrics."""

from otel_evaluator.metrics import AllowList, Metrics
from otel_evaluator.model.outcome import Outcome, Scored
from otel_evaluator.pipeline.work import Processed, Story


class OutcomeCounter:
    """Counts what workers report; label values are configured or come from closed sets."""

    def __init__(self, metrics: Metrics, services: AllowList, environments: AllowList) -> None:
        self._metrics = metrics
        self._services = services
        self._environments = environments

    def processed(self, processed: Processed) -> None:
        """Count one worker result."""
        child = self._metrics.child
        for dialect, count in processed.spans_by_dialect.items():
            child("spans_genai", dialect).inc(count)
        for dialect, count in processed.unmapped.items():
            child("attributes_unmapped", dialect).inc(count)
        if processed.repaired:
            child("spans_repaired").inc(processed.repaired)
        if processed.undecodable:
            child("spans_dropped", "undecodable").inc(processed.undecodable)
        for story in processed.stories:
            self._story(story)

    def sampled_out(self, evaluators: list[str]) -> None:
        """Count one trace that was set aside without decoding."""
        self._metrics.child("subjects", "trace", "unresolved", "sampled_out").inc()
        for evaluator in evaluators:
            self._metrics.child("evaluations", evaluator, "skipped", "sampled_out").inc()

    def _story(self, story: Story) -> None:
        if not story.outcomes and not story.skipped:
            # No evaluator works on subjects of this kind.
            return
        decision = "selected" if story.outcomes else "skipped"
        if not story.outcomes and set(story.skipped.values()) <= {"sampled_out"}:
            decision = "sampled_out"
        child = self._metrics.child
        child("subjects", story.kind, story.tier, decision).inc()
        for evaluator, reason in story.skipped.items():
            child("evaluations", evaluator, "skipped", reason).inc()
        for outcome in story.outcomes:
            child("evaluations", outcome.evaluator, outcome.name, outcome.reason).inc()
            child("evaluation_duration_seconds", outcome.evaluator).observe(
                outcome.duration_ms / 1e3
            )
            if isinstance(outcome.verdict, Scored):
                self._score(outcome, outcome.verdict)

    def _score(self, outcome: Outcome, scored: Scored) -> None:
        labels = (
            outcome.evaluator,
            self._services(outcome.service),
            self._environments(outcome.environment),
            outcome.sampling.tier,
        )
        child = self._metrics.child
        w = outcome.sampling.weight
        if scored.passed:
            child("passed_weight", *labels).inc(w)
        y = scored.value
        if y is None or y < 0:
            # A counter cannot fall; negative scores are in the table only.
            return
        child("score", *labels).observe(y)
        child("score_weight", *labels).inc(w)
        child("score_weight_square", *labels).inc(w * w)
        child("score_weighted_sum", *labels).inc(w * y)
        child("score_weighted_square_sum", *labels).inc(w * y * y)
        child("score_weight_square_sum", *labels).inc(w * w * y)
        child("score_weight_square_square_sum", *labels).inc(w * w * y * y)
