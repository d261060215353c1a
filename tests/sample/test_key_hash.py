import hashlib
import math
import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_evaluator.sample.hashing import BITS, ONE, KeyHash, probability, threshold

trace_ids = st.binary(min_size=16, max_size=16)
seeds = st.integers(0, 2**63 - 1)
rates = st.floats(0, 1)


COUNT = 100_000


@cache
def some_ids():
    source = random.Random(7)
    return [source.randbytes(16) for _ in range(COUNT)]


@cache
def some_us(seed):
    keys = KeyHash(seed)
    return [keys.trace(trace_id) for trace_id in some_ids()]


def assert_binomial(kept, count, rate):
    """Within 4.9 standard deviations: one failure in a million runs of a right sampler."""
    deviation = math.sqrt(count * rate * (1 - rate))
    assert abs(kept - count * rate) <= 4.9 * deviation, (kept, count, rate)


@given(seeds, trace_ids, st.text())
@settings(deadline=None)
def test_u_is_the_documented_hash(seed, trace_id, conversation):
    # RFC 7693: BLAKE2b, 7 bytes, keyed with the seed's 8 bytes, personalised by kind of key.
    def reference(person, data):
        digest = hashlib.blake2b(data, digest_size=7, key=seed.to_bytes(8, "big"), person=person)
        return int.from_bytes(digest.digest(), "big")

    keys = KeyHash(seed)
    assert keys.trace(trace_id) == reference(b"otel-eval trace", trace_id) < ONE
    text = conversation.encode(errors="replace").decode()
    assert keys.conversation(text) == reference(b"otel-eval convo", text.encode()) < ONE


@given(rates, rates, st.integers(0, ONE - 1))
def test_what_a_rate_keeps_a_higher_rate_keeps_too(a, b, u):
    low, high = sorted((a, b))
    assert not (u < threshold(low)) or u < threshold(high)


@given(st.integers(0, ONE - 1))
def test_rate_one_keeps_everything_and_rate_zero_nothing(u):
    assert u < threshold(1.0) == ONE == 1 << BITS
    assert u >= threshold(0.0) == 0


@given(rates)
def test_the_probability_of_a_threshold_is_the_rate_to_56_bits(rate):
    assert probability(threshold(rate)) == pytest.approx(rate, abs=2.0**-BITS)


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.1, 0.37, 0.5, 0.9])
def test_the_share_kept_of_many_traces_is_the_rate(rate):
    limit = threshold(rate)
    assert_binomial(sum(u < limit for u in some_us(0)), COUNT, rate)


def test_the_share_kept_of_counted_conversations_is_the_rate():
    # Names that differ in a digit only, as applications number their sessions.
    keys = KeyHash(3)
    us = [keys.conversation(f"session-{n}") for n in range(COUNT)]
    for rate in (0.01, 0.1, 0.5):
        assert_binomial(sum(u < threshold(rate) for u in us), COUNT, rate)


@pytest.mark.parametrize("above", [0.5, 0.9])
def test_the_decision_is_independent_of_the_randomness_upstream_samplers_use(above):
    # Consistent samplers keep traces whose lower 56 bits R are high; of those we must keep
    # our own rate, or probabilities would not multiply.
    arriving = [
        u
        for trace_id, u in zip(some_ids(), some_us(0), strict=True)
        if int.from_bytes(trace_id[9:], "big") >= above * 2**56
    ]
    limit = threshold(0.1)
    assert_binomial(sum(u < limit for u in arriving), len(arriving), 0.1)


def test_the_decision_is_independent_of_where_a_trace_id_carries_its_randomness():
    # AWS X-Ray ids begin with a time; some SDKs fill only 8 of the 16 bytes.
    keys, limit = KeyHash(0), threshold(0.1)
    for shape in (lambda n: n.to_bytes(16, "big"), lambda n: n.to_bytes(8, "big") + bytes(8)):
        kept = sum(keys.trace(shape(n)) < limit for n in range(1, 20_001))
        assert_binomial(kept, 20_000, 0.1)


def test_seeds_are_independent():
    limit = threshold(0.1)
    both = sum(a < limit and b < limit for a, b in zip(some_us(0), some_us(1), strict=True))
    assert_binomial(both, COUNT, 0.01)


def test_kinds_of_keys_are_independent():
    keys, limit = KeyHash(0), threshold(0.1)
    kept = [i for i, u in zip(some_ids(), some_us(0), strict=True) if u < limit]
    assert_binomial(sum(keys.conversation(i.hex()) < limit for i in kept), len(kept), 0.1)


@given(seeds, st.sets(trace_ids), st.integers(0, ONE - 1))
@settings(deadline=None)
def test_traces_above_a_threshold_are_found_all_at_once(seed, ids, limit):
    keys = KeyHash(seed)
    assert keys.traces_at_or_above(ids, limit) == {i for i in ids if keys.trace(i) >= limit}


@given(trace_ids, st.data())
def test_traces_at_the_threshold_itself_count_as_above(trace_id, data):
    keys = KeyHash(0)
    u = keys.trace(trace_id)
    assert keys.traces_at_or_above({trace_id}, u) == {trace_id}
    if u + 1 < ONE:
        assert keys.traces_at_or_above({trace_id}, u + 1) == set()
