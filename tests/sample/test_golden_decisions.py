"""Decisions that must never change: a new release must keep the keys that the last one kept.

``tests/data/sampling/golden.json`` was written once. A failure here is never a reason to
write it anew: replicas of two versions would disagree, and scores already written would
carry probabilities of another hash.
"""

import json
import math
from pathlib import Path

import pytest

from otel_evaluator.sample.config import SamplingConfig
from otel_evaluator.sample.decide import Decider, EvaluatorRule
from otel_evaluator.sample.hashing import KeyHash, threshold
from otel_evaluator.sample.sampler import Sampler
from otel_evaluator.testing import a_subject

GOLDEN = json.loads(
    (Path(__file__).parent.parent / "data" / "sampling" / "golden.json").read_text("utf-8")
)
SEEDS = sorted({v["seed"] for v in GOLDEN["values"]})
of_every_seed = pytest.mark.parametrize("seed", SEEDS)


def vectors(seed):
    return [v for v in GOLDEN["values"] if v["seed"] == seed]


def u_of(vector):
    keys = KeyHash(vector["seed"])
    if vector["kind"] == "trace":
        return keys.trace(bytes.fromhex(vector["key"]))
    return keys.conversation(vector["key"])


def test_there_are_vectors_of_every_kind():
    kinds = {(v["seed"], v["kind"]) for v in GOLDEN["values"]}
    assert {kind for _, kind in kinds} == {"trace", "conversation"}
    assert {seed for seed, _ in kinds} >= {0, 1, 2**63 - 1}
    assert any(not v["key"].isascii() for v in GOLDEN["values"])
    kept = [kept for v in GOLDEN["values"] for kept in v["kept"].values()]
    assert True in kept
    assert False in kept


@of_every_seed
@pytest.mark.fault("G6")
def test_u_of_a_key_never_changes(seed):
    for vector in vectors(seed):
        assert u_of(vector) == int(vector["u"]), vector["key"]


@of_every_seed
@pytest.mark.fault("G6")
def test_what_a_rate_keeps_never_changes(seed):
    rule, subject = EvaluatorRule("check", "trace"), a_subject()
    for rate in GOLDEN["values"][0]["kept"]:
        decider = Decider(SamplingConfig(seed=seed, base_rate=float(rate)), [rule])
        for vector in vectors(seed):
            decision = decider.decide(subject, subject, int(vector["u"]), 1.0, None)
            assert ("check" in decision.selected) is vector["kept"][rate], (vector["key"], rate)


@of_every_seed
def test_the_sampler_asks_for_the_same_u(seed):
    sampler = Sampler(SamplingConfig(seed=seed), [], {})
    for vector in vectors(seed):
        key, u = vector["key"], int(vector["u"])
        if vector["kind"] == "trace":
            assert sampler.u(bytes.fromhex(key), "") == u
        else:
            assert sampler.u(bytes(16), key) == sampler.u_of_conversation(key) == u


@pytest.mark.parametrize(("rate", "limit"), GOLDEN["thresholds"].items())
@pytest.mark.fault("G6")
def test_thresholds_of_rates_never_change(rate, limit):
    assert threshold(float(rate)) == int(limit)


@pytest.mark.fault("G6")
def test_a_lower_rate_keeps_a_subset_and_each_rate_its_share():
    keys, count = KeyHash(7), 20_000
    values = [keys.trace(number.to_bytes(16, "big")) for number in range(1, count + 1)]
    before: set[int] = set()
    for rate in (0.001, 0.01, 0.1, 0.5, 0.9):
        limit = threshold(rate)
        kept = {number for number, u in enumerate(values) if u < limit}
        assert before <= kept
        # Five standard deviations of the binomial distribution: one in a million is beyond.
        assert abs(len(kept) - count * rate) <= 5 * math.sqrt(count * rate * (1 - rate))
        before = kept
