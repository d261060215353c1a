import random

import pytest

from otel_evaluator.model.outcome import Sampling
from otel_evaluator.model.subject import Signals
from otel_evaluator.sample.config import SamplingConfig
from otel_evaluator.sample.decide import Decider, EvaluatorRule
from otel_evaluator.sample.hashing import ONE, KeyHash, probability, threshold
from otel_evaluator.testing import a_subject

TIERS = [
    {"name": "tools", "rate": 0.3, "when": "signals.tool_calls > 0"},
    {"name": "errors", "rate": 0.8, "when": "signals.errors > 0"},
    {"name": "cheap", "rate": 0.01, "when": "true"},
]
CHECK = EvaluatorRule("check", "trace")


def decide(
    rules=(CHECK,), *, u=0.0, multiplier=1.0, upstream=None, requested=(), subject=None, **config
):
    whole = subject or a_subject()
    decider = Decider(SamplingConfig(**config), rules)
    return decider.decide(whole, whole, int(u * ONE), multiplier, upstream, requested)


def with_signals(**signals):
    return a_subject(signals=Signals(**signals))


@pytest.mark.parametrize(
    ("signals", "tier", "rate"),
    [
        ({}, "base", 0.1),
        ({"tool_calls": 1}, "tools", 0.3),
        ({"errors": 2}, "errors", 0.8),
        ({"tool_calls": 1, "errors": 1}, "errors", 0.8),
    ],
)
def test_the_highest_matching_rate_wins(signals, tier, rate):
    for tiers in (TIERS, TIERS[::-1]):
        decision = decide(subject=with_signals(**signals), tiers=tiers, base_rate=0.1)
        assert (decision.tier, decision.rate) == (tier, rate)
        assert decision.selected["check"].tier == tier
        assert decision.selected["check"].probability == probability(threshold(rate))


def test_a_tier_below_the_base_rate_never_lowers_it():
    decision = decide(tiers=TIERS[2:], base_rate=0.1)
    assert (decision.tier, decision.rate) == ("base", 0.1)


@pytest.mark.parametrize("rate", [0.25, 0.5])
def test_kept_just_below_the_rate_and_not_at_it(rate):
    assert "check" in decide(u=rate - 2**-50, base_rate=rate).selected
    assert decide(u=rate, base_rate=rate).skipped == {"check": "sampled_out"}


def test_an_evaluators_own_rate_replaces_the_tiers_whatever_the_budget():
    rules = [CHECK, EvaluatorRule("cheap", "trace", 1.0), EvaluatorRule("dear", "trace", 0.01)]
    decision = decide(rules, u=0.05, multiplier=0.1, base_rate=0.1)
    assert decision.selected == {"cheap": Sampling("base", 1.0, decision.u)}
    assert decision.skipped == {"check": "sampled_out", "dear": "sampled_out"}
    low = decide(rules, u=0.001, multiplier=0.1, base_rate=0.1).selected
    assert {name: round(s.probability, 9) for name, s in low.items()} == {
        "check": 0.01,
        "cheap": 1.0,
        "dear": 0.01,
    }


def test_the_budget_scales_the_tiers_rate_up_to_one_and_the_decision_names_the_unscaled():
    tripled = decide(u=0.29, multiplier=3.0, base_rate=0.1)
    assert tripled.rate == 0.1
    assert tripled.selected["check"].probability == pytest.approx(0.3)
    assert decide(u=0.31, multiplier=3.0, base_rate=0.1).selected == {}
    assert decide(u=0.999, multiplier=50.0, base_rate=0.1).selected["check"].probability == 1.0


@pytest.mark.parametrize(
    ("upstream", "configured", "arriving"), [(0.5, 1.0, 0.5), (None, 0.2, 0.2), (0.5, 0.2, 0.5)]
)
def test_probability_is_own_rate_times_upstream(upstream, configured, arriving):
    sampling = decide(upstream=upstream, upstream_probability=configured, base_rate=0.25).selected[
        "check"
    ]
    assert sampling.probability == 0.25 * arriving
    assert sampling.weight == 1 / (0.25 * arriving)


def test_requested_evaluators_run_at_any_u_with_the_upstream_probability():
    rules = [CHECK, EvaluatorRule("asked", "trace", when="false")]
    decision = decide(rules, u=0.999, requested={"asked", "unknown"}, upstream=0.5, base_rate=0.1)
    assert decision.selected == {"asked": Sampling("requested", 0.5, decision.u)}
    assert decision.skipped == {"check": "sampled_out"}


def test_only_evaluators_of_the_subjects_kind_are_decided_on():
    rules = [EvaluatorRule(kind, kind) for kind in ("span", "trace", "conversation")]
    for kind in ("span", "trace", "conversation"):
        decision = decide(rules, u=0.0, requested={"span"}, subject=a_subject(kind=kind))
        assert set(decision.selected) | set(decision.skipped) == {kind}


def test_when_filters_what_the_rate_kept():
    rules = [
        EvaluatorRule("on_gpt", "trace", when="trace.model == 'gpt-4o-mini'"),
        EvaluatorRule("on_other", "trace", when="trace.model == 'other'"),
        EvaluatorRule("no_key", "trace", when="attributes['nowhere'] == 1"),
    ]
    decision = decide(rules, u=0.05, base_rate=0.1)
    assert set(decision.selected) == {"on_gpt"}
    assert decision.skipped == {"on_other": "filtered", "no_key": "filtered"}
    assert set(decide(rules, u=0.5, base_rate=0.1).skipped.values()) == {"sampled_out"}


def test_a_span_takes_the_tier_of_its_trace_and_its_own_condition():
    whole = with_signals(errors=1)
    span = a_subject(kind="span", operation="chat", attributes={"x": 1})
    config = SamplingConfig(
        base_rate=0.1,
        tiers=[{"name": "errors", "rate": 1, "when": "signals.errors > 0 && !has(attributes.x)"}],
    )
    rules = [
        EvaluatorRule("chat", "span", when="span.operation == 'chat' && attributes.x == 1"),
        EvaluatorRule("tool", "span", when="span.operation == 'execute_tool'"),
    ]
    decision = Decider(config, rules).decide(span, whole, ONE - 1, 1.0, None)
    assert decision.tier == "errors"
    assert set(decision.selected) == {"chat"}
    assert decision.skipped == {"tool": "filtered"}


@pytest.mark.parametrize(
    "when",
    [
        "signals.errors + 'a' == 'b'",
        "1 / signals.errors > 0",
        "int(trace.service) > 1",
        "signals.tool_calls",
    ],
)
def test_conditions_that_cannot_be_applied_do_not_hold_and_are_noted(when):
    tiers = [{"name": "odd", "rate": 1.0, "when": when}]
    rules = [CHECK, EvaluatorRule("picky", "trace", 1.0, when)]
    decision = decide(rules, u=0.0, tiers=tiers, base_rate=0.1)
    assert decision.tier == "base"
    assert decision.skipped == {"picky": "filtered"}
    assert [note.partition(":")[0] for note in decision.notes] == ["odd", "picky"]
    assert all(len(note) > len("picky: ") for note in decision.notes)


def test_needs_names_the_signals_that_conditions_read():
    config = SamplingConfig(tiers=TIERS)
    rules = [EvaluatorRule("a", "trace", when="signals.language == 'de'"), CHECK]
    assert Decider(config, rules).needs == {"tool_calls", "errors", "language"}
    assert Decider(SamplingConfig(), [CHECK]).needs == frozenset()


def test_a_decision_depends_on_nothing_but_its_arguments():
    config, whole = SamplingConfig(tiers=TIERS), with_signals(errors=1)
    first, second = Decider(config, [CHECK]), Decider(config, [CHECK])
    us = [KeyHash(0).trace(n.to_bytes(16, "big")) for n in range(200)]
    forwards = [first.decide(whole, whole, u, 1.0, None) for u in us]
    backwards = [second.decide(whole, whole, u, 1.0, None) for u in reversed(us)]
    assert forwards == backwards[::-1]


def test_weighted_means_tell_the_population_although_errors_are_boosted():
    # 10 % of traces have errors and score badly; an upstream sampler keeps half.
    source = random.Random(5)
    config = SamplingConfig(base_rate=0.02, tiers=[{**TIERS[1], "rate": 0.5}])
    decider, keys = Decider(config, [CHECK]), KeyHash(0)
    usual, failed = a_subject(), with_signals(errors=1)
    truth, scores = [], []
    for number in range(24_000):
        bad = source.random() < 0.1
        passed = source.random() < (0.55 if bad else 0.93)
        truth.append(passed)
        if source.random() >= 0.5:
            continue
        whole = failed if bad else usual
        u = keys.trace(number.to_bytes(16, "big"))
        sampling = decider.decide(whole, whole, u, 1.0, 0.5).selected.get("check")
        if sampling is not None:
            scores.append((passed, sampling.weight))
    population = sum(truth) / len(truth)
    weighted = sum(p * w for p, w in scores) / sum(w for _, w in scores)
    unweighted = sum(p for p, _ in scores) / len(scores)
    size = sum(w for _, w in scores)
    assert len(scores) > 500
    assert weighted == pytest.approx(population, abs=0.04)
    assert abs(unweighted - population) > 0.12
    assert size == pytest.approx(len(truth), rel=0.2)
