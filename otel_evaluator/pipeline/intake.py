"""Requests in: select, journal, then assemble; the answer waits for the journal only."""

from collections.abc import Callable
from typing import Literal

from otel_evaluator.api.intake import Receipt
from otel_evaluator.api.journal import Entry, Journal
from otel_evaluator.assemble.traces import TraceAssembler
from otel_evaluator.clock import Clock
from otel_evaluator.errors import Busy, JournalError, JournalFull, Malformed
from otel_evaluator.metrics import Metrics
from otel_evaluator.pipeline.encode import encode_logs, encode_spans
from otel_evaluator.pipeline.entries import Entries
from otel_evaluator.sample.sampler import Sampler
from otel_evaluator.select.selection import Selection
from otel_evaluator.select.selector import Selector


class PipelineIntake:
    """Implements ``api.intake.Intake``; everything runs on the event loop."""

    def __init__(
        self,
        selector: Selector,
        sampler: Sampler,
        journal: Journal,
        entries: Entries,
        assembler: TraceAssembler,
        metrics: Metrics,
        clock: Clock,
        closed: Callable[[], bool],
    ) -> None:
        self._selector = selector
        self._sampler = sampler
        self._journal = journal
        self._entries = entries
        self._assembler = assembler
        self._metrics = metrics
        self._clock = clock
        self._closed = closed
        self._durable = journal.durability != "none"

    async def traces(self, body: bytes, protocol: str) -> Receipt:
        """Take an ExportTraceServiceRequest."""
        self._check_open()
        selection = self._selector.spans(body, self._assembler.open.keys())
        if selection.excluded:
            self._exclude(selection)
        if selection.spans or selection.context:
            encoded = encode_spans(selection) if self._durable else b""
            entry = await self._append("traces", encoded)
            self._hold_spans(selection, entry)
        elif selection.links:
            self._assembler.add_links(selection.links, self._clock.monotonic())
        self._count("spans", protocol, selection)
        return Receipt(selection.rejected, selection.message)

    async def logs(self, body: bytes, protocol: str) -> Receipt:
        """Take an ExportLogsServiceRequest."""
        self._check_open()
        selection = self._selector.logs(body)
        if selection.logs:
            encoded = encode_logs(selection) if self._durable else b""
            self._hold_logs(selection, await self._append("logs", encoded))
        self._count("log_records", protocol, selection)
        return Receipt(selection.rejected, selection.message)

    def replay(self, entry: Entry) -> None:
        """Put one entry of an earlier run back into assembly."""
        try:
            if entry.signal == "traces":
                selection = self._selector.spans(entry.body, self._assembler.open.keys())
                self._hold_spans(selection, entry.sequence)
            else:
                self._hold_logs(self._selector.logs(entry.body), entry.sequence)
        except Malformed:
            self._entries.opened(entry.sequence, 0)

    def _check_open(self) -> None:
        if self._closed():
            raise Busy("the service is shutting down; send again", 1.0, reason="shutdown")

    async def _append(self, signal: Literal["traces", "logs"], body: bytes) -> int:
        try:
            return await self._journal.append(signal, body, self._clock.time_ns())
        except JournalFull as error:
            raise Busy(str(error), 5.0, reason="journal_full") from None
        except JournalError as error:
            raise Busy(str(error), 5.0, reason="journal_failed") from None

    def _exclude(self, selection: Selection) -> None:
        self._sampler.remember_excluded(selection.excluded)
        for trace_id in selection.excluded:
            self._entries.done(self._assembler.discard(trace_id))

    def _hold_spans(self, selection: Selection, entry: int) -> None:
        now, assembler = self._clock.monotonic(), self._assembler
        touched = assembler.add_spans(selection.spans, now, entry)
        touched |= assembler.add_spans(selection.context, now, entry, is_context=True)
        self._entries.opened(entry, len(touched))
        assembler.add_links(selection.links, now)

    def _hold_logs(self, selection: Selection, entry: int) -> None:
        touched = self._assembler.add_logs(selection.logs, self._clock.monotonic(), entry)
        self._entries.opened(entry, len(touched))

    def _count(self, what: str, protocol: str, selection: Selection) -> None:
        child = self._metrics.child
        child(f"{what}_received", protocol).inc(selection.received)
        for reason, count in (
            ("not_genai", selection.plain),
            ("sampled_out", selection.sampled_out),
            ("own_spans", selection.own),
        ):
            if count:
                child("spans_dropped" if what == "spans" else "log_records_dropped", reason).inc(
                    count
                )
        if selection.rejected:
            child("spans_refused", "bad_ids").inc(selection.rejected)
