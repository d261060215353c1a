"""metrics.md from the metrics' declarations."""

from otel_evaluator.metrics import COUNTERS, GAUGES, HISTOGRAMS, OTHER, PREFIX
from otel_evaluator.model.outcome import REASONS

METRICS = f"""# Metrics

Served at `/metrics` of `admin.endpoint`, as Prometheus text or OpenMetrics. All names start with
`{PREFIX}`.

Label values come from the configuration or from closed sets. Those of `service`, `environment`,
`agent`, `model` and `prompt_version` come from traffic: values listed under `admin.labels` keep
their name, all others become `{OTHER}`, and so do all beyond `max_segments` combinations; so the
number of time series does not depend on what applications send. User content is never a label.

Everything that is refused, dropped, skipped or failed is counted under a reason; nothing
disappears.
"""

QUERIES = """
## Questions and the PromQL that answers them

Subjects are sampled with known probabilities, and every score weighs 1 / probability. Ratios of
the weighted sums therefore estimate the value over **all** traffic, whatever the tiers select. The
plain histogram `otel_evaluator_score` shows what was sampled, boosted tiers included; do not
average it.

Mean score and share that passed, an evaluator at a time:

```promql
sum by (evaluator) (rate(otel_evaluator_score_weighted_sum_total[1h]))
  / sum by (evaluator) (rate(otel_evaluator_score_weight_total[1h]))
```

```promql
sum by (evaluator) (rate(otel_evaluator_passed_weight_total[1h]))
  / sum by (evaluator) (rate(otel_evaluator_score_weight_total[1h]))
```

How many independent observations that mean is worth (Kish's effective sample size); alert on a
mean only where this is at least some tens:

```promql
sum by (evaluator) (increase(otel_evaluator_score_weight_total[1h])) ^ 2
  / sum by (evaluator) (increase(otel_evaluator_score_weight_square_total[1h]))
```

Variance of the mean `m` (linearised; Σw²x² − 2mΣw²x + m²Σw², over (Σw)²); half of a 95 % interval
is 1.96 times its square root. With `m` recorded by the first query as
`job:otel_evaluator_score:mean1h`:

```promql
(
  sum by (evaluator) (increase(otel_evaluator_score_weight_square_square_sum_total[1h]))
  - 2 * job:otel_evaluator_score:mean1h
      * sum by (evaluator) (increase(otel_evaluator_score_weight_square_sum_total[1h]))
  + job:otel_evaluator_score:mean1h ^ 2
      * sum by (evaluator) (increase(otel_evaluator_score_weight_square_total[1h]))
)
/ sum by (evaluator) (increase(otel_evaluator_score_weight_total[1h])) ^ 2
```

Are evaluators breaking, and are senders being refused?

```promql
sum by (evaluator, reason) (rate(otel_evaluator_evaluations_total{outcome="failed"}[5m])) > 0
```

```promql
sum by (reason) (rate(otel_evaluator_requests_refused_total[5m])) > 0
```

How long after the end of a trace its score is in the store:

```promql
histogram_quantile(0.99, sum by (le) (rate(otel_evaluator_score_lag_seconds_bucket[5m])))
```
"""


def metrics() -> str:
    """The page of all metrics."""
    rows = [
        *((f"{name}_total", "counter", labels, text) for name, (text, labels) in COUNTERS.items()),
        *((name, "gauge", labels, text) for name, (text, labels) in GAUGES.items()),
        *((name, "histogram", labels, text) for name, (text, labels, _) in HISTOGRAMS.items()),
    ]
    table = "\n| metric | kind | labels | meaning |\n|---|---|---|---|\n" + "".join(
        f"| `{PREFIX}{name}` | {kind} | {', '.join(f'`{x}`' for x in labels) or '–'} | {text} |\n"
        for name, kind, labels, text in rows
    )
    reasons = ", ".join(f"`{reason}`" for reason in sorted(REASONS))
    outcomes = (
        "\n## Outcomes and reasons\n\nEvery subject × evaluator ends in exactly one outcome: "
        "`scored`, `unscored`, `skipped` or `failed`. The last three carry one of these reasons, "
        f"and never a value: {reasons}.\n"
    )
    return METRICS + table + outcomes + QUERIES
