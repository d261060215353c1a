"""Ruling out early never contradicts the decision: whatever the configuration and the traffic."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_evaluator.model.subject import Signals
from otel_evaluator.sample.budget import BudgetState
from otel_evaluator.sample.config import BudgetConfig, SamplingConfig
from otel_evaluator.sample.decide import Decider, EvaluatorRule
from otel_evaluator.sample.hashing import ONE, threshold
from otel_evaluator.sample.sampler import Sampler
from otel_evaluator.sample.tags import requested
from otel_evaluator.testing import a_subject
from otel_evaluator.testing.doubles import EPOCH_NS

PATTERNS = {
    "errors": (b"\x7a\x02\x18\x02", b"error.type"),
    "tool_calls": (b"execute_tool", b"tool_calls"),
    "escalated": (b"handover",),
    "feedback": (b"feedback.",),
    "truncated": (b"max_tokens", b"length"),
}
VALUES = {
    "errors": st.integers(0, 3),
    "tool_calls": st.integers(0, 3),
    "escalated": st.booleans(),
    "feedback": st.sampled_from([0.0, -1.0, 0.5]),
    "truncated": st.booleans(),
    "turns": st.integers(0, 5),
    "language": st.sampled_from(["en", "de", "und"]),
}
CONDITIONS = [
    "signals.errors > 0",
    "signals.errors == 0",
    "signals.errors > 0 && signals.tool_calls > 0",
    "signals.errors > 1 || signals.escalated",
    "!signals.truncated",
    "signals.feedback < 0.0",
    "signals.turns > 2",
    "signals.turns > 2 && signals.errors > 0",
    "signals.language != 'en'",
    "resource['tier'] == 'gold'",
    "resource['tier'] == 'gold' || signals.errors > 0",
    "attributes.x == 1 && signals.tool_calls > 0",
    "span.operation == 'chat'",
    "trace.model == 'gpt-4o-mini'",
    "true",
    "false",
    "1 / signals.errors > 0",
    "signals.errors + 'a' == 'b'",
    "signals.tool_calls",
]
NOISE = (b"", b"gen_ai.", b"error", b"lengt", b"tool_call", b"feedback", b"\x00\xff")
rates = st.one_of(st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]), st.floats(0, 1))
tiers = st.lists(st.tuples(rates, st.sampled_from(CONDITIONS)), max_size=4)
some_hints = st.sets(st.sampled_from(sorted(PATTERNS))).map(
    lambda names: {name: PATTERNS[name] for name in names}
)


def tier_configs(pairs):
    return [{"name": f"t{i}", "rate": r, "when": w} for i, (r, w) in enumerate(pairs)]


@st.composite
def configs(draw):
    return SamplingConfig(
        key=draw(st.sampled_from(["conversation", "trace"])),
        seed=draw(st.integers(0, 5)),
        base_rate=draw(rates),
        tiers=tier_configs(draw(tiers)),
        budget=BudgetConfig(
            min_per_day=draw(st.sampled_from([0, 50])),
            max_per_day=draw(st.sampled_from([None, 100])),
        ),
        accept_eval_tags=draw(st.booleans()),
    )


@st.composite
def rule_lists(draw):
    own = st.one_of(st.none(), st.floats(1e-6, 1))
    when = st.one_of(st.none(), st.sampled_from(CONDITIONS))
    kinds = draw(st.lists(st.sampled_from(["trace", "span", "conversation"]), max_size=3))
    return [EvaluatorRule(f"e{i}", kind, draw(own), draw(when)) for i, kind in enumerate(kinds)]


@st.composite
def traces(draw, hints):
    """A trace's subject, and encoded items that keep the promise of model.hints."""
    signals = Signals(**{name: draw(values) for name, values in VALUES.items()})
    parts = [draw(st.sampled_from(NOISE)) for _ in range(3)]
    default = Signals()
    for name, patterns in hints.items():
        if getattr(signals, name) != getattr(default, name):
            parts.insert(draw(st.integers(0, len(parts))), draw(st.sampled_from(patterns)))
    resource = draw(st.sampled_from([{}, {"tier": "gold"}, {"eval_tags": '[{"eval_name":"e0"}]'}]))
    fields = {"signals": signals, "resource": resource, "attributes": {"x": 1}}
    return a_subject(**fields), b"\0".join(parts)


def subjects_of(whole):
    return [
        ("trace", a_like(whole, kind="trace")),
        ("span", a_like(whole, kind="span", operation="chat")),
        ("conversation", a_like(whole, kind="conversation")),
    ]


def a_like(whole, **fields):
    common = {n: getattr(whole, n) for n in ("signals", "resource", "attributes")}
    return a_subject(**(common | fields))


def everything_selected(decider, config, rules, whole, u, multiplier):
    names = [rule.name for rule in rules]
    found = {}
    for kind, subject in subjects_of(whole):
        wanted = requested(subject, config, names)
        over = whole if kind == "span" else subject
        found |= decider.decide(subject, over, u, multiplier, None, wanted).selected
    return found


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_what_is_ruled_out_would_never_have_been_selected(data):
    hints = data.draw(some_hints)
    config, rules = data.draw(configs()), data.draw(rule_lists())
    before = {EPOCH_NS // 3_600_000_000_000 - 1: data.draw(st.sampled_from([0.0, 1.0, 1e4]))}
    sampler = Sampler(config, rules, hints, BudgetState(before))
    sampler.advance(EPOCH_NS)
    whole, joined = data.draw(traces(hints))
    decider = Decider(config, rules)
    interesting = [threshold(r) for r in (config.base_rate, *(t.rate for t in config.tiers))]
    u = data.draw(
        st.one_of(
            st.integers(0, ONE - 1),
            st.sampled_from(
                [max(0, min(ONE - 1, limit + d)) for limit in interesting for d in (-1, 0)]
            ),
        )
    )
    if not sampler.may_select(u, joined):
        assert not everything_selected(decider, config, rules, whole, u, sampler.multiplier), (
            "ruled out, but selected"
        )


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_excluded_keys_would_never_have_been_selected(data):
    hints = data.draw(some_hints)
    config, rules = data.draw(configs()), data.draw(rule_lists())
    sampler, decider = Sampler(config, rules, hints), Decider(config, rules)
    whole, joined = data.draw(traces(hints))
    trace_id = data.draw(st.binary(min_size=16, max_size=16))
    conversation = data.draw(st.sampled_from(["", "c-1", "会话"]))
    out = bool(sampler.excluded_traces({trace_id}))
    if conversation and sampler.excludes_conversation(conversation):
        out = True
    if out:
        u = sampler.u(trace_id, conversation)
        assert sampler.excludes_any
        assert not sampler.may_select(u, joined)
        assert not everything_selected(decider, config, rules, whole, u, 1.0)


CHECK = EvaluatorRule("check", "trace")


def screening(hints=PATTERNS, rules=(CHECK,), **config):
    return Sampler(SamplingConfig(**config), rules, hints)


ERRORS = {"name": "errors", "rate": 1.0, "when": "signals.errors > 0"}


def test_ruling_out_is_not_idle():
    sampler = screening(base_rate=0.01, tiers=[ERRORS])
    assert sampler.may_select(0, b"")
    assert not sampler.may_select(ONE // 2, b"gen_ai.request.model")
    assert sampler.may_select(ONE // 2, b"gen_ai.request.model error.type x")


def test_a_signal_without_hints_cannot_be_ruled_out():
    sampler = screening(hints={}, base_rate=0.01, tiers=[ERRORS])
    assert sampler.may_select(ONE - 1, b"")


@pytest.mark.parametrize("when", ["signals.errors == 0", "signals.errors < 5", "true"])
def test_a_condition_that_holds_without_anything_remarkable_cannot_be_ruled_out(when):
    tier = {"name": "t", "rate": 0.5, "when": when}
    sampler = screening(base_rate=0.01, tiers=[tier])
    assert sampler.may_select(ONE // 2 - 1, b"")
    assert not sampler.may_select(ONE // 2 + 1, b"")


@pytest.mark.parametrize(
    "when",
    ["resource['tier'] == 'gold'", "attributes.x == 1", "trace.model == 'm'", "span.model == 'm'"],
)
def test_a_condition_on_more_than_signals_cannot_be_ruled_out(when):
    for text in (when, f"{when} && signals.errors > 0"):
        sampler = screening(base_rate=0.01, tiers=[{"name": "t", "rate": 0.5, "when": text}])
        assert sampler.may_select(ONE // 2 - 1, b"")
        assert not sampler.may_select(ONE // 2 + 1, b"")


def test_only_evaluators_of_their_own_rate_leave_tiers_without_effect():
    rules = [EvaluatorRule("cheap", "trace", 0.2)]
    sampler = screening(rules=rules, base_rate=1.0, tiers=[ERRORS])
    assert sampler.may_select(threshold(0.2) - 1, b"")
    assert not sampler.may_select(threshold(0.2), b"error.type")


def test_accepted_tags_keep_everything_within_reach():
    sampler = screening(base_rate=0.0, accept_eval_tags=True)
    assert not sampler.excludes_any
    assert sampler.may_select(ONE - 1, b"")
    assert sampler.excluded_traces({bytes(16)}) == set()


def test_keys_of_conversations_exclude_no_trace_by_its_own_id():
    sampler = screening(base_rate=0.01)
    ids = {n.to_bytes(16, "big") for n in range(100)}
    assert sampler.excludes_any
    assert sampler.excluded_traces(ids) == set()
    names = [f"c-{n}" for n in range(300)]
    out = [name for name in names if sampler.excludes_conversation(name)]
    assert 250 < len(out) < 300


def test_keys_of_traces_exclude_no_conversation():
    sampler = screening(base_rate=0.01, key="trace")
    ids = {n.to_bytes(16, "big") for n in range(300)}
    assert 250 < len(sampler.excluded_traces(ids)) < 300
    assert not any(sampler.excludes_conversation(f"c-{n}") for n in range(300))


def test_traces_of_excluded_conversations_are_remembered_within_bounds():
    sampler = screening(base_rate=0.01)
    first = [n.to_bytes(16, "big") for n in range(1000)]
    sampler.remember_excluded(first)
    assert sampler.excluded_traces({*first, b"\xff" * 16}) == set(first)
    for start in range(1000, 301_000, 50_000):
        sampler.remember_excluded(n.to_bytes(16, "big") for n in range(start, start + 50_000))
    assert sampler.excluded_traces(set(first)) == set(), "forgotten, or memory grows for ever"


def test_tags_of_the_resource_decide_only_where_they_are_accepted():
    tags = {"eval_tags": json.dumps([{"eval_name": "check"}])}
    subject = a_subject(resource=tags)
    for accept in (True, False):
        config = SamplingConfig(base_rate=0.0, accept_eval_tags=accept)
        rules = [EvaluatorRule("check", "trace")]
        sampler, decider = Sampler(config, rules, {}), Decider(config, rules)
        found = everything_selected(decider, config, rules, subject, ONE - 1, 1.0)
        assert bool(found) is sampler.may_select(ONE - 1, b"") is accept
