"""Outcomes into metrics."""

from otel_evaluator.expose.config import LabelsConfig
from otel_evaluator.metrics import OTHER, SEGMENT_LABELS, AllowList, Metrics
from otel_evaluator.model.outcome import Outcome, Scored, Skipped
from otel_evaluator.pipeline.monitoring import Monitoring
from otel_evaluator.pipeline.work import Processed, Story


class OutcomeCounter:
    """Counts what workers report; label values are configured or come from closed sets."""

    def __init__(self, metrics: Metrics, labels: LabelsConfig, monitoring: Monitoring) -> None:
        self._metrics = metrics
        self._monitoring = monitoring
        self._allowed = [AllowList(getattr(labels, name)) for name in SEGMENT_LABELS]
        self._max_segments = labels.max_segments
        self._segments: set[tuple[str, ...]] = set()
        metrics["segments"].set_function(lambda: len(self._segments))

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
        add = self._metrics.tally.add
        add("subjects", ("trace", "unresolved", "sampled_out"))
        for evaluator in evaluators:
            add("evaluations", (evaluator, "skipped", "sampled_out"))

    def unresolved(self, kind: str, decision: str) -> None:
        """Count a closed subject that could not be decided on."""
        self._metrics.tally.add("subjects", (kind, "unresolved", decision))

    def _story(self, story: Story) -> None:
        if not story.outcomes and not story.skipped:
            # No evaluator works on subjects of this kind.
            return
        decision = "selected" if story.outcomes else "skipped"
        if not story.outcomes and set(story.skipped.values()) <= {"sampled_out"}:
            decision = "sampled_out"
        tally = self._metrics.tally
        tally.add("subjects", (story.kind, story.tier, decision))
        if story.kind == "trace" and story.seen:
            self._cost(story)
        for evaluator, reason in story.skipped.items():
            tally.add("evaluations", (evaluator, "skipped", reason))
        for outcome in story.outcomes:
            name = outcome.evaluator
            tally.add("evaluations", (name, outcome.name, outcome.reason))
            tally.observe("evaluation_duration_seconds", (name,), outcome.duration_ms / 1e3)
            if isinstance(outcome.verdict, Scored):
                self._score(outcome, outcome.verdict)
            elif not isinstance(outcome.verdict, Skipped):
                tally.add("missing_weight", self._labels(outcome), outcome.sampling.weight)

    def _cost(self, story: Story) -> None:
        add = self._metrics.tally.add
        if story.cost_usd is None:
            add("inference_cost_unknown", ())
            return
        add("evaluated_cost_usd", (), story.cost_usd)
        add("inference_cost_usd", (), story.cost_usd / story.seen)

    def _labels(self, outcome: Outcome) -> tuple[str, ...]:
        values = (
            *(outcome.service, outcome.environment, outcome.agent),
            *(outcome.model, outcome.prompt_version),
        )
        segment = [allowed(value) for allowed, value in zip(self._allowed, values, strict=True)]
        labels = (outcome.evaluator, *segment, outcome.sampling.tier)
        if labels in self._segments:
            return labels
        if len(self._segments) < self._max_segments:
            self._segments.add(labels)
            return labels
        self._metrics.child("segments_merged").inc()
        return (outcome.evaluator, *(OTHER for _ in SEGMENT_LABELS), outcome.sampling.tier)

    def _score(self, outcome: Outcome, scored: Scored) -> None:
        labels = self._labels(outcome)
        self._monitoring.observe(outcome, (labels[1], labels[2]))
        add = self._metrics.tally.add
        w = outcome.sampling.weight
        if scored.passed is not None:
            add("verdict_weight", labels, w)
            add("verdict_weight_square", labels, w * w)
        if scored.passed:
            add("passed_weight", labels, w)
            add("passed_weight_square", labels, w * w)
        y = scored.value
        if y is None or y < 0:
            # A counter cannot fall; negative scores are in the table only.
            return
        self._metrics.tally.observe("score", labels, y)
        add("score_weight", labels, w)
        add("score_weight_square", labels, w * w)
        add("score_weighted_sum", labels, w * y)
        add("score_weighted_square_sum", labels, w * y * y)
        add("score_weight_square_sum", labels, w * w * y)
        add("score_weight_square_square_sum", labels, w * w * y * y)
