"""Short ways to spans, logs and an assembler on a manual clock."""

from typing import NamedTuple

from otel_evaluator.assemble.config import AssemblyConfig
from otel_evaluator.assemble.traces import TraceAssembler
from otel_evaluator.model.raw import KeptLog, KeptSpan
from otel_evaluator.testing import ManualClock

QUIET = {"quiet": 10.0, "incomplete_quiet": 30.0, "max_wait": 300.0}


def trace_id(number):
    return number.to_bytes(16, "big")


def span_id(number):
    return number.to_bytes(8, "big") if number else b""


class Node(NamedTuple):
    """A span by numbers: parent 0 makes it a root."""

    trace: int
    span: int
    parent: int = 0

    @property
    def body(self):
        return b"span %d of %d" % (self.span, self.trace)


def kept(node):
    item = (b"resource", b"scope", node.body)
    return KeptSpan(trace_id(node.trace), span_id(node.span), span_id(node.parent), item)


def log(trace, text):
    return KeptLog(trace_id(trace), (b"resource", b"scope", text.encode()))


class Bench:
    """An assembler, its clock, and all that it closed."""

    def __init__(self, closed=None, **config):
        self.clock = ManualClock()
        self.assembler = TraceAssembler(AssemblyConfig(**(QUIET | config)), closed)
        self.closed = []
        self.entry = 0

    def spans(self, *nodes, context=False):
        self.entry += 1
        return self.assembler.add_spans(
            [kept(node) for node in nodes], self.clock.monotonic(), self.entry, context
        )

    def logs(self, *logs):
        self.entry += 1
        return self.assembler.add_logs(logs, self.clock.monotonic(), self.entry)

    def links(self, *nodes):
        links = [(trace_id(n.trace), span_id(n.span), span_id(n.parent)) for n in nodes]
        self.assembler.add_links(links, self.clock.monotonic())

    def wait(self, seconds, step=1.0):
        """Pass time as the engine does; what closed meanwhile, with the time it took."""
        found = []
        start = self.clock.monotonic()
        while self.clock.monotonic() < start + seconds:
            self.clock.advance(step)
            due = self.assembler.due(self.clock.monotonic())
            found += [(self.clock.monotonic() - start, closed) for closed in due]
        self.closed += [closed for _, closed in found]
        return found


def bodies(closed):
    """What a closed trace holds, whatever the order."""
    raw = closed.raw
    return tuple(sorted(body for _, _, body in part) for part in (raw.spans, raw.context, raw.logs))


def summary(closed):
    return (closed.raw.trace_id, closed.raw.revision, closed.raw.complete, bodies(closed))
