"""Every metric, declared as data; a ``Metrics`` value is passed to whoever counts.

All names carry the prefix ``otel_evaluator_``. Label values come from the configuration or
from a closed set in this package; values from traffic go through an allow-list and become
``other`` when they are not on it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

PREFIX = "otel_evaluator_"
OTHER = "other"
SEGMENT_LABELS = ("service", "environment", "agent", "model", "prompt_version")
"""Labels from traffic, each with an allow-list."""
SCORE_LABELS = ("evaluator", *SEGMENT_LABELS, "tier")

SCORE_BUCKETS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
SECONDS_BUCKETS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0)
LAG_BUCKETS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "spans_received": ("Spans in requests that were read.", ("protocol",)),
    "log_records_received": ("Log records in requests that were read.", ("protocol",)),
    "spans_refused": ("Spans that were not taken; the sender was told.", ("reason",)),
    "requests_refused": ("Requests that were not taken; the sender was told.", ("reason",)),
    "spans_dropped": ("Spans taken and set aside on purpose, by reason.", ("reason",)),
    "log_records_dropped": ("Log records taken and set aside on purpose.", ("reason",)),
    "spans_accepted": ("Spans kept for evaluation, as durable as configured.", ()),
    "spans_recovered": ("Spans that an earlier run had accepted and not finished.", ()),
    "spans_finished": (
        "Accepted spans, by what became of them.",
        ("outcome",),
    ),
    "outcomes_dropped": ("Outcomes given up before every sink had them.", ("reason",)),
    "reloads": ("Configuration reloads.", ("outcome",)),
    "spans_genai": ("GenAI spans kept for evaluation, by dialect.", ("dialect",)),
    "spans_repaired": ("Spans with invalid UTF-8 that were decoded lossily.", ()),
    "attributes_unmapped": ("GenAI attributes that no dialect could map.", ("dialect",)),
    "subjects": ("Subjects closed, by what was decided.", ("kind", "tier", "decision")),
    "evaluations": ("Subject x evaluator outcomes.", ("evaluator", "outcome", "reason")),
    "evaluated_cost_usd": ("Cost of the model calls of evaluated traces in US dollars.", ()),
    "inference_cost_usd": (
        "Cost of all model calls in US dollars, estimated from evaluated traces by their weights.",
        (),
    ),
    "inference_cost_unknown": ("Evaluated traces with a model call of unknown cost.", ()),
    "score_weight": ("Sum of weights of scored outcomes.", SCORE_LABELS),
    "score_weighted_sum": ("Sum of weight x score.", SCORE_LABELS),
    "score_weighted_square_sum": ("Sum of weight x score squared.", SCORE_LABELS),
    "score_weight_square": ("Sum of squared weights.", SCORE_LABELS),
    "score_weight_square_sum": ("Sum of squared weight x score.", SCORE_LABELS),
    "score_weight_square_square_sum": ("Sum of squared weight x squared score.", SCORE_LABELS),
    "verdict_weight": ("Sum of weights of outcomes that passed or failed.", SCORE_LABELS),
    "verdict_weight_square": ("Sum of their squared weights.", SCORE_LABELS),
    "passed_weight": ("Sum of weights of outcomes that passed.", SCORE_LABELS),
    "passed_weight_square": ("Sum of their squared weights.", SCORE_LABELS),
    "missing_weight": (
        "Sum of weights of outcomes without a score: unscored or failed.",
        SCORE_LABELS,
    ),
    "segments_merged": (
        "Outcomes counted under other because admin.labels.max_segments was reached.",
        (),
    ),
    "monitoring_unwatched": (
        "Scores not watched because monitoring.max_segments was reached.",
        (),
    ),
    "judge_requests": ("Requests to judges.", ("judge", "outcome")),
    "judge_tokens": ("Tokens used by judges.", ("judge", "direction")),
    "judge_cost_usd": ("Cost of judges in US dollars.", ("judge", "evaluator")),
    "judge_model_mismatches": ("Answers by another model than the configured one.", ("judge",)),
    "judge_injections": (
        "Judged subjects whose evidence shows signs of instructions to a model.",
        ("evaluator", "kind"),
    ),
    "judge_confirmations": ("Second judgements, by outcome.", ("evaluator", "outcome")),
    "judge_repeats": ("Subjects judged several times.", ("evaluator",)),
    "judge_repeat_variance_sum": (
        "Sum of the variances of scores within those subjects.",
        ("evaluator",),
    ),
    "sink_writes": ("Batches offered to a sink.", ("sink", "outcome")),
    "sink_rows": ("Outcomes confirmed by a sink.", ("sink",)),
    "sampling_conflicts": ("Traces that name several conversations.", ()),
    "feedback": ("User feedback received, by where it joined.", ("joined",)),
    "worker_restarts": ("Evaluator worker processes that were replaced.", ("reason",)),
    "log_lines_suppressed": ("Log lines held back by the rate limit.", ()),
}

GAUGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "judge_budget_remaining_usd": ("Money left in the judge's budget.", ("judge",)),
    "judge_up": ("1 when the judge's last request was answered.", ("judge",)),
    "judge_sensitivity": (
        "Share of what people let pass that the evaluator lets pass, by its calibration.",
        ("evaluator",),
    ),
    "judge_specificity": (
        "Share of what people fail that the evaluator fails, by its calibration.",
        ("evaluator",),
    ),
    "judge_labels": ("Labels of the calibration.", ("evaluator", "human")),
    "judge_canaries": ("Canary cases of the last round.", ("evaluator", "outcome")),
    "judge_canary_error": ("Mean distance of canary scores from their labels.", ("evaluator",)),
    "judge_canary_shift": ("Mean change of canary scores since the first round.", ("evaluator",)),
    "judge_canary_moved": ("1 when the judge has moved by more than the margin.", ("evaluator",)),
    "judge_pace": ("Factor on the evaluator's rate because of its budgets.", ("evaluator",)),
    "journal_bytes": ("Size of the journal on disk.", ()),
    "journal_oldest_seconds": ("Age of the oldest unfinished entry of the journal.", ()),
    "journal_entries": ("Unfinished entries of the journal.", ()),
    "journal_damaged_records": ("Journal records found damaged and set aside.", ()),
    "spans_pending": ("Accepted spans that are not finished.", ()),
    "queue_subjects": ("Closed subjects waiting for evaluation.", ()),
    "kafka_lag_messages": ("Messages behind the newest.", ("topic", "partition")),
    "open_traces": ("Traces being assembled.", ()),
    "held_bytes": ("Bytes of spans held in memory.", ()),
    "in_flight_bytes": ("Bytes of requests being handled.", ()),
    "outbox_outcomes": ("Outcomes not yet confirmed by every sink.", ()),
    "sampling_rate_multiplier": ("Factor on tier rates in force because of the budget.", ()),
    "score_sequence_low": (
        "Lower end of the mean of this window, at any time.",
        ("evaluator", "service", "environment"),
    ),
    "score_sequence_high": (
        "Upper end of the mean of this window, at any time.",
        ("evaluator", "service", "environment"),
    ),
    "score_sequence_items": (
        "Scores in this window's sequence.",
        ("evaluator", "service", "environment"),
    ),
    "regression_evidence": (
        "Evidence that this window's mean is below the baseline's: at most 1 on average if not.",
        ("evaluator", "service", "environment"),
    ),
    "monitoring_window_seconds": ("Length of the watched window.", ()),
    "monitoring_updated_timestamp_seconds": ("When the watched gauges were set last.", ()),
    "regression": (
        "1 while this window's scores are lower than the baseline's beyond chance.",
        ("evaluator", "service", "environment"),
    ),
    "segments": ("Combinations of score labels in use, tiers included.", ()),
    "build_info": ("Constant 1, labelled with the version.", ("version",)),
}

HISTOGRAMS: Mapping[str, tuple[str, tuple[str, ...], tuple[float, ...]]] = {
    "score": ("Scores as sampled; not a population estimate.", SCORE_LABELS, SCORE_BUCKETS),
    "evaluation_duration_seconds": (
        "Duration of evaluations.",
        ("evaluator",),
        SECONDS_BUCKETS,
    ),
    "score_lag_seconds": ("End of the subject to score written.", (), LAG_BUCKETS),
    "request_seconds": ("Request read to acknowledged.", ("protocol",), SECONDS_BUCKETS),
}


TALLIED = frozenset(
    {
        "subjects",
        "evaluations",
        *("evaluated_cost_usd", "inference_cost_usd", "inference_cost_unknown"),
        *(
            name
            for name in COUNTERS
            if name.startswith(("score_", "passed_", "verdict_", "missing_"))
        ),
        "score",
        "evaluation_duration_seconds",
    }
)
"""Counted a dozen times an outcome: kept as plain numbers and turned into samples at a scrape."""

Labels = tuple[str, ...]


class Tally(Collector):
    """Counters and histograms of which an update costs a dictionary entry."""

    def __init__(self) -> None:
        self._counters: dict[str, dict[Labels, float]] = {n: {} for n in COUNTERS if n in TALLIED}
        self._histograms: dict[str, dict[Labels, list[float]]] = {
            name: {} for name in HISTOGRAMS if name in TALLIED
        }

    def add(self, name: str, labels: Labels, amount: float = 1.0) -> None:
        """Increase a counter."""
        values = self._counters[name]
        values[labels] = values.get(labels, 0.0) + amount

    def observe(self, name: str, labels: Labels, value: float) -> None:
        """Put a value into a histogram."""
        bounds = HISTOGRAMS[name][2]
        counts = self._histograms[name].get(labels)
        if counts is None:
            counts = self._histograms[name][labels] = [0.0] * (len(bounds) + 2)
        counts[bisect_left(bounds, value)] += 1.0
        counts[-1] += value

    def collect(self) -> Iterator[Metric]:
        """Yield the samples as of now."""
        for name, values in self._counters.items():
            text, labels = COUNTERS[name]
            counter = CounterMetricFamily(PREFIX + name, text, labels=labels)
            for key, value in list(values.items()):
                counter.add_metric(key, value)
            yield counter
        for name, series in self._histograms.items():
            text, labels, bounds = HISTOGRAMS[name]
            histogram = HistogramMetricFamily(PREFIX + name, text, labels=labels)
            for key, counts in list(series.items()):
                ends = (*map(floatToGoString, bounds), "+Inf")
                cumulative = list(zip(ends, accumulate(counts[:-1]), strict=True))
                histogram.add_metric(key, cumulative, counts[-1])
            yield histogram

    def describe(self) -> Iterator[Metric]:
        """Names for the registry's check against doubles."""
        return self.collect()


class Metrics:
    """The metrics of one process; ``metrics["spans_received"].labels("grpc").inc()``."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.tally = Tally()
        """Counts of outcomes; the metrics in TALLIED."""
        self.registry.register(self.tally)
        self._metrics: dict[str, Any] = {}
        for name, (text, labels) in COUNTERS.items():
            if name in TALLIED:
                continue
            self._metrics[name] = Counter(PREFIX + name, text, labels, registry=self.registry)
        for name, (text, labels) in GAUGES.items():
            self._metrics[name] = Gauge(PREFIX + name, text, labels, registry=self.registry)
        for name, (text, labels, buckets) in HISTOGRAMS.items():
            if name in TALLIED:
                continue
            self._metrics[name] = Histogram(
                PREFIX + name, text, labels, buckets=buckets, registry=self.registry
            )
        self._children: dict[tuple[str, ...], Any] = {}

    def __getitem__(self, name: str) -> Any:
        """The metric without labels."""
        return self._metrics[name]

    def child(self, name: str, *labels: str) -> Any:
        """The child for these label values, kept so that the hot path does not look it up."""
        key = (name, *labels)
        child = self._children.get(key)
        if child is None:
            metric: MetricWrapperBase = self._metrics[name]
            child = self._children[key] = metric.labels(*labels) if labels else metric
        return child

    def forget(self, name: str, *labels: str) -> None:
        """Expose a child no longer."""
        if self._children.pop((name, *labels), None) is not None:
            self._metrics[name].remove(*labels)

    def value(self, name: str, **labels: str) -> float:
        """Current value of a sample, 0 when it does not exist; for tests and status pages."""
        return self.registry.get_sample_value(PREFIX + name, labels) or 0.0


class AllowList:
    """Maps a value from traffic to itself when configured, to ``other`` otherwise."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = frozenset(values)

    def __call__(self, value: str) -> str:
        return value if value in self._values else OTHER
