"""Sees closed subjects through: a worker's result into ledger, metrics and the outbox."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager

import msgspec
import structlog

from otel_evaluator.api.journal import Closed, Done, Journal, Part
from otel_evaluator.assemble.conversations import ClosedConversation, ConversationAssembler
from otel_evaluator.assemble.traces import Closed as ClosedTrace
from otel_evaluator.assemble.traces import TraceAssembler
from otel_evaluator.clock import Clock
from otel_evaluator.evaluate.pool import TaskLost
from otel_evaluator.metrics import Metrics
from otel_evaluator.pipeline.entries import Entries
from otel_evaluator.pipeline.feedback import FeedbackBox
from otel_evaluator.pipeline.generation import Generation
from otel_evaluator.pipeline.ledger import Ledger
from otel_evaluator.pipeline.work import Processed, Work
from otel_evaluator.text.encodable import encodable
from otel_evaluator.write.batch import encode
from otel_evaluator.write.deliver import Delivery

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


class Evaluation:
    """Subjects under way, each in a task of its own."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._tasks: set[asyncio.Task[None]] = set()
        self.held_bytes = 0
        """Bytes of subjects under way; held until the outbox has what was made of them."""
        self.judged_bytes = 0
        """Those of subjects that wait for a judge."""
        self.spans = 0
        """Spans of traces under way."""
        self.agents: dict[str, int] = {}
        """When each agent name was first seen, nanoseconds; bounded."""

    def __len__(self) -> int:
        return len(self._tasks)

    def trace(self, work: Work, closed: ClosedTrace, generation: Generation, size: int) -> None:
        """Start the evaluation of a trace."""
        self.spans += closed.fresh
        self._start(self._trace(work, closed, generation, size))

    def conversation(self, work: Work, closed: ClosedConversation, generation: Generation) -> None:
        """Start the evaluation of a conversation."""
        self._start(self._conversation(work, closed, generation))

    async def finish(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def cancel(self) -> None:
        """Give up what is under way: it is in the journal, and done again after a restart."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def finished(self, outcome: str, spans: int) -> None:
        """Count spans of which nothing is open any more."""
        if spans:
            self._parts.metrics.child("spans_finished", outcome).inc(spans)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _trace(
        self, work: Work, closed: ClosedTrace, generation: Generation, size: int
    ) -> None:
        with self._holding(generation, size):
            processed = await self._processed(work, generation, size)
            if processed is not None:
                await self._trace_done(work, closed, generation, processed)

    async def _trace_done(
        self, work: Work, closed: ClosedTrace, generation: Generation, processed: Processed
    ) -> None:
        parts, trace_id = self._parts, closed.raw.trace_id
        key, seen, told = trace_id.hex(), closed.memory.encode(), processed.told
        if told:
            parts.ledger.add(key, told)
        part = None
        if processed.trace is not None:
            part = Part(encodable(work.conversation_id), trace_id, processed.trace)
        done = Done(
            entries=parts.entries.done(closed.entries),
            closed=Closed("trace", key, work.revision, seen, told),
            part=part,
        )
        kept = await self._commit(done, processed)
        if part is not None:
            part = msgspec.structs.replace(part, sequence=kept)
            parts.conversations.add(part, parts.clock.monotonic(), generation.fingerprint)
        self.spans -= closed.fresh
        self.finished(_fate(processed), closed.fresh)

    async def _conversation(
        self, work: Work, closed: ClosedConversation, generation: Generation
    ) -> None:
        size = sum(map(len, closed.traces))
        with self._holding(generation, size):
            processed = await self._processed(work, generation, size)
            if processed is not None:
                key = encodable(closed.conversation_id)
                memory = Closed("conversation", key, work.revision)
                await self._commit(Done(parts=[*closed.parts], closed=memory), processed)

    @contextmanager
    def _holding(self, generation: Generation, size: int) -> Iterator[None]:
        generation.running += 1
        self.held_bytes += size
        try:
            yield
        finally:
            generation.running -= 1
            self.held_bytes -= size

    async def _processed(self, work: Work, generation: Generation, size: int) -> Processed | None:
        """What workers and judges made of it; None without a worker, which a restart makes good."""
        work.agents = self.agents
        try:
            processed: Processed = await generation.pool.process(work)
        except TaskLost as error:
            # A restart would lose its worker again.
            processed = Processed(error=type(error).__name__)
        except RuntimeError as error:
            _log.error("worker_pool_failed", error_type=type(error).__name__)
            return None
        self.judged_bytes += size
        try:
            await generation.judging.answer(processed, work.paces)
        finally:
            self.judged_bytes -= size
        self._record(work, processed, generation)
        return processed

    def _record(self, work: Work, processed: Processed, generation: Generation) -> None:
        for agent in processed.agents:
            if agent not in self.agents and len(self.agents) < _MAX_AGENTS:
                self.agents[agent] = work.now_ns
        generation.counter.processed(processed)
        if processed.error:
            kind = "trace" if work.raw is not None else "conversation"
            decision = "not_genai" if processed.error == "not_genai" else "failed"
            generation.counter.unresolved(kind, decision)
            if decision == "failed":
                _log.error("subject_failed", subject_kind=kind, error_type=processed.error)
        # The budget hears of subjects that the tier's rate selected.
        for story in processed.stories[:1]:
            kept = min(1.0, story.rate * work.multiplier) * generation.highest_pace(work.paces)
            if story.outcomes and story.u < kept:
                generation.sampler.offer(story.rate, kept)

    async def _commit(self, done: Done, processed: Processed) -> int:
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


def _fate(processed: Processed) -> str:
    """What became of the trace's spans; a label of ``spans_finished``."""
    if processed.error:
        return "not_genai" if processed.error == "not_genai" else "failed"
    return "evaluated" if any(story.outcomes for story in processed.stories) else "skipped"
