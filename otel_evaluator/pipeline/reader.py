"""What the administration endpoint asks of the running pipeline."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from otel_evaluator.errors import Busy, ConfigError, SinkError
from otel_evaluator.expose.reader import Feedback, Joined, QualityQuery, ScoresQuery
from otel_evaluator.pipeline.build import calibrations
from otel_evaluator.pipeline.engine import Engine
from otel_evaluator.pipeline.evaluation import Parts
from otel_evaluator.pipeline.quality import estimates
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.write.clickhouse.sink import ClickHouseWriter


class Running(Protocol):
    """What the service tells of itself."""

    config: RootConfig

    @property
    def is_closing(self) -> bool: ...

    @property
    def is_behind(self) -> bool: ...

    @property
    def storage(self) -> ClickHouseWriter | None: ...


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except SinkError as error:
        raise Busy(f"the storage does not answer: {error}", 5.0) from None


class PipelineReader:
    """Implements ``expose.reader.Reader``."""

    def __init__(self, engine: Engine, parts: Parts, service: Running) -> None:
        self._engine = engine
        self._parts = parts
        self._service = service

    async def scores(self, query: ScoresQuery) -> list[dict[str, Any]]:
        """Rows of ``otel_evaluator_scores``, newest first."""
        with _answering():
            return await self._storage.scores(
                query.evaluator, query.since_ns, query.below, query.limit, query.trace_id
            )

    async def quality(self, query: QualityQuery) -> list[dict[str, Any]]:
        """Weighted estimates from the stored scores, passes also corrected by calibration."""
        with _answering():
            found = await self._storage.quality(query.evaluator, query.since_ns)
        try:
            known = calibrations(self._service.config)
        except ConfigError as error:
            raise Busy(str(error)) from None
        return [estimates(each, known.get(each.revision)) for each in found]

    @property
    def _storage(self) -> ClickHouseWriter:
        storage = self._service.storage
        if storage is None:
            raise Busy("no storage.clickhouse is configured; scores go to exporters.otlp only")
        return storage

    async def why(self, trace_id: str) -> dict[str, Any] | None:
        """What became of a trace; one still open says so."""
        story = self._parts.ledger.why(trace_id)
        open_trace = self._parts.traces.open.get(bytes.fromhex(trace_id))
        if open_trace is None:
            return story
        subject = {
            "kind": "trace",
            "key": trace_id,
            "revision": open_trace.revision,
            "complete": open_trace.complete,
            "decision": "open",
            "spans": len(open_trace.spans),
            "explanation": "still being assembled",
            "outcomes": [],
        }
        earlier = story["subjects"] if story else []
        return {"trace_id": trace_id, "subjects": [*earlier, subject]}

    async def feedback(self, feedback: Feedback) -> Joined:
        """Take user feedback as a signal; a closed trace is evaluated again with it."""
        box, parts = self._parts.feedback, self._parts
        if feedback.conversation_id:
            box.on_conversation(feedback.conversation_id, feedback.score)
            known = parts.conversations.has(feedback.conversation_id)
            return "open" if known else "pending"
        trace_id = bytes.fromhex(feedback.trace_id)
        box.on_trace(trace_id, feedback.score)
        if trace_id in parts.traces.open:
            return "open"
        if parts.traces.reopen(trace_id, parts.clock.monotonic()):
            return "closed"
        return "pending"

    def state(self) -> dict[str, Any]:
        """What is ready and what is not."""
        statistics = self._parts.journal.statistics()
        closing = self._service.is_closing
        sinks = self._parts.delivery.statistics()
        rooms = {
            "receive": {"ready": not closing},
            "journal": {
                "ready": not statistics.problem,
                "bytes": statistics.bytes,
                "entries": statistics.entries,
                "damaged_records": statistics.damaged,
                "problem": statistics.problem,
                "catching_up": self._service.is_behind,
            },
            "assemble": {
                "ready": True,
                "open_traces": len(self._parts.traces.open),
                "held_bytes": self._engine.held_bytes,
            },
            "evaluate": {
                "ready": True,
                "workers": self._service.config.workers,
                "pending": self._engine.pending,
            },
        }
        return {
            "ready": not closing and not statistics.problem,
            "durability": self._parts.journal.durability,
            "configuration": self._engine.current.fingerprint,
            "rooms": rooms,
            "sinks": sinks,
        }
