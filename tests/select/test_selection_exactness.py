"""Selection by slices against selection by a full decode, for any request."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spans_and_rates import (
    NOTHING,
    Rates,
    a_selector,
    ascending,
    context_of,
    descending,
    kept_of,
    reference,
    request,
    select,
    shuffled,
    span_id,
    total,
    trace_id,
    with_decoys,
    with_unknown_fields,
)

from otel_evaluator.testing import a_span

ATTRIBUTES = [
    {"db.system.name": "sqlite"},
    {"gen_ai.operation.name": "chat"},
    {"gen_ai.operation.name": "chat", "gen_ai.conversation.id": "c-1"},
    {"gen_ai.operation.name": "chat", "gen_ai.conversation.id": "c-2"},
    {"openinference.span.kind": "LLM", "session.id": "c-1"},
    {"session.id": "c-1"},
    {"app.note": "the key gen_ai.conversation.id is c-1"},
    {"gen_ai.prompt": "x", "otel_evaluator.judge": True},
    {"gen_ai.prompt": "otel_evaluator.judge"},
    {"http.url": "https://example.test/threads"},
    {},
]
SCOPES = ["", "opentelemetry.instrumentation.asgi", "agent_framework", "otel_evaluator", "agent"]
IDS = st.integers(1, 4)


@st.composite
def a_random_span(draw):
    trace, number = draw(IDS), draw(st.integers(1, 40))
    parent = draw(st.one_of(st.just(b""), st.integers(1, 40).map(span_id)))
    span = a_span(
        draw(st.sampled_from(["", "chat", "a\n\x10" + "t" * 16])),
        draw(st.sampled_from(ATTRIBUTES)),
        parent_span_id=parent.hex(),
    )
    bad = draw(st.sampled_from(["", "", "", "", "zero trace", "short trace", "zero", "long", "no"]))
    span.trace_id = {"zero trace": bytes(16), "short trace": b"abc"}.get(bad, trace_id(trace))
    span.span_id = {"zero": bytes(8), "long": b"x" * 9, "no": b""}.get(bad, span_id(number))
    return span


groups = st.lists(
    st.tuples(st.sampled_from(SCOPES), st.lists(a_random_span(), max_size=6)), max_size=4
)
rates = st.builds(
    Rates,
    st.sets(IDS.map(trace_id), max_size=2),
    st.sets(st.sampled_from(["c-1", "c-2"]), max_size=1),
)
interests = st.sets(IDS.map(trace_id), max_size=2)


def encoded(groups, encode, source):
    return request([(None, scope, [encode(s, source) for s in spans]) for scope, spans in groups])


def assert_like_reference(selection, expected):
    kept, context, links, own, rejected, sampled_out = expected
    assert kept_of(selection) == kept
    assert (selection.own, selection.rejected) == (own, rejected)
    assert selection.sampled_out == sampled_out
    assert context_of(selection) == context
    assert sorted(selection.links) == links
    assert total(selection) == selection.received


@pytest.mark.parametrize("encode", [ascending, descending])
@given(groups=groups, rates=rates, interest=interests)
@settings(max_examples=150, deadline=None)
def test_as_sdks_and_collectors_write_them(encode, groups, rates, interest):
    body = encoded(groups, encode, None)
    assert_like_reference(select(body, rates, interest), reference(body, rates, interest))


@pytest.mark.parametrize("encode", [shuffled, with_decoys, with_unknown_fields])
@given(groups=groups, seed=st.integers(0, 2**32))
@settings(max_examples=80, deadline=None)
def test_in_encodings_that_nobody_writes_what_is_kept_is_the_same(encode, groups, seed):
    # Context and links are found by slices; only a trace's completeness may suffer.
    body = encoded(groups, encode, random.Random(seed))
    selection = select(body)
    kept, _, _, own, rejected, _ = reference(body, Rates())
    assert kept_of(selection) == kept
    assert (selection.own, selection.rejected) == (own, rejected)
    assert total(selection) == selection.received


@given(groups=groups, rates=rates, seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_spans_of_both_orders_in_one_request(groups, rates, seed):
    source = random.Random(seed)
    body = encoded(groups, lambda s, r: r.choice([ascending, descending])(s), source)
    selection = select(body, rates)
    kept, _, _, own, rejected, _ = reference(body, rates)
    assert kept_of(selection) == kept
    assert (selection.own, selection.rejected) == (own, rejected)
    assert total(selection) == selection.received


@pytest.mark.parametrize("encode", [shuffled, with_unknown_fields])
@given(groups=groups, rates=rates, seed=st.integers(0, 2**32))
@settings(max_examples=80, deadline=None)
def test_in_any_order_no_span_is_dropped_for_another_traces_sake(encode, groups, rates, seed):
    body = encoded(groups, encode, random.Random(seed))
    # Which of the dropped spans were excluded and which had no marker may be told apart less.
    selection = select(body, rates)
    kept, *_ = reference(body, rates)
    assert kept_of(selection) == kept
    assert total(selection) == selection.received


@given(spans=st.lists(a_random_span(), max_size=12), rates=rates, data=st.data())
@settings(max_examples=100, deadline=None)
def test_selection_does_not_depend_on_batching_or_order(spans, rates, data):
    # A conversation's exclusion reaches the rest of its trace through the sampler's memory,
    # which is not at work here.
    rates.conversations.clear()
    whole = request([(None, "s", [ascending(s) for s in spans])])
    together = kept_of(select(whole, rates))
    order = data.draw(st.permutations(spans))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=3)))
    parts = [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    selector, found = a_selector(rates), []
    for part in parts:
        way = data.draw(st.sampled_from([ascending, descending]))
        selection = selector.spans(request([(None, "s", [way(s) for s in part])]), NOTHING)
        found += [(s.trace_id, s.span_id, s.parent_span_id) for s in selection.spans]
    assert sorted(found) == [key[:3] for key in together]


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_items_of_any_bytes_are_counted_once(item):
    for around in (b"", b"gen_ai."):
        body = request([(None, "s", [item + around, ascending(a_span())])])
        selection = select(body, Rates([trace_id(1)]))
        assert total(selection) == selection.received == 2
