"""Assembly against a model: any order, batching, duplication and lateness."""

from itertools import pairwise

import pytest
from assembling import Bench, Node, log, summary, trace_id
from hypothesis import given, settings
from hypothesis import strategies as st

forests = st.lists(
    st.builds(
        Node, st.integers(1, 3), st.integers(1, 8), st.one_of(st.just(0), st.integers(1, 10))
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda node: (node.trace, node.span),
)


def expected(nodes, logs):
    """What must be closed when everything came in time."""
    result = []
    for trace in sorted({n.trace for n in nodes} | {t for t, _ in logs}):
        own = [n for n in nodes if n.trace == trace]
        ids = {n.span for n in own}
        rooted = any(not n.parent for n in own)
        complete = rooted and all(n.parent in ids for n in own if n.parent)
        spans = sorted(n.body for n in own)
        texts = sorted({text.encode() for t, text in logs if t == trace})
        result.append((trace_id(trace), 0, complete, (spans, [], texts)))
    return result


@given(
    forests,
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from("abc")), max_size=5),
    st.data(),
)
@settings(max_examples=200, deadline=None)
@pytest.mark.fault("G3")
def test_any_order_batching_and_duplication_closes_the_same_traces(nodes, logs, data):
    pieces = [("span", n) for n in nodes] + [("log", entry) for entry in logs]
    pieces += data.draw(st.lists(st.sampled_from(pieces), max_size=5))
    pieces = data.draw(st.permutations(pieces))
    bench = Bench()
    while pieces:
        size = data.draw(st.integers(1, len(pieces)))
        batch, pieces = pieces[:size], pieces[size:]
        bench.spans(*(piece for kind, piece in batch if kind == "span"))
        bench.logs(*(log(*piece) for kind, piece in batch if kind == "log"))
        bench.wait(data.draw(st.sampled_from([0, 0.2])), 0.2)
    assert not bench.closed
    bench.wait(330, 5)
    assert sorted(map(summary, bench.closed)) == expected(nodes, logs)
    assert bench.assembler.held_bytes == 0
    assert bench.assembler.open == {}


@given(forests, st.data())
@settings(max_examples=150, deadline=None)
@pytest.mark.fault("G2")
def test_however_late_the_last_revision_holds_everything(nodes, data):
    bench = Bench(max_wait=40, max_spans=6)
    for node in data.draw(st.permutations(nodes + nodes[:3])):
        bench.spans(node)
        bench.wait(data.draw(st.sampled_from([0, 1, 15, 60])), 1.0)
    bench.wait(400, 5)
    for trace in {n.trace for n in nodes}:
        closed = [c.raw for c in bench.closed if c.raw.trace_id == trace_id(trace)]
        assert [raw.revision for raw in closed] == list(range(len(closed)))
        held = [sorted(body for _, _, body in raw.spans) for raw in closed]
        assert held[-1] == sorted(n.body for n in nodes if n.trace == trace)
        assert all(set(a) < set(b) for a, b in pairwise(held))
        if len(held[-1]) < 6:  # those that were full are closed as incomplete
            own = [n for n in nodes if n.trace == trace]
            assert closed[-1].complete is expected(own, [])[0][2]
    assert bench.assembler.held_bytes == 0
