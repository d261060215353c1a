"""From closed traces to delivered outcomes: decide, evaluate, hand to the sinks.

::

    assembler ──due──▶ screen ──▶ worker pool ──▶ ledger, metrics ──▶ delivery
        ▲                 │                                              │
        └── intake        └── sampled out: entries released              └── entries released
"""

import asyncio

import msgspec
import structlog

from otel_evaluator.api.writer import Batch
from otel_evaluator.assemble.conversations import ClosedConversation, ConversationAssembler
from otel_evaluator.assemble.keys import conversation_of
from otel_evaluator.assemble.traces import Closed, TraceAssembler
from otel_evaluator.clock import Clock
from otel_evaluator.evaluate.pool import TaskLost, WorkerPool
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.markers import CONVERSATION_KEYS
from otel_evaluator.model.outcome import Outcome
from otel_evaluator.pipeline.count import OutcomeCounter
from otel_evaluator.pipeline.entries import Entries
from otel_evaluator.pipeline.feedback import FeedbackBox
from otel_evaluator.pipeline.ledger import Ledger
from otel_evaluator.pipeline.work import Processed, Work
from otel_evaluator.sample.decide import EvaluatorRule
from otel_evaluator.sample.hashing import ONE
from otel_evaluator.sample.sampler import Sampler
from otel_evaluator.write.deliver import Delivery

TICK_S = 0.02
CLOSED_AT_ONCE = 64
"""Traces closed before requests get their turn again: about a millisecond's work."""
_MAX_AGENTS = 1000
_log = structlog.get_logger(__name__)


class Parts(msgspec.Struct):
    """What the engine works with, built by ``build``."""

    rules: list[EvaluatorRule]
    sampler: Sampler
    traces: TraceAssembler
    conversations: ConversationAssembler
    entries: Entries
    pool: WorkerPool
    delivery: Delivery
    ledger: Ledger
    feedback: FeedbackBox
    counter: OutcomeCounter
    metrics: Metrics
    clock: Clock


class Engine:
    """Runs on the event loop of the front process."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._by_conversation = any(rule.on == "conversation" for rule in parts.rules)
        self._trace_evaluators = [rule.name for rule in parts.rules if rule.on == "trace"]
        self._tasks: set[asyncio.Task[None]] = set()
        self._queued_bytes = 0
        self.agents: dict[str, int] = {}
        """When each agent name was first seen, nanoseconds; bounded."""
        self._waiting: dict[str, tuple[set[int], list[int]]] = {}

    @property
    def held_bytes(self) -> int:
        """Bytes of spans in assembly, in conversations and waiting for a worker."""
        parts = self._parts
        return parts.traces.held_bytes + parts.conversations.held_bytes + self._queued_bytes

    @property
    def pending(self) -> int:
        """Closed subjects that wait for evaluation or delivery."""
        return len(self._tasks)

    async def run(self) -> None:
        """Close what is due, for ever; cancelled at shutdown."""
        while True:
            closed = self.tick(CLOSED_AT_ONCE)
            await asyncio.sleep(0 if closed >= CLOSED_AT_ONCE else TICK_S)

    def tick(self, limit: int = 1_000_000) -> int:
        """Close up to ``limit`` traces that are due and start their evaluation; how many."""
        parts = self._parts
        now = parts.clock.monotonic()
        parts.sampler.advance(parts.clock.time_ns())
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

    def confirmed(self, batch: Batch) -> None:
        """Release journal entries of traces of which every outcome is written."""
        for outcome in batch.outcomes:
            waiting = self._waiting.pop(outcome.score_id, None)
            if waiting is None:
                continue
            entries, left = waiting
            left[0] -= 1
            if not left[0]:
                self._parts.entries.done(entries)

    def _trace_closed(self, closed: Closed) -> None:
        parts = self._parts
        raw = closed.raw
        if not raw.spans:
            # Only log records came: their spans were dropped, or are lost.
            parts.counter.unresolved("trace", "skipped")
            parts.entries.done(closed.entries)
            return
        spans = [body for _, _, body in (*raw.spans, *raw.context)]
        joined = b"".join((*spans, *(body for _, _, body in raw.logs)))
        conversation_id = ""
        if not parts.sampler.by_trace or parts.feedback.has_conversations:
            conversation_id = self._conversation(spans, joined)
        u = parts.sampler.u(raw.trace_id, conversation_id)
        feedback = parts.feedback.of(raw.trace_id, conversation_id)
        if not feedback and not parts.sampler.may_select(u, joined):
            parts.ledger.sampled_out(raw.trace_id, u / ONE, conversation_id)
            parts.counter.sampled_out(self._trace_evaluators)
            parts.entries.done(closed.entries)
            return
        conversation_id = conversation_id or self._conversation(spans, joined)
        work = Work(
            u=u,
            multiplier=parts.sampler.multiplier,
            raw=raw,
            conversation_id=conversation_id,
            revision=raw.revision,
            feedback=feedback,
            want_trace=self._by_conversation and bool(conversation_id),
            now_ns=parts.clock.time_ns(),
        )
        self._start(work, closed.entries, len(joined))

    def _conversation(self, spans: list[bytes], joined: bytes) -> str:
        conversation_id, several = conversation_of(spans, joined, CONVERSATION_KEYS)
        if several:
            self._parts.metrics.child("sampling_conflicts").inc()
        return conversation_id

    def _conversation_closed(self, closed: ClosedConversation) -> None:
        parts = self._parts
        work = Work(
            u=parts.sampler.u_of_conversation(closed.conversation_id),
            multiplier=parts.sampler.multiplier,
            conversation_id=closed.conversation_id,
            traces=closed.traces,
            revision=closed.revision,
            feedback=parts.feedback.of(b"", closed.conversation_id),
            now_ns=parts.clock.time_ns(),
        )
        self._start(work, closed.entries, sum(map(len, closed.traces)))

    def _start(self, work: Work, entries: set[int], size: int) -> None:
        self._queued_bytes += size
        task = asyncio.create_task(self._evaluate(work, entries, size))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _evaluate(self, work: Work, entries: set[int], size: int) -> None:
        """See one closed subject through; its bytes count as held until a sink has it."""
        work.agents = self.agents
        try:
            processed = await self._processed(work)
            self._record(work, processed, entries)
            await self._deliver(processed, entries)
        except RuntimeError as error:
            # The entries stay in the journal: a restart evaluates them.
            _log.error("worker_pool_failed", error_type=type(error).__name__)
        finally:
            self._queued_bytes -= size

    async def _processed(self, work: Work) -> Processed:
        try:
            processed: Processed = await self._parts.pool.process(work)
        except TaskLost as error:
            # A restart would lose its worker again.
            return Processed(error=type(error).__name__)
        return processed

    def _record(self, work: Work, processed: Processed, entries: set[int]) -> None:
        parts = self._parts
        self._note_agents(processed.agents, work.now_ns)
        parts.counter.processed(processed)
        if processed.error:
            self._not_evaluated(work, processed.error)
        if work.raw is not None:
            if processed.told:
                parts.ledger.add(work.raw.trace_id.hex(), processed.told)
            self._keep_for_conversation(work, processed, entries)
        self._offer(work, processed)

    def _not_evaluated(self, work: Work, error: str) -> None:
        kind = "trace" if work.raw is not None else "conversation"
        decision = "not_genai" if error == "not_genai" else "failed"
        self._parts.counter.unresolved(kind, decision)
        if decision == "failed":
            _log.error("subject_failed", subject_kind=kind, error_type=error)

    def _keep_for_conversation(self, work: Work, processed: Processed, entries: set[int]) -> None:
        if processed.trace is not None and work.raw is not None:
            parts = self._parts
            parts.entries.kept(entries)
            # The conversation releases an entry once, however many of its traces share it.
            again = parts.conversations.add(
                work.conversation_id,
                work.raw.trace_id,
                processed.trace,
                entries,
                parts.clock.monotonic(),
            )
            parts.entries.done(again)

    def _offer(self, work: Work, processed: Processed) -> None:
        """Tell the budget of subjects that the tier's rate selected."""
        for story in processed.stories[:1]:
            kept = min(1.0, story.rate * work.multiplier)
            if story.outcomes and story.u < kept:
                self._parts.sampler.offer(story.rate, kept)

    async def _deliver(self, processed: Processed, entries: set[int]) -> None:
        parts = self._parts
        outcomes = [
            outcome
            for story in processed.stories
            for outcome in story.outcomes
            if outcome.name != "skipped"
        ]
        if not outcomes:
            parts.entries.done(entries)
            return
        self._wait_for(outcomes, entries)
        await parts.delivery.put(outcomes, processed.samples)

    def _wait_for(self, outcomes: list[Outcome], entries: set[int]) -> None:
        ids = {outcome.score_id for outcome in outcomes}
        left = [len(ids)]
        for score_id in ids:
            self._waiting[score_id] = (entries, left)

    def _note_agents(self, agents: tuple[str, ...], now_ns: int) -> None:
        for agent in agents:
            if agent not in self.agents and len(self.agents) < _MAX_AGENTS:
                self.agents[agent] = now_ns
