from assembling import Bench, Node, trace_id

from otel_evaluator.assemble.closed import ClosedTraces


def test_what_is_remembered_of_closed_traces_is_bounded():
    remembered = ClosedTraces(max_traces=3, max_bytes=1000)
    bench = Bench(closed=remembered)
    for number in range(1, 6):
        bench.spans(Node(number, 1))
        bench.wait(20)
    assert [remembered.get(trace_id(n)) is not None for n in range(1, 6)] == [False] * 2 + [
        True
    ] * 3
    bench.spans(Node(1, 1), Node(5, 2, 1))
    found = {closed.raw.trace_id: closed.raw for _, closed in bench.wait(20)}
    assert found[trace_id(1)].revision == 0, "forgotten: it counts as new"
    assert found[trace_id(5)].revision == 1


def test_bytes_of_closed_traces_are_bounded_and_ids_outlive_them():
    size = len(Node(1, 1).body)
    remembered = ClosedTraces(max_bytes=2 * size)
    bench = Bench(closed=remembered)
    for number in (1, 2, 3):
        bench.spans(Node(number, 1))
        bench.wait(20)
    assert [remembered.get(trace_id(n)).raw is not None for n in (1, 2, 3)] == [False, True, True]
    assert bench.spans(Node(1, 1)) == set(), "still known to be resent"
    assert not bench.assembler.reopen(trace_id(1), bench.clock.monotonic())
    bench.spans(Node(1, 2, 1), Node(3, 2, 1))
    found = {c.raw.trace_id: c.raw for _, c in bench.wait(60)}
    assert (found[trace_id(1)].revision, len(found[trace_id(1)].spans)) == (1, 1)
    assert (found[trace_id(3)].revision, len(found[trace_id(3)].spans)) == (1, 2)
    assert bench.assembler.held_bytes == 0


def test_span_ids_are_compared_whole():
    # The joined ids of a closed trace must not match across their borders.
    bench = Bench()
    bench.assembler.add_spans([], 0.0, 0)
    first = Node(1, int.from_bytes(b"abcdefgh", "big"))
    second = Node(1, int.from_bytes(b"ijklmnop", "big"), first.span)
    bench.spans(first, second)
    bench.wait(20)
    for across in (b"efghijkl", b"mnopabcd"):
        assert bench.spans(Node(1, int.from_bytes(across, "big"), first.span)) == {trace_id(1)}
    assert bench.spans(first) == set()
