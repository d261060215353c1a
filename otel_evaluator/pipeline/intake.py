"""Requests in: select, journal, then assemble; the answer waits for the journal only."""

import asyncio
from collections.abc import Callable
from typing import Literal

from otel_evaluator.api.intake import Receipt
from otel_evaluator.api.journal import Done, Entry
from otel_evaluator.errors import Busy, JournalError, JournalFull, Malformed
from otel_evaluator.journal.config import Overflow
from otel_evaluator.pipeline.encode import encode_logs, encode_spans
from otel_evaluator.pipeline.engine import Engine
from otel_evaluator.pipeline.evaluation import Parts
from otel_evaluator.select.selection import Selection


class PipelineIntake:
    """Implements ``api.intake.Intake``; everything runs on the event loop.

    When memory is full of subjects that wait for a judge, new entries stay on disk. While entries
    wait there, of this run or an earlier one (``behind``), new ones join them and are assembled
    in their turn, so that memory stays bounded and order is kept.
    """

    def __init__(
        self,
        parts: Parts,
        engine: Engine,
        closed: Callable[[], bool],
        overflow: Overflow = "block",
    ) -> None:
        self._parts = parts
        self._engine = engine
        self._closed = closed
        self._overflow = overflow
        self._durable = parts.journal.durability != "none"
        self._inherited = self._last = parts.journal.last_entry
        """The last entry of an earlier run, and the last that is to be read from the journal."""
        self._read = 0
        self._waiting: dict[int, int] = {}
        """Spans of entries that this run accepted and has not assembled."""
        self._dropping = asyncio.Lock()
        self.foreign = 0
        """Assembled entries that an earlier run accepted under another configuration."""

    @property
    def behind(self) -> bool:
        """Whether entries on disk are still to be assembled."""
        return self._read < self._last

    @property
    def waiting_spans(self) -> int:
        """Spans accepted and still to be assembled."""
        return sum(self._waiting.values())

    async def traces(self, body: bytes, protocol: str) -> Receipt:
        """Take an ExportTraceServiceRequest."""
        self._check_open()
        assembler = self._parts.traces
        selection = self._engine.current.selector.spans(body, assembler.open.keys())
        if selection.excluded:
            self._exclude(selection)
        if selection.spans or selection.context:
            encoded = encode_spans(selection) if self._durable else b""
            entry = await self._append("traces", encoded)
            if entry is None:
                return self._dropped("spans", protocol, selection)
            self._accept(selection, entry)
        elif selection.links:
            assembler.add_links(selection.links, self._parts.clock.monotonic())
        self._count("spans", protocol, selection)
        return Receipt(selection.rejected, selection.message)

    async def logs(self, body: bytes, protocol: str) -> Receipt:
        """Take an ExportLogsServiceRequest."""
        self._check_open()
        selection = self._engine.current.selector.logs(body)
        if selection.logs:
            encoded = encode_logs(selection) if self._durable else b""
            entry = await self._append("logs", encoded)
            if entry is None:
                return self._dropped("log_records", protocol, selection)
            if not self._joins_backlog(entry, 0):
                self._hold_logs(selection, entry)
        self._count("log_records", protocol, selection)
        return Receipt(selection.rejected, selection.message)

    async def catch_up(self, has_room: Callable[[], bool]) -> bool:
        """Assemble entries of the journal while there is room; whether all are assembled."""
        while self.behind and has_room():
            last = self._last
            entries = await self._parts.journal.read(self._read)
            # Of later ones the sender's task has yet to see the answer: it will hold them.
            due = [entry for entry in entries if entry.sequence <= last]
            for entry in due:
                if not has_room():
                    return False
                self._read = entry.sequence
                is_inherited = entry.sequence <= self._inherited
                if is_inherited or entry.sequence in self._waiting:
                    self._replay(entry, is_inherited)
            if not due or len(due) < len(entries):
                self._read = max(self._read, last)
        return not self.behind

    def _replay(self, entry: Entry, is_inherited: bool) -> None:
        """Put one entry into assembly."""
        selector = self._engine.current.selector
        count = self._waiting.pop(entry.sequence, 0)
        try:
            if entry.signal == "logs":
                self._hold_logs(selector.logs(entry.body), entry.sequence)
                return
            selection = selector.spans(entry.body, self._parts.traces.open.keys())
        except Malformed:
            self._parts.journal.release((entry.sequence,))
            return
        if is_inherited:
            self.foreign += entry.configuration not in self._engine.generations
            count = len(selection.spans) + len(selection.context)
            self._parts.metrics.child("spans_recovered").inc(count)
        self._hold_spans(selection, entry.sequence, count)

    def _accept(self, selection: Selection, entry: int) -> None:
        count = len(selection.spans) + len(selection.context)
        self._parts.metrics.child("spans_accepted").inc(count)
        if not self._joins_backlog(entry, count):
            self._hold_spans(selection, entry, count)

    def _joins_backlog(self, entry: int, spans: int) -> bool:
        """Leave a new entry on disk, to ``catch_up``; never one that it went past already."""
        spills = self._durable and self._engine.awaits_judges
        if entry <= self._read or not (self.behind or spills):
            return False
        self._last = max(self._last, entry)
        self._waiting[entry] = spans
        return True

    def _check_open(self) -> None:
        if self._closed():
            raise Busy("the service is shutting down; send again", 1.0, reason="shutdown")

    async def _append(self, signal: Literal["traces", "logs"], body: bytes) -> int | None:
        """Where the entry is; None when there is no room and the request is to be dropped."""
        journal, configuration = self._parts.journal, self._engine.current.fingerprint
        arrived_ns = self._parts.clock.time_ns()
        try:
            if self._overflow != "drop_oldest":
                return await journal.append(signal, body, arrived_ns, configuration)
            while True:
                try:
                    return await journal.append(signal, body, arrived_ns, configuration)
                except JournalFull:
                    await self._drop_oldest()
        except JournalFull as error:
            if self._overflow == "drop_newest":
                return None
            raise Busy(str(error), 5.0, reason="journal_full") from None
        except JournalError as error:
            raise Busy(str(error), 5.0, reason="journal_failed") from None

    async def _drop_oldest(self) -> None:
        """Give up the oldest outcomes, else the oldest trace; JournalFull if there is nothing."""
        metrics = self._parts.metrics
        outcomes = self._parts.delivery.drop_oldest()
        spans = 0 if outcomes else self._engine.drop_oldest()
        if outcomes:
            metrics.child("outcomes_dropped", "overload").inc(outcomes)
        elif spans:
            metrics.child("spans_finished", "overload").inc(spans)
        else:
            raise JournalFull("the journal is full of work in hand")
        # Only what is committed is room.
        async with self._dropping:
            await self._parts.journal.finish(Done())

    def _dropped(self, what: str, protocol: str, selection: Selection) -> Receipt:
        """Answer for a request that ``drop_newest`` gives up."""
        lost = len(selection.spans) + len(selection.context) + len(selection.logs)
        self._count(what, protocol, selection)
        self._parts.metrics.child(f"{what}_dropped", "overload").inc(lost)
        message = "the journal is full and journal.overflow is drop_newest"
        return Receipt(selection.rejected + lost, message)

    def _exclude(self, selection: Selection) -> None:
        self._engine.current.sampler.remember_excluded(selection.excluded)
        for trace_id in selection.excluded:
            trace = self._parts.traces.discard(trace_id)
            if trace is not None:
                self._parts.metrics.child("spans_finished", "sampled_out").inc(trace.fresh)
                self._engine.release(trace.entries)

    def _hold_spans(self, selection: Selection, entry: int, count: int) -> None:
        parts = self._parts
        now, assembler = parts.clock.monotonic(), parts.traces
        before = assembler.pending_spans
        touched = assembler.add_spans(selection.spans, now, entry)
        touched |= assembler.add_spans(selection.context, now, entry, is_context=True)
        self._opened(entry, len(touched))
        again = count - (assembler.pending_spans - before)
        if again:
            parts.metrics.child("spans_finished", "duplicate").inc(again)
        assembler.add_links(selection.links, now)

    def _hold_logs(self, selection: Selection, entry: int) -> None:
        parts = self._parts
        touched = parts.traces.add_logs(selection.logs, parts.clock.monotonic(), entry)
        self._opened(entry, len(touched))

    def _opened(self, entry: int, traces: int) -> None:
        finished = self._parts.entries.opened(entry, traces)
        if finished:
            self._parts.journal.release(finished)

    def _count(self, what: str, protocol: str, selection: Selection) -> None:
        child = self._parts.metrics.child
        child(f"{what}_received", protocol).inc(selection.received)
        for reason, count in (
            ("not_genai", selection.plain),
            ("sampled_out", selection.sampled_out),
            ("own_spans", selection.own),
        ):
            if count:
                child(f"{what}_dropped", reason).inc(count)
        if selection.rejected and what == "spans":
            child("spans_refused", "bad_ids").inc(selection.rejected)
