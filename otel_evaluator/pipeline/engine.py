"""From closed traces to finished subjects: decide, evaluate, hand to the outbox.

::

    assembler ──due──▶ screen ──▶ worker pool ──▶ ledger, metrics ──▶ outbox
        ▲                 │                                              │
        └── intake        └── sampled out: entries released              └── entries released
"""

import asyncio
from collections.abc import Iterable

import structlog

from otel_evaluator.assemble.conversations import ClosedConversation
from otel_evaluator.assemble.keys import conversation_of
from otel_evaluator.assemble.traces import Closed
from otel_evaluator.model.markers import CONVERSATION_KEYS
from otel_evaluator.pipeline.evaluation import Evaluation, Parts
from otel_evaluator.pipeline.generation import Generation
from otel_evaluator.pipeline.work import Work
from otel_evaluator.sample.hashing import ONE

TICK_S = 0.02
CLOSED_AT_ONCE = 64
"""Traces closed before requests get their turn again: about a millisecond's work."""
_log = structlog.get_logger(__name__)


class Engine:
    """Runs on the event loop of the front process."""

    def __init__(self, parts: Parts, generation: Generation, max_held: int) -> None:
        self._parts = parts
        self.max_held = max_held
        """``assembly.max_memory``; replaced at a reload."""
        self.current = generation
        """Decides on traces that open now."""
        self.generations = {generation.fingerprint: generation}
        """Those with unfinished traces, by fingerprint."""
        parts.traces.configuration = generation.fingerprint
        self.evaluation = Evaluation(parts)

    @property
    def held_bytes(self) -> int:
        """Bytes of spans in assembly, in conversations and waiting for a worker."""
        parts = self._parts
        return parts.traces.held_bytes + parts.conversations.held_bytes + self.evaluation.held_bytes

    @property
    def is_full(self) -> bool:
        """Whether no more should be held."""
        return self.held_bytes > self.max_held

    @property
    def awaits_judges(self) -> bool:
        """Whether it is full, and mostly of subjects that wait for a judge."""
        return self.is_full and self.evaluation.judged_bytes > self.max_held // 2

    @property
    def pending(self) -> int:
        """Closed subjects that wait for evaluation or the outbox."""
        return len(self.evaluation)

    @property
    def pending_spans(self) -> int:
        """Spans in open traces and in traces being evaluated."""
        return self._parts.traces.pending_spans + self.evaluation.spans

    async def run(self) -> None:
        """Close what is due, for ever; cancelled at shutdown."""
        while True:
            closed = self.tick(CLOSED_AT_ONCE)
            await asyncio.sleep(0 if closed >= CLOSED_AT_ONCE else TICK_S)

    def tick(self, limit: int = 1_000_000) -> int:
        """Close up to ``limit`` traces that are due and start their evaluation; how many."""
        parts = self._parts
        now = parts.clock.monotonic()
        for generation in self.generations.values():
            generation.sampler.advance(parts.clock.time_ns())
        traces = parts.traces.due(now, limit)
        for closed in traces:
            self._trace_closed(closed)
        for conversation in parts.conversations.due(now):
            self._conversation_closed(conversation)
        return len(traces)

    def flush(self) -> None:
        """Close everything that is open; for the end of a replay."""
        for closed in self._parts.traces.flush():
            self._trace_closed(closed)

    def switch(self, generation: Generation) -> None:
        """Decide on new traces with another configuration."""
        self.current.monitoring.hide()
        self.current = generation
        self.generations[generation.fingerprint] = generation
        self._parts.traces.configuration = generation.fingerprint

    async def retire(self) -> None:
        """End the generations of which nothing is left."""
        if len(self.generations) == 1:
            return
        parts = self._parts
        needed = {self.current.fingerprint}
        needed.update(trace.configuration for trace in parts.traces.open.values())
        needed.update(parts.conversations.configurations())
        for generation in list(self.generations.values()):
            if generation.fingerprint not in needed and not generation.running:
                del self.generations[generation.fingerprint]
                await generation.aclose()
                _log.info("configuration_finished", configuration=generation.fingerprint)

    def drop_oldest(self) -> int:
        """Give up the trace that was opened first; how many spans it held."""
        parts = self._parts
        trace_id = parts.traces.oldest()
        trace = parts.traces.discard(trace_id) if trace_id is not None else None
        if trace_id is None or trace is None:
            return 0
        parts.ledger.set_aside(trace_id, "overload")
        self.release(trace.entries)
        return trace.fresh

    def release(self, entries: Iterable[int]) -> None:
        """Let entries go of which nothing is kept."""
        finished = self._parts.entries.done(entries)
        if finished:
            self._parts.journal.release(finished)

    def _of(self, configuration: str) -> Generation:
        """The generation of a trace; the one in force for those of an earlier run."""
        return self.generations.get(configuration, self.current)

    def _trace_closed(self, closed: Closed) -> None:
        parts, raw = self._parts, closed.raw
        generation = self._of(closed.configuration)
        if not raw.spans:
            # Only log records came: their spans were dropped, or are lost.
            generation.counter.unresolved("trace", "skipped")
            self.evaluation.finished("skipped", closed.fresh)
            self.release(closed.entries)
            return
        spans = [body for _, _, body in (*raw.spans, *raw.context)]
        joined = b"".join((*spans, *(body for _, _, body in raw.logs)))
        conversation_id = ""
        if not generation.sampler.by_trace or parts.feedback.has_conversations:
            conversation_id = self._conversation(spans, joined)
        u = generation.sampler.u(raw.trace_id, conversation_id)
        feedback = parts.feedback.of(raw.trace_id, conversation_id)
        if not feedback and not generation.sampler.may_select(u, joined):
            parts.ledger.sampled_out(raw.trace_id, u / ONE, conversation_id)
            generation.counter.sampled_out(generation.trace_evaluators)
            self.evaluation.finished("sampled_out", closed.fresh)
            self.release(closed.entries)
            return
        conversation_id = conversation_id or self._conversation(spans, joined)
        work = Work(
            u=u,
            multiplier=generation.sampler.multiplier,
            paces=generation.judging.paces(parts.clock.monotonic()),
            raw=raw,
            conversation_id=conversation_id,
            revision=raw.revision,
            feedback=feedback,
            want_trace=generation.by_conversation and bool(conversation_id),
            now_ns=parts.clock.time_ns(),
        )
        self.evaluation.trace(work, closed, generation, len(joined))

    def _conversation(self, spans: list[bytes], joined: bytes) -> str:
        conversation_id, several = conversation_of(spans, joined, CONVERSATION_KEYS)
        if several:
            self._parts.metrics.child("sampling_conflicts").inc()
        return conversation_id

    def _conversation_closed(self, closed: ClosedConversation) -> None:
        parts = self._parts
        generation = self._of(closed.configuration)
        work = Work(
            u=generation.sampler.u_of_conversation(closed.conversation_id),
            multiplier=generation.sampler.multiplier,
            paces=generation.judging.paces(parts.clock.monotonic()),
            conversation_id=closed.conversation_id,
            traces=closed.traces,
            revision=closed.revision,
            feedback=parts.feedback.of(b"", closed.conversation_id),
            now_ns=parts.clock.time_ns(),
        )
        self.evaluation.conversation(work, closed, generation)
