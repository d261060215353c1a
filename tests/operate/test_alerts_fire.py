"""Every alert fires when it should, not when it should not, and not on five samples.

Input series are what a running service exposes, one sample a minute; Prometheus's own tool
evaluates recordings and alerts over them.
"""

import re
from typing import Any

import pytest
import yaml

from otel_evaluator.metrics import SEGMENT_LABELS
from otel_evaluator.stats.weighted import Sums, sums_of_passes
from tests.operate.tools import run, tool

MINUTES = 200
Series = dict[str, str]


def counter(name: str, per_minute: float, **labels: str) -> Series:
    text = ", ".join(f'{key}="{value}"' for key, value in labels.items())
    return {f"otel_evaluator_{name}_total{{{text}}}": f"0+{per_minute:g}x{MINUTES}"}


def gauge(name: str, value: float, **labels: str) -> Series:
    text = ", ".join(f'{key}="{value}"' for key, value in labels.items())
    return {f"otel_evaluator_{name}{{{text}}}": f"{value:g}x{MINUTES}"}


def scores(evaluator: str, n: float, mean: float, passed: float, weight: float = 1.0) -> Series:
    """``n`` scores a minute of this mean (all alike) and share that passed."""
    labels = dict.fromkeys(SEGMENT_LABELS, "other") | {"evaluator": evaluator, "tier": "base"}
    w, ww = n * weight, n * weight**2
    found: Series = {}
    for name, value in {
        "score_weight": w,
        "score_weighted_sum": w * mean,
        "score_weight_square": ww,
        "score_weight_square_sum": ww * mean,
        "score_weight_square_square_sum": ww * mean * mean,
        "verdict_weight": w,
        "verdict_weight_square": ww,
        "passed_weight": w * passed,
        "passed_weight_square": ww * passed,
    }.items():
        found |= counter(name, value, **labels)
    return found


def outcomes(evaluator: str, reason: str = "", **counts: float) -> Series:
    found: Series = {}
    for outcome, n in counts.items():
        why = "" if outcome == "scored" else reason or "timeout"
        found |= counter("evaluations", n, evaluator=evaluator, outcome=outcome, reason=why)
    return found


def missing(evaluator: str, n: float) -> Series:
    labels = dict.fromkeys(SEGMENT_LABELS, "other") | {"evaluator": evaluator, "tier": "base"}
    return counter("missing_weight", n, **labels)


def requests(**counts: float) -> Series:
    found: Series = {}
    for outcome, n in counts.items():
        found |= counter("judge_requests", n, judge="default", outcome=outcome)
    return found


def stopped(name: str, **labels: str) -> Series:
    """A counter that grew for an hour and stands still since."""
    text = ", ".join(f'{key}="{value}"' for key, value in labels.items())
    return {f"otel_evaluator_{name}_total{{{text}}}": f"0+100x60 6000x{MINUTES - 60}"}


FEW = 5 / MINUTES
UP = gauge("build_info", 1, version="1")
REGRESSED = {"evaluator": "pii", "service": "shop", "environment": "prod"}
# Alert: series under which it fires, series under which it does not.
CASES: dict[str, tuple[Series, list[Series]]] = {
    "EvaluatorPassRateLow": (
        scores("pii", 20, 0.5, 0.7),
        [
            scores("pii", 20, 0.5, 0.95),
            scores("pii", 20, 0.5, 0.895),  # the interval still reaches the objective
            scores("pii", FEW, 0.0, 0.0),
            scores("speed", 20, 0.5, 0.5),  # has no such objective
        ],
    ),
    "EvaluatorErrorBudgetBurn": (
        scores("strict", 20, 0.5, 0.8),
        [scores("strict", 20, 0.5, 0.995), scores("strict", FEW, 0.0, 0.0)],
    ),
    "EvaluatorScoreLow": (
        scores("judged", 20, 0.5, 1.0),
        [scores("judged", 20, 0.75, 0.0), scores("judged", FEW, 0.1, 0.0)],
    ),
    "EvaluatorScoreHigh": (
        scores("speed", 20, 9.0, 1.0),
        [scores("speed", 20, 4.0, 1.0), scores("speed", FEW, 60.0, 1.0)],
    ),
    "EvaluatorRegression": (
        gauge("regression", 1, **REGRESSED),
        [gauge("regression", 0, **REGRESSED), UP],
    ),
    "EvaluatorCoverageLow": (
        scores("pii", 10, 1, 1) | missing("pii", 10) | outcomes("pii", scored=10, unscored=10),
        [
            scores("pii", 10, 1, 1) | missing("pii", 1) | outcomes("pii", scored=10, unscored=1),
            scores("pii", FEW, 1, 1) | missing("pii", FEW) | outcomes("pii", unscored=FEW),
        ],
    ),
    "EvaluatorFailing": (
        outcomes("pii", scored=10, failed=2),
        [outcomes("pii", scored=100, failed=2), outcomes("pii", scored=FEW, failed=4 / MINUTES)],
    ),
    "JudgeFailing": (
        requests(answered=10, unavailable=5),
        [requests(answered=100, unavailable=5), requests(answered=FEW, unusable=FEW)],
    ),
    "JudgeBudgetExhausted": (
        outcomes("judged", "budget", scored=1, unscored=1),
        [outcomes("judged", "uncertain", scored=1, unscored=1)],
    ),
    "JudgeMoved": (
        gauge("judge_canary_moved", 1, evaluator="judged"),
        [gauge("judge_canary_moved", 0, evaluator="judged")],
    ),
    "EvaluationCostHigh": (
        counter("judge_cost_usd", 0.1, judge="default", evaluator="judged")
        | counter("inference_cost_usd", 1),
        [
            counter("judge_cost_usd", 0.01, judge="default", evaluator="judged")
            | counter("inference_cost_usd", 1),
        ],
    ),
    "EvaluatorDown": ({}, [UP]),
    "NoTelemetry": (
        stopped("spans_received", protocol="grpc"),
        [counter("spans_received", 100, protocol="grpc"), UP],
    ),
    "RequestsRefused": (
        counter("requests_refused", 1, reason="journal_full"),
        [counter("requests_refused", 1, reason="shutdown"), UP],
    ),
    "DataDropped": (
        counter("spans_dropped", 1, reason="overload"),
        [counter("spans_dropped", 1, reason="not_genai")],
    ),
    "JournalOld": (gauge("journal_oldest_seconds", 3600), [gauge("journal_oldest_seconds", 60)]),
    "JournalDamaged": (
        gauge("journal_damaged_records", 2),
        [gauge("journal_damaged_records", 0)],
    ),
    "SinkFailing": (
        counter("sink_writes", 1, sink="clickhouse", outcome="retryable"),
        [
            counter("sink_writes", 1, sink="clickhouse", outcome="written"),
            counter("sink_writes", 1, sink="clickhouse", outcome="written")
            | counter("sink_writes", 1, sink="clickhouse", outcome="retryable"),
        ],
    ),
}


def case(series: Series, expressions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "interval": "1m",
        "input_series": [{"series": s, "values": v} for s, v in series.items()],
        "promql_expr_test": [{"eval_time": "180m", **each} for each in expressions],
    }


def test(rule_path, tmp_path, tests: list[dict[str, Any]]) -> None:
    path = tmp_path / "tests.yaml"
    path.write_text(
        yaml.safe_dump(
            {"rule_files": [str(rule_path)], "evaluation_interval": "5m", "tests": tests}
        )
    )
    run(tool("promtool"), "test", "rules", str(path))


test.__test__ = False  # type: ignore[attr-defined]


def firing(alert: str, expected: bool) -> dict[str, Any]:
    expression = (
        f'count by (alertname) (ALERTS{{alertname="{alert}", alertstate="firing"}}) > bool 0'
    )
    samples = [{"labels": f'{{alertname="{alert}"}}', "value": 1}] if expected else []
    return {"expr": expression, "exp_samples": samples}


def test_every_alert_has_a_case(rules):
    alerts = {r["alert"] for g in rules["groups"] for r in g["rules"] if "alert" in r}
    assert alerts == set(CASES)


@pytest.mark.parametrize("alert", CASES)
def test_it_fires_and_only_then(rule_path, tmp_path, alert):
    series, quiet = CASES[alert]
    tests = [case(series, [firing(alert, True)])]
    tests += [case(each, [firing(alert, False)]) for each in quiet]
    test(rule_path, tmp_path, tests)


def test_dropped_scores_alone_are_dropped_data(rule_path, tmp_path):
    only = counter("outcomes_dropped", 1, reason="overload")
    test(rule_path, tmp_path, [case(only, [firing("DataDropped", True)])])


def test_a_healthy_service_raises_nothing(rule_path, tmp_path):
    healthy: Series = dict(UP)
    for evaluator, mean in {"pii": 1.0, "strict": 1.0, "speed": 1.0, "judged": 0.9}.items():
        healthy |= scores(evaluator, 20, mean, 0.999) | outcomes(evaluator, scored=20)
    healthy |= counter("spans_received", 1000, protocol="grpc")
    healthy |= gauge("journal_oldest_seconds", 2) | requests(answered=20)
    none = {"expr": "ALERTS", "exp_samples": []}
    test(rule_path, tmp_path, [case(healthy, [none])])


def test_recorded_numbers_are_those_of_the_estimators(rule_path, tmp_path):
    """Two tiers with unlike weights; per minute: weight, score, how many, how many passed."""
    items = [(1.0, 0.9, 30, 27), (1.0, 0.2, 10, 0), (20.0, 1.0, 6, 6), (20.0, 0.4, 2, 1)]
    hour = 60.0
    sums = Sums(
        w=hour * sum(w * n for w, _, n, _ in items),
        wy=hour * sum(w * y * n for w, y, n, _ in items),
        wyy=hour * sum(w * y * y * n for w, y, n, _ in items),
        ww=hour * sum(w * w * n for w, _, n, _ in items),
        wwy=hour * sum(w * w * y * n for w, y, n, _ in items),
        wwyy=hour * sum(w * w * y * y * n for w, y, n, _ in items),
    )
    passes = sums_of_passes(
        sums.w,
        hour * sum(w * p for w, _, _, p in items),
        sums.ww,
        hour * sum(w * w * p for w, _, _, p in items),
    )
    labels = dict.fromkeys(SEGMENT_LABELS, "other") | {"evaluator": "pii", "tier": "base"}
    series: Series = {}
    for name, value in {
        "score_weight": sums.w,
        "score_weighted_sum": sums.wy,
        "score_weight_square": sums.ww,
        "score_weight_square_sum": sums.wwy,
        "score_weight_square_square_sum": sums.wwyy,
        "verdict_weight": passes.w,
        "verdict_weight_square": passes.ww,
        "passed_weight": passes.wy,
        "passed_weight_square": passes.wwy,
        "missing_weight": 120.0,
    }.items():
        series |= counter(name, value / hour, **labels)
    series |= gauge("judge_sensitivity", 0.9, evaluator="pii")
    series |= gauge("judge_specificity", 0.8, evaluator="pii")
    rate = passes.rate()
    whole = sums.w + 120
    expected = {
        "score": sums.mean,
        "score_variance": sums.variance,
        "score_low": sums.estimate().low,
        "score_high": sums.estimate().high,
        "score_effective": sums.kish,
        "pass_rate": rate.value,
        "pass_effective": passes.effective,
        "pass_rate_low": rate.low,
        "pass_rate_high": rate.high,
        "pass_rate_corrected": (rate.value + 0.8 - 1) / (0.9 + 0.8 - 1),
        "coverage": sums.w / whole,
        "score_worst": sums.wy / whole,
        "score_best": (sums.wy + 120) / whole,
    }
    expressions = [
        {
            "expr": f"abs(evaluator:otel_evaluator_{name}:1h / {value!r} - 1) < bool 1e-5",
            "exp_samples": [{"labels": '{evaluator="pii"}', "value": 1}],
        }
        for name, value in expected.items()
    ]
    segment = 'segment:otel_evaluator_score:1h{service="other"}'
    everywhere = ", ".join(f'{name}="other"' for name in sorted(SEGMENT_LABELS))
    expressions.append(
        {
            "expr": f"abs({segment} / {sums.mean!r} - 1) < bool 1e-5",
            "exp_samples": [{"labels": f'{{evaluator="pii", {everywhere}}}', "value": 1}],
        }
    )
    test(rule_path, tmp_path, [case(series, expressions)])


def test_alerts_explain_themselves(rules):
    for group in rules["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                assert "{{ $value" in rule["annotations"]["description"]
                assert len(rule["annotations"]["summary"]) > 10
                assert not re.search(r"\{\{[^}]*\{\{", rule["annotations"]["summary"])
