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

    def _cost(self, story: Story) -> None:
        add = self._metrics.tally.add
        if story.cost_usd is None:
            add("inference_cost_unknown", ())
            return
        add("evaluated_cost_usd", (), story.cost_usd)
        add("inference_cost_usd", (), story.cost_usd / story.seen)

    def _score(self, outcome: Outcome, scored: Scored) -> None:
        labels = (
            outcome.evaluator,
            self._services(outcome.service),
            self._environments(outcome.environment),
            outcome.sampling.tier,
        )
        add = self._metrics.tally.add
        w = outcome.sampling.weight
        if scored.passed:
            add("passed_weight", labels, w)
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
