"""From closed traces to finished subjects: decide, evaluate, hand to the outbox.

::

    assembler ──due──▶ screen ──▶ worker pool ──▶ ledger, metrics ──▶ outbox
        ▲                 │                                              │
        └── intake        └── sampled out: entries released              └── entries released
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager

import msgspec
import structlog

from otel_evaluator.api.journal import Closed, Done, Journal, Part
from otel_evaluator.assemble.conversations import ClosedConversation, ConversationAssembler
from otel_evaluator.assemble.keys import conversation_of
from otel_evaluator.assemble.traces import Closed as ClosedTrace
from otel_evaluator.assemble.traces import TraceAssembler
from otel_evaluator.clock import Clock
from otel_evaluator.evaluate.pool import TaskLost
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.markers import CONVERSATION_KEYS
from otel_evaluator.pipeline.entries import Entries
from otel_evaluator.pipeline.feedback import FeedbackBox
from otel_evaluator.pipeline.generation import Generation
from otel_evaluator.pipeline.ledger import Ledger
from otel_evaluator.pipeline.work import Processed, Work
from otel_evaluator.sample.hashing import ONE
from otel_evaluator.write.batch import encode
from otel_evaluator.write.deliver import Delivery

TICK_S = 0.02
CLOSED_AT_ONCE = 64
"""Traces closed before requests get their turn again: about a millisecond's work."""
_MAX_AGENTS = 1000
_log = structlog.get_logger(__name__)


class Parts(msgspec.Struct):
    """What every configuration works with, built by ``build``."""

    traces: TraceAssembler
    conversations: ConversationAssembler
    entries: Entries
    journal: Journal
    delivery: Delivery
    ledger: Ledger
    feedback: FeedbackBox
    metrics: Metrics
    clock: Clock


class Engine:
    """Runs on the event loop of the front process."""

    def __init__(self, parts: Parts, generation: Generation) -> None:
        self._parts = parts
        self.current = generation
        """Decides on traces that open now."""
        self.generations = {generation.fingerprint: generation}
        """Those with unfinished traces, by fingerprint."""
        parts.traces.configuration = generation.fingerprint
        self._tasks: set[asyncio.Task[None]] = set()
        self._queued_bytes = 0
        self._evaluated_spans = 0
        self.agents: dict[str, int] = {}
        """When each agent name was first seen, nanoseconds; bounded."""

    @property
    def held_bytes(self) -> int:
        """Bytes of spans in assembly, in conversations and waiting for a worker."""
        parts = self._parts
        return parts.traces.held_bytes + parts.conversations.held_bytes + self._queued_bytes

    @property
    def pending(self) -> int:
        """Closed subjects that wait for evaluation or the outbox."""
        return len(self._tasks)

    @property
    def pending_spans(self) -> int:
        """Spans in open traces and in traces being evaluated."""
        return self._parts.traces.pending_spans + self._evaluated_spans

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

    async def finish(self) -> None:
        """Wait until nothing is being evaluated."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def switch(self, generation: Generation) -> None:
        """Decide on new traces with another configuration."""
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
                await generation.pool.aclose()
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

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _of(self, configuration: str) -> Generation:
        """The generation of a trace; the one in force for those of an earlier run."""
        return self.generations.get(configuration, self.current)

    def _trace_closed(self, closed: ClosedTrace) -> None:
        parts, raw = self._parts, closed.raw
        generation = self._of(closed.configuration)
        if not raw.spans:
            # Only log records came: their spans were dropped, or are lost.
            generation.counter.unresolved("trace", "skipped")
            self._finished("skipped", closed.fresh)
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
            self._finished("sampled_out", closed.fresh)
            self.release(closed.entries)
            return
        conversation_id = conversation_id or self._conversation(spans, joined)
        work = Work(
            u=u,
            multiplier=generation.sampler.multiplier,
            raw=raw,
            conversation_id=conversation_id,
            revision=raw.revision,
            feedback=feedback,
            want_trace=generation.by_conversation and bool(conversation_id),
            now_ns=parts.clock.time_ns(),
        )
        self._evaluated_spans += closed.fresh
        self._start(self._evaluate_trace(work, closed, generation, len(joined)))

    def _finished(self, outcome: str, spans: int) -> None:
        if spans:
            self._parts.metrics.child("spans_finished", outcome).inc(spans)

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
            conversation_id=closed.conversation_id,
            traces=closed.traces,
            revision=closed.revision,
            feedback=parts.feedback.of(b"", closed.conversation_id),
            now_ns=parts.clock.time_ns(),
        )
        self._start(self._evaluate_conversation(work, closed, generation))

    async def _evaluate_trace(
        self, work: Work, closed: ClosedTrace, generation: Generation, size: int
    ) -> None:
        """See one closed trace through; its bytes count as held until the outbox has it."""
        with self._holding(generation, size):
            processed = await self._processed(work, generation)
            if processed is not None:
                await self._trace_done(work, closed, generation, processed)

    async def _trace_done(
        self, work: Work, closed: ClosedTrace, generation: Generation, processed: Processed
    ) -> None:
        parts, trace_id = self._parts, closed.raw.trace_id
        if processed.told:
            parts.ledger.add(trace_id.hex(), processed.told)
        part = None
        if processed.trace is not None:
            part = Part(work.conversation_id, trace_id, processed.trace)
        done = Done(
            entries=parts.entries.done(closed.entries),
            closed=Closed(
                "trace",
                trace_id.hex(),
                work.revision,
                closed.memory.encode(),
                processed.told,
            ),
            part=part,
        )
        kept = await self._finish(done, processed)
        if part is not None:
            part = msgspec.structs.replace(part, sequence=kept)
            now = parts.clock.monotonic()
            parts.conversations.add(part, now, generation.fingerprint)
        self._evaluated_spans -= closed.fresh
        self._finished(_fate(processed), closed.fresh)

    async def _evaluate_conversation(
        self, work: Work, closed: ClosedConversation, generation: Generation
    ) -> None:
        with self._holding(generation, sum(map(len, closed.traces))):
            processed = await self._processed(work, generation)
            if processed is not None:
                memory = Closed("conversation", closed.conversation_id, work.revision)
                await self._finish(Done(parts=[*closed.parts], closed=memory), processed)

    @contextmanager
    def _holding(self, generation: Generation, size: int) -> Iterator[None]:
        generation.running += 1
        self._queued_bytes += size
        try:
            yield
        finally:
            generation.running -= 1
            self._queued_bytes -= size

    async def _processed(self, work: Work, generation: Generation) -> Processed | None:
        """What a worker made of it; None where there is no worker, which a restart makes good."""
        work.agents = self.agents
        try:
            processed: Processed = await generation.pool.process(work)
        except TaskLost as error:
            # A restart would lose its worker again.
            processed = Processed(error=type(error).__name__)
        except RuntimeError as error:
            _log.error("worker_pool_failed", error_type=type(error).__name__)
            return None
        self._record(work, processed, generation)
        return processed

    def _record(self, work: Work, processed: Processed, generation: Generation) -> None:
        self._note_agents(processed.agents, work.now_ns)
        generation.counter.processed(processed)
        if processed.error:
            kind = "trace" if work.raw is not None else "conversation"
            decision = "not_genai" if processed.error == "not_genai" else "failed"
            generation.counter.unresolved(kind, decision)
            if decision == "failed":
                _log.error("subject_failed", subject_kind=kind, error_type=processed.error)
        # The budget hears of subjects that the tier's rate selected.
        for story in processed.stories[:1]:
            kept = min(1.0, story.rate * work.multiplier)
            if story.outcomes and story.u < kept:
                generation.sampler.offer(story.rate, kept)

    async def _finish(self, done: Done, processed: Processed) -> int:
        """Commit what the subject leaves; where its part is kept."""
        outcomes = [
            outcome
            for story in processed.stories
            for outcome in story.outcomes
            if outcome.name != "skipped"
        ]
        if outcomes or processed.samples:
            done.rows = encode(outcomes, processed.samples)
            done.outcomes = len(outcomes)
        return (await self._parts.delivery.finish(done)).part

    def _note_agents(self, agents: tuple[str, ...], now_ns: int) -> None:
        for agent in agents:
            if agent not in self.agents and len(self.agents) < _MAX_AGENTS:
                self.agents[agent] = now_ns


def _fate(processed: Processed) -> str:
    """What became of the trace's spans; a label of ``spans_finished``."""
    if processed.error:
        return "not_genai" if processed.error == "not_genai" else "failed"
    return "evaluated" if any(story.outcomes for story in processed.stories) else "skipped"
