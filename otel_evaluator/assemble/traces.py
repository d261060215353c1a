"""Traces under assembly: pure given the time; holds encoded spans, decodes nothing.

A trace is complete when a root span was seen and every parent named by a seen span was seen.
Complete traces close after ``quiet`` without a new item, others after ``incomplete_quiet``;
``max_wait`` and ``max_spans`` close whatever is missing. An item that arrives after the close
opens the next revision, with the earlier items where they are still remembered.
"""

import hashlib
import heapq
from collections.abc import Iterable

import msgspec

from otel_evaluator.assemble.closed import ClosedTrace, ClosedTraces
from otel_evaluator.assemble.config import AssemblyConfig
from otel_evaluator.assemble.open import OpenTrace
from otel_evaluator.model.raw import KeptLog, KeptSpan, RawTrace, SpanLink


class Closed(msgspec.Struct):
    """A trace that was closed, to be decided on."""

    raw: RawTrace
    entries: set[int]
    memory: ClosedTrace
    """What tells its items from new ones."""
    fresh: int
    """Spans not in an earlier revision."""
    configuration: str
    """Fingerprint of the configuration it was opened under."""


class TraceAssembler:
    """All traces under assembly of one process."""

    def __init__(self, config: AssemblyConfig, closed: ClosedTraces | None = None) -> None:
        self._config = config
        self._closed = closed or ClosedTraces()
        self.open: dict[bytes, OpenTrace] = {}
        self.held_bytes = 0
        self.pending_spans = 0
        """Spans in open traces that no revision has been closed with."""
        self.configuration = ""
        """Fingerprint of the configuration in force; noted on traces that open."""
        self.duplicates = 0
        """Items that arrived again."""
        self._checks: list[tuple[float, bytes]] = []
        self._full: list[bytes] = []

    def configure(self, config: AssemblyConfig) -> None:
        """Close by other times and sizes from now on."""
        self._config = config

    def add_spans(
        self, spans: Iterable[KeptSpan], now: float, entry: int, is_context: bool = False
    ) -> set[bytes]:
        """Hold spans of one journal entry; the traces that grew.

        Resent spans are counted and left out, and so is context of traces that are not open.
        """
        touched: set[bytes] = set()
        held, grown, max_spans, get = 0, 0, self._config.max_spans, self.open.get
        for span in spans:
            trace_id = span.trace_id
            trace = get(trace_id)
            if trace is None:
                trace = None if is_context else self._open(trace_id, span.span_id, now)
                if trace is None:
                    self.duplicates += not is_context
                    continue
            size = trace.add(span, is_context)
            if not size:
                self.duplicates += 1
                continue
            trace.size += size
            trace.fresh += 1
            held += size
            grown += 1
            if trace_id not in touched:
                touched.add(trace_id)
                trace.entries.add(entry)
                trace.last = now
            # A revision that starts with the earlier spans is full at the next multiple.
            if not is_context and len(trace.spans) % max_spans == 0:
                self._full.append(trace_id)
        self.held_bytes += held
        self.pending_spans += grown
        return touched

    def add_logs(self, logs: Iterable[KeptLog], now: float, entry: int) -> set[bytes]:
        """Hold log records of one journal entry; the traces that grew."""
        touched: set[bytes] = set()
        for log in logs:
            digest = _digest(log.item[2])
            trace = self.open.get(log.trace_id) or self._open_by_log(log.trace_id, digest, now)
            size = trace.add_log(log.item, digest) if trace is not None else 0
            if trace is None or not size:
                self.duplicates += 1
                continue
            trace.size += size
            self.held_bytes += size
            trace.entries.add(entry)
            trace.last = now
            touched.add(log.trace_id)
        return touched

    def add_links(self, links: Iterable[SpanLink], now: float) -> None:
        """Note spans that are not held, for completeness."""
        get = self.open.get
        for trace_id, span_id, parent in links:
            trace = get(trace_id)
            if trace is not None:
                trace.see(span_id, parent)
                trace.last = now

    def reopen(self, trace_id: bytes, now: float) -> bool:
        """Open the next revision of a closed trace whose spans are remembered."""
        before = self._closed.get(trace_id)
        if before is None or before.raw is None:
            return False
        self._start(trace_id, now, before)
        return True

    def remember(self, trace_id: bytes, revision: int, encoded: bytes) -> None:
        """Know a trace that was closed before a restart."""
        self._closed.add(trace_id, ClosedTrace.decode(revision, encoded))

    def discard(self, trace_id: bytes) -> OpenTrace | None:
        """Take an open trace out, to be given up."""
        trace = self.open.pop(trace_id, None)
        if trace is not None:
            self.held_bytes -= trace.size
            self.pending_spans -= trace.fresh
        return trace

    def oldest(self) -> bytes | None:
        """The trace that was opened first."""
        return next(iter(self.open), None)

    def due(self, now: float, limit: int = 1_000_000) -> list[Closed]:
        """Close and return at most about ``limit`` traces whose time has come."""
        full = dict.fromkeys(trace_id for trace_id in self._full if trace_id in self.open)
        closed = [self._close(trace_id, complete=False) for trace_id in full]
        self._full.clear()
        while self._checks and self._checks[0][0] <= now and len(closed) < limit:
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
        trace = self.open[trace_id] = OpenTrace(now, self.configuration)
        heapq.heappush(self._checks, (now + self._config.quiet, trace_id))
        if before is not None:
            before.restore(trace)
            self.held_bytes += trace.size
            self._closed.pop(trace_id)
        return trace

    def _close(self, trace_id: bytes, complete: bool) -> Closed:
        trace = self.open.pop(trace_id)
        self.held_bytes -= trace.size
        self.pending_spans -= trace.fresh
        raw = RawTrace(
            trace_id,
            trace.spans,
            trace.context or [],
            trace.logs or [],
            trace.revision,
            complete,
        )
        memory = ClosedTrace.of(trace, raw)
        self._closed.add(trace_id, memory)
        return Closed(raw, trace.entries, memory, trace.fresh, trace.configuration)


def _digest(item: bytes) -> int:
    """64 bits, the same in every process."""
    return int.from_bytes(hashlib.blake2b(item, digest_size=8).digest(), "big")
