import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_evaluator.api.journal import Part
from otel_evaluator.assemble.config import AssemblyConfig
from otel_evaluator.assemble.conversations import ConversationAssembler
from otel_evaluator.testing import ManualClock

IDLE = 600.0


class Bench:
    def __init__(self, **bounds):
        self.clock = ManualClock()
        self.parts = 0
        self.assembler = ConversationAssembler(AssemblyConfig(conversation_idle=IDLE), **bounds)

    def add(self, conversation, trace, body=b""):
        self.parts += 1
        part = Part(conversation, trace, body or trace, self.parts)
        self.assembler.add(part, self.clock.monotonic())

    def wait(self, seconds, step=10.0):
        found, start = [], self.clock.monotonic()
        while self.clock.monotonic() < start + seconds:
            self.clock.advance(step)
            due = self.assembler.due(self.clock.monotonic())
            found += [(self.clock.monotonic() - start, closed) for closed in due]
        return found


def test_a_conversation_closes_after_its_idle_time():
    bench = Bench()
    bench.add("c-1", b"t1", b"first")
    assert not bench.wait(500)
    bench.add("c-1", b"t2", b"second")
    assert bench.assembler.has("c-1")
    ((seconds, closed),) = bench.wait(2000)
    assert seconds == IDLE
    assert closed.traces == [b"first", b"second"]
    assert (closed.conversation_id, closed.revision, closed.parts) == ("c-1", 0, {1, 2})
    assert not bench.assembler.has("c-1")
    assert (len(bench.assembler), bench.assembler.held_bytes) == (0, 0)


def test_conversations_do_not_wait_for_each_other():
    bench = Bench()
    bench.add("c-1", b"t1")
    bench.wait(100)
    bench.add("c-2", b"t2")
    assert [(s, c.conversation_id) for s, c in bench.wait(2000)] == [(500, "c-1"), (600, "c-2")]


def test_a_newer_revision_of_a_trace_takes_the_place_of_the_older():
    bench = Bench()
    bench.add("c-1", b"t1", b"old")
    bench.add("c-1", b"t2", b"other")
    bench.add("c-1", b"t1", b"newer and longer")
    assert bench.assembler.held_bytes == len(b"other") + len(b"newer and longer")
    ((_, closed),) = bench.wait(2000)
    assert closed.traces == [b"newer and longer", b"other"]
    assert bench.assembler.held_bytes == 0


def test_a_later_trace_makes_the_next_revision():
    bench = Bench()
    for number in range(3):
        bench.add("c-1", b"t%d" % number)
        ((_, closed),) = bench.wait(2000)
        assert (closed.revision, closed.traces) == (number, [b"t%d" % number])


def test_a_conversation_known_from_before_goes_on_with_its_next_revision():
    bench = Bench()
    bench.assembler.remember("c-1", 4)
    bench.add("c-1", b"t1")
    ((_, closed),) = bench.wait(2000)
    assert closed.revision == 5


def test_a_conversation_without_end_is_bounded():
    bench = Bench()
    sizes = []
    for number in range(3500):
        bench.add("c-1", b"t%d" % number)
        bench.clock.advance(0.01)
        sizes += [len(c.traces) for c in bench.assembler.due(bench.clock.monotonic())]
    assert sizes == [1000] * 3
    assert [len(c.traces) for _, c in bench.wait(1000)] == [500]


def test_flush_closes_everything():
    bench = Bench()
    bench.add("c-1", b"t1")
    bench.add("c-2", b"t2")
    assert sorted(c.conversation_id for c in bench.assembler.flush()) == ["c-1", "c-2"]
    assert (len(bench.assembler), bench.assembler.held_bytes) == (0, 0)
    assert not bench.wait(2000)


def test_memory_of_revisions_is_bounded():
    bench = Bench(max_remembered=2)
    for name in ("c-1", "c-2", "c-3"):
        bench.add(name, b"t")
        bench.wait(1000)
    for name in ("c-1", "c-3"):
        bench.add(name, b"u")
    assert {c.conversation_id: c.revision for _, c in bench.wait(1000)} == {"c-1": 0, "c-3": 1}


@pytest.mark.parametrize("name", ["", "会话", "x" * 10_000, "\U0001f469\u200d\U0001f4bb"])
def test_names_are_opaque(name):
    bench = Bench()
    bench.add(name, b"t1")
    ((_, closed),) = bench.wait(1000)
    assert closed.conversation_id == name


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from([b"t1", b"t2", b"t3"]),
            st.binary(max_size=5),
            st.sampled_from([0.0, 100.0, 650.0]),
        ),
        max_size=30,
    )
)
@settings(deadline=None)
def test_every_trace_is_closed_once_with_its_latest_body(steps):
    bench, closed, model, expected = Bench(), [], {}, []
    last = {}
    for name, trace, body, pause in steps:
        over = [n for n in model if bench.clock.monotonic() - last[n] >= IDLE]
        expected += [(n, list(model.pop(n).values())) for n in over]
        bench.add(name, trace, body or b"-")
        model.setdefault(name, {})[trace] = body or b"-"
        last[name] = bench.clock.monotonic()
        closed += [c for _, c in bench.wait(pause, 50.0)]
        assert bench.assembler.held_bytes == sum(
            len(b) for n, traces in model.items() if bench.assembler.has(n) for b in traces.values()
        )
    closed += [c for _, c in bench.wait(2000, 50.0)]
    expected += [(name, list(traces.values())) for name, traces in model.items()]
    assert sorted((c.conversation_id, c.traces) for c in closed) == sorted(expected)
    assert bench.assembler.held_bytes == 0
