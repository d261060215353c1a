"""Traces under assembly: pure given the time; holds encoded spans, decodes nothing.

A trace is complete when a root span was seen and every parent named by a seen span was seen.
Complete traces close after ``quiet`` without a new item, others after ``incomplete_quiet``;
``max_wait`` and ``max_spans`` close whatever is missing. An item that arrives after the close
opens the next revision, with the earlier items where they are still remembered.
"""

import heapq

import msgspec

from otel_evaluator.assemble.closed import ClosedTrace, ClosedTraces
from otel_evaluator.assemble.config import AssemblyConfig
from otel_evaluator.model.raw import RawItem, RawTrace


class OpenTrace:
    """One trace being assembled."""

    __slots__ = (
        "context", "entries", "first", "last", "log_hashes", "logs", "parents", "revision",
        "rooted", "seen", "size", "span_ids", "spans",
    )  # fmt: skip

    def __init__(self, now: float) -> None:
        self.spans: list[RawItem] = []
        self.context: list[RawItem] = []
        self.logs: list[RawItem] = []
        self.span_ids: set[bytes] = set()
        """Ids of the spans held."""
        self.seen: set[bytes] = set()
        """Ids of all spans seen, held or not."""
        self.parents: set[bytes] = set()
        self.log_hashes: set[int] = set()
        self.entries: set[int] = set()
        """Journal entries that hold this trace's items."""
        self.rooted = False
        self.revision = 0
        self.size = 0
        self.first = self.last = now

    @property
    def complete(self) -> bool:
        """Whether the root and all named parents were seen."""
        return self.rooted and self.parents <= self.seen


class Closed(msgspec.Struct):
    """A trace that was closed, to be decided on."""

    raw: RawTrace
    entries: set[int]


class TraceAssembler:
    """All traces under assembly of one process."""

    def __init__(self, config: AssemblyConfig, closed: ClosedTraces | None = None) -> None:
        self._config = config
        self._closed = closed or ClosedTraces()
        self.open: dict[bytes, OpenTrace] = {}
        self.held_bytes = 0
        self.duplicates = 0
        self._checks: list[tuple[float, bytes]] = []
        self._full: list[bytes] = []

    def add_span(
        self,
        trace_id: bytes,
        span_id: bytes,
        parent: bytes,
        item: RawItem,
        now: float,
        entry: int,
        is_context: bool = False,
    ) -> bool:
        """Hold one span; False when it was resent, or is context of a trace not open."""
        if is_context and trace_id not in self.open:
            return False
        trace = self.open.get(trace_id) or self._open(trace_id, span_id, now)
        if trace is None or span_id in trace.span_ids:
            self.duplicates += 1
            return False
        trace.span_ids.add(span_id)
        trace.seen.add(span_id)
        if parent:
            trace.parents.add(parent)
        else:
            trace.rooted = True
        (trace.context if is_context else trace.spans).append(item)
        self._grow(trace, item, now, entry)
        if len(trace.spans) == self._config.max_spans:
            self._full.append(trace_id)
        return True

    def add_log(self, trace_id: bytes, item: RawItem, now: float, entry: int) -> bool:
        """Hold one log record; False when it was resent."""
        digest = hash(item[2])
        trace = self.open.get(trace_id) or self._open_by_log(trace_id, digest, now)
        if trace is None or digest in trace.log_hashes:
            self.duplicates += 1
            return False
        trace.log_hashes.add(digest)
        trace.logs.append(item)
        self._grow(trace, item, now, entry)
        return True

    def add_link(self, trace_id: bytes, span_id: bytes, parent: bytes, now: float) -> None:
        """Note a span that is not held, for completeness."""
        trace = self.open.get(trace_id)
        if trace is not None:
            trace.seen.add(span_id)
            trace.parents.add(parent)
            trace.last = now

    def reopen(self, trace_id: bytes, now: float) -> bool:
        """Open the next revision of a closed trace whose spans are remembered."""
        before = self._closed.get(trace_id)
        if before is None or before.raw is None:
            return False
        self._start(trace_id, now, before)
        return True

    def discard(self, trace_id: bytes) -> set[int]:
        """Drop an open trace that no rate could select; its journal entries."""
        trace = self.open.pop(trace_id, None)
        if trace is None:
            return set()
        self.held_bytes -= trace.size
        return trace.entries

    def due(self, now: float) -> list[Closed]:
        """Close and return the traces whose time has come."""
        full = dict.fromkeys(trace_id for trace_id in self._full if trace_id in self.open)
        closed = [self._close(trace_id, complete=False) for trace_id in full]
        self._full.clear()
        while self._checks and self._checks[0][0] <= now:
            _, trace_id = heapq.heappop(self._checks)
            trace = self.open.get(trace_id)
            if trace is None:
                continue
            complete = trace.complete
            deadline = self._deadline(trace, complete)
            if deadline <= now:
                closed.append(self._close(trace_id, complete))
            else:
                check = min(deadline, now + self._config.quiet)
                heapq.heappush(self._checks, (check, trace_id))
        return closed

    def flush(self) -> list[Closed]:
        """Close everything, complete or not; for the end of a replay."""
        return [self._close(trace_id, self.open[trace_id].complete) for trace_id in [*self.open]]

    def _deadline(self, trace: OpenTrace, complete: bool) -> float:
        quiet = self._config.quiet if complete else self._config.incomplete_quiet
        return min(trace.last + quiet, trace.first + self._config.max_wait)

    def _grow(self, trace: OpenTrace, item: RawItem, now: float, entry: int) -> None:
        trace.entries.add(entry)
        size = len(item[2])
        trace.size += size
        trace.last = now
        self.held_bytes += size

    def _open(self, trace_id: bytes, span_id: bytes, now: float) -> OpenTrace | None:
        before = self._closed.get(trace_id)
        if before is not None and before.has_span(span_id):
            return None
        return self._start(trace_id, now, before)

    def _open_by_log(self, trace_id: bytes, digest: int, now: float) -> OpenTrace | None:
        before = self._closed.get(trace_id)
        if before is not None and digest in before.log_hashes:
            return None
        return self._start(trace_id, now, before)

    def _start(self, trace_id: bytes, now: float, before: ClosedTrace | None) -> OpenTrace:
        trace = self.open[trace_id] = OpenTrace(now)
        heapq.heappush(self._checks, (now + self._config.quiet, trace_id))
        if before is not None:
            self._reopen(trace, before)
            self._closed.pop(trace_id)
        return trace

    def _reopen(self, trace: OpenTrace, before: ClosedTrace) -> None:
        trace.revision = before.revision + 1
        ids = before.span_ids
        trace.seen.update(ids[i : i + 8] for i in range(0, len(ids), 8))
        trace.span_ids.update(trace.seen)
        trace.log_hashes.update(before.log_hashes)
        trace.rooted = before.rooted
        if before.raw is not None:
            trace.spans.extend(before.raw.spans)
            trace.context.extend(before.raw.context)
            trace.logs.extend(before.raw.logs)
            trace.size = before.size
            self.held_bytes += before.size

    def _close(self, trace_id: bytes, complete: bool) -> Closed:
        trace = self.open.pop(trace_id)
        self.held_bytes -= trace.size
        raw = RawTrace(trace_id, trace.spans, trace.context, trace.logs, trace.revision, complete)
        self._closed.add(
            trace_id,
            ClosedTrace(
                trace.revision,
                b"".join(trace.span_ids),
                frozenset(trace.log_hashes),
                trace.rooted,
                raw,
                trace.size,
            ),
        )
        return Closed(raw, trace.entries)
