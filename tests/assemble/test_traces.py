import pytest
from assembling import Bench, Node, bodies, log, span_id, trace_id

from otel_evaluator.assemble.config import AssemblyConfig

ROOT, CHILD, GRANDCHILD = Node(1, 1), Node(1, 2, 1), Node(1, 3, 2)


def the_one(found):
    ((seconds, closed),) = found
    return seconds, closed


def test_a_trace_with_root_and_parents_closes_after_quiet():
    bench = Bench()
    bench.spans(ROOT, CHILD, GRANDCHILD)
    seconds, closed = the_one(bench.wait(60))
    assert seconds == 10
    assert closed.raw.complete
    assert closed.raw.revision == 0
    assert closed.entries == {1}
    assert bodies(closed) == ([n.body for n in (ROOT, CHILD, GRANDCHILD)], [], [])


@pytest.mark.parametrize("nodes", [(CHILD,), (ROOT, GRANDCHILD), (CHILD, GRANDCHILD)])
def test_without_a_root_or_with_parents_missing_it_waits_longer_and_says_so(nodes):
    bench = Bench()
    bench.spans(*nodes)
    seconds, closed = the_one(bench.wait(60))
    assert seconds == 30
    assert not closed.raw.complete


def test_every_new_item_makes_it_wait_again_until_max_wait():
    bench = Bench(max_wait=45)
    for number in range(2, 12):
        bench.spans(Node(1, number, 1))
        assert not bench.wait(4)
    bench.spans(ROOT)
    seconds, closed = the_one(bench.wait(20))
    assert (seconds, closed.raw.complete) == (5, True)


def test_it_closes_exactly_after_quiet_however_late_it_became_complete():
    for late in (0.5, 3, 9.5, 12, 27):
        bench = Bench()
        bench.spans(CHILD)
        bench.wait(late, 0.5)
        bench.spans(ROOT)
        seconds, closed = the_one(bench.wait(60, 0.5))
        assert (seconds, closed.raw.complete) == (10, True), late


def test_context_and_links_complete_a_trace_and_only_context_is_held():
    bench = Bench()
    bench.spans(Node(1, 9, 5))
    bench.links(Node(1, 5, 4))
    bench.spans(Node(1, 4), context=True)
    seconds, closed = the_one(bench.wait(60))
    assert (seconds, closed.raw.complete) == (10, True)
    assert bodies(closed) == ([Node(1, 9).body], [Node(1, 4).body], [])
    assert closed.entries == {1, 2}


def test_context_and_links_of_traces_that_are_not_open_are_nothing():
    bench = Bench()
    assert bench.spans(ROOT, context=True) == set()
    bench.links(CHILD)
    assert bench.assembler.open == {}
    assert bench.assembler.held_bytes == bench.assembler.duplicates == 0


def test_links_keep_a_trace_waiting():
    bench = Bench()
    bench.spans(ROOT)
    bench.wait(8)
    bench.links(CHILD)
    seconds, _ = the_one(bench.wait(60))
    assert seconds == 10


def test_logs_join_whether_they_come_first_or_last():
    for first, then in (("logs", "spans"), ("spans", "logs")):
        bench = Bench()
        items = {"logs": (log(1, "content"), log(1, "more")), "spans": (ROOT,)}
        assert getattr(bench, first)(*items[first]) == {trace_id(1)}
        bench.wait(5)
        assert getattr(bench, then)(*items[then]) == {trace_id(1)}
        seconds, closed = the_one(bench.wait(60))
        assert seconds == 10
        assert bodies(closed) == ([ROOT.body], [], [b"content", b"more"])
        assert closed.entries == {1, 2}


def test_logs_alone_close_incomplete():
    bench = Bench()
    bench.logs(log(1, "content"))
    seconds, closed = the_one(bench.wait(60))
    assert (seconds, closed.raw.complete, closed.raw.spans) == (30, False, [])


def test_max_spans_closes_at_once_and_later_spans_make_a_revision():
    bench = Bench(max_spans=3)
    bench.spans(*(Node(1, n, 1) for n in (2, 3, 4)))
    (closed,) = bench.assembler.due(bench.clock.monotonic())
    assert not closed.raw.complete
    assert len(closed.raw.spans) == 3
    bench.spans(Node(1, 5, 1))
    _, later = the_one(bench.wait(60))
    assert later.raw.revision == 1


@pytest.mark.fault("G5")
def test_a_trace_without_end_is_closed_at_every_multiple_of_max_spans():
    bench = Bench(max_spans=10)
    for number in range(2, 102):
        bench.spans(Node(1, number, 1))
        bench.closed += bench.assembler.due(bench.clock.monotonic())
    assert [len(closed.raw.spans) for closed in bench.closed] == list(range(10, 101, 10))


@pytest.mark.fault("G5")
def test_a_trace_of_a_hundred_thousand_spans_is_held_in_bounded_memory():
    bench, most = Bench(max_spans=1000), 0
    for first in range(2, 100_002, 500):
        bench.spans(*(Node(1, number, 1) for number in range(first, first + 500)))
        most = max(most, bench.assembler.held_bytes)
        bench.closed += bench.assembler.due(bench.clock.monotonic())
    assert sum(len(closed.raw.spans) for closed in bench.closed) >= 100_000
    assert bench.closed[-1].raw.revision == len(bench.closed) - 1
    assert most < 4 * 2**20, "memory goes by max_spans, not by the trace"


@pytest.mark.fault("G5")
def test_max_wait_closes_what_never_falls_quiet():
    bench = Bench(max_wait=50)
    times = []
    for number in range(2, 60):
        bench.spans(Node(1, number, number))
        times += [bench.clock.monotonic() for _ in bench.wait(1)]
    assert times == [50]


@pytest.mark.parametrize(
    "nodes",
    [
        [Node(1, 1, 1)],
        [Node(1, 1, 2), Node(1, 2, 1)],
        [Node(1, 1), Node(1, 2, 3), Node(1, 3, 4), Node(1, 4, 2)],
        [Node(1, 1), Node(1, 1, 1), Node(1, 1, 7)],
    ],
)
@pytest.mark.fault("G5")
def test_cycles_and_own_parents_end_too(nodes):
    bench = Bench()
    bench.spans(*nodes)
    _, closed = the_one(bench.wait(60))
    rooted = any(not node.parent for node in nodes)
    assert closed.raw.complete is rooted
    assert bench.assembler.held_bytes == 0


def test_resent_spans_and_logs_add_nothing_and_are_counted():
    bench = Bench()
    bench.spans(ROOT, CHILD)
    bench.logs(log(1, "content"))
    held = bench.assembler.held_bytes
    bench.wait(5)
    assert bench.spans(ROOT, CHILD) == set()
    assert bench.logs(log(1, "content")) == set()
    assert bench.assembler.duplicates == 3
    assert bench.assembler.held_bytes == held == len(ROOT.body) + len(CHILD.body) + len("content")
    seconds, closed = the_one(bench.wait(60))
    assert seconds == 5, "a duplicate is no sign of life"
    assert closed.entries == {1, 2}


def test_resent_spans_of_a_closed_trace_open_nothing():
    bench = Bench()
    bench.spans(ROOT, CHILD)
    bench.logs(log(1, "content"))
    bench.wait(60)
    assert bench.spans(ROOT, CHILD) == set()
    assert bench.logs(log(1, "content")) == set()
    assert bench.assembler.open == {}
    assert not bench.wait(400)


@pytest.mark.fault("G2")
def test_late_items_make_the_next_revision_with_the_earlier_ones():
    bench = Bench()
    bench.spans(ROOT, CHILD)
    bench.logs(log(1, "first"))
    bench.wait(60)
    assert bench.spans(GRANDCHILD, CHILD) == {trace_id(1)}
    _, second = the_one(bench.wait(60))
    assert second.raw.revision == 1
    assert second.raw.complete
    assert bodies(second) == ([ROOT.body, CHILD.body, GRANDCHILD.body], [], [b"first"])
    assert second.entries == {3}
    bench.logs(log(1, "second"))
    _, third = the_one(bench.wait(60))
    assert third.raw.revision == 2
    assert bodies(third)[2] == [b"first", b"second"]
    assert bench.assembler.held_bytes == 0


def test_a_revision_still_lacks_the_parents_that_were_missing():
    bench = Bench()
    bench.spans(ROOT, GRANDCHILD)
    _, first = the_one(bench.wait(60))
    assert not first.raw.complete
    bench.spans(Node(1, 4, 1))
    _, second = the_one(bench.wait(60))
    assert not second.raw.complete, "span 2 was never seen"
    bench.spans(CHILD)
    seconds, third = the_one(bench.wait(60))
    assert (seconds, third.raw.complete) == (10, True)


def test_a_revision_knows_the_linked_spans_that_were_seen():
    bench = Bench()
    bench.spans(ROOT, Node(1, 3, 2))
    bench.links(Node(1, 2, 1))
    assert the_one(bench.wait(60))[1].raw.complete
    bench.spans(Node(1, 4, 2))
    seconds, second = the_one(bench.wait(60))
    assert (seconds, second.raw.complete) == (10, True)


def test_reopening_a_remembered_trace_makes_a_revision():
    bench = Bench()
    bench.spans(ROOT)
    bench.wait(60)
    assert not bench.assembler.reopen(trace_id(2), bench.clock.monotonic())
    assert bench.assembler.reopen(trace_id(1), bench.clock.monotonic())
    _, second = the_one(bench.wait(60))
    assert (second.raw.revision, bodies(second)[0]) == (1, [ROOT.body])


def test_discarding_gives_back_bytes_and_entries():
    bench = Bench()
    bench.spans(ROOT, CHILD)
    bench.spans(GRANDCHILD)
    assert bench.assembler.pending_spans == 3
    assert bench.assembler.discard(trace_id(1)).entries == {1, 2}
    assert bench.assembler.discard(trace_id(1)) is None
    assert (bench.assembler.held_bytes, bench.assembler.pending_spans) == (0, 0)
    assert not bench.wait(400)


def test_flush_closes_everything_as_it_is():
    bench = Bench()
    bench.spans(ROOT, Node(2, 1, 9))
    closed = bench.assembler.flush()
    assert {c.raw.trace_id: c.raw.complete for c in closed} == {
        trace_id(1): True,
        trace_id(2): False,
    }
    assert bench.assembler.held_bytes == 0
    assert not bench.wait(400)


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"incomplete_quiet": 5}, "incomplete_quiet"), ({"max_wait": 5}, "max_wait")],
)
def test_settings_that_contradict_each_other_are_refused(settings, field):
    with pytest.raises(ValueError, match=f"{field} is below quiet"):
        AssemblyConfig(**settings)


def test_held_bytes_are_those_of_open_traces():
    bench = Bench()
    bench.spans(ROOT, Node(2, 7))
    bench.logs(log(2, "content"))
    assert (
        bench.assembler.held_bytes
        == sum(trace.size for trace in bench.assembler.open.values())
        == len(ROOT.body) + len(Node(2, 7).body) + len("content")
    )
    assert span_id(0) == b""
