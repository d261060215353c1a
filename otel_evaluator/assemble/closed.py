"""Memory of closed traces, so that late spans make a revision and resent spans make nothing."""

from collections import OrderedDict
from collections.abc import Iterator

import msgspec

from otel_evaluator.assemble.open import OpenTrace
from otel_evaluator.model.raw import RawTrace

_ID = 8
_NO_LOGS: frozenset[int] = frozenset()
_NO_PARENTS: frozenset[bytes] = frozenset()


class ClosedTrace(msgspec.Struct):
    """What is remembered of one closed trace."""

    revision: int
    span_ids: bytes
    """Ids of the spans held, 8 bytes each, joined: a tenth of the memory of a set."""
    log_hashes: frozenset[int]
    rooted: bool
    raw: RawTrace | None
    size: int
    missing: frozenset[bytes] = _NO_PARENTS
    """Parents that were named and not seen."""
    seen: bytes = b""
    """Ids of spans seen and not held, joined; forgotten with ``raw``."""

    @classmethod
    def of(cls, trace: OpenTrace, raw: RawTrace) -> "ClosedTrace":
        """What to remember of a trace that was just closed."""
        logs = frozenset(trace.log_hashes) if trace.log_hashes else _NO_LOGS
        ids = b"".join(trace.span_ids)
        missing = frozenset(trace.missing) or _NO_PARENTS
        seen = b"".join(trace.seen) if trace.seen else b""
        return cls(trace.revision, ids, logs, trace.rooted, raw, trace.size, missing, seen)

    def encode(self) -> bytes:
        """What must survive a restart: everything but the items."""
        return _encoder.encode((self.span_ids, [*self.log_hashes], self.rooted, [*self.missing]))

    @classmethod
    def decode(cls, revision: int, encoded: bytes) -> "ClosedTrace":
        """What ``encode`` made; msgspec.DecodeError for anything else."""
        ids, hashes, rooted, missing = _decoder.decode(encoded)
        return cls(revision, ids, frozenset(hashes), rooted, None, 0, frozenset(missing))

    def restore(self, trace: OpenTrace) -> None:
        """Make a new open trace the next revision of this one."""
        trace.revision = self.revision + 1
        trace.span_ids.update(_split(self.span_ids))
        trace.parents.update(self.missing)
        trace.seen = set(_split(self.seen)) or None
        trace.rooted = self.rooted
        if self.log_hashes:
            trace.log_hashes, trace.logs = set(self.log_hashes), []
        if self.raw is not None:
            trace.spans.extend(self.raw.spans)
            trace.context = list(self.raw.context)
            trace.logs = list(self.raw.logs) if self.log_hashes else None
            trace.size = self.size

    def forget_items(self) -> None:
        """Keep only what tells resent items from late ones."""
        self.raw, self.seen = None, b""

    def has_span(self, span_id: bytes) -> bool:
        """Whether this span was already part of the trace."""
        ids = self.span_ids
        position = ids.find(span_id)
        while position >= 0:
            if position % _ID == 0:
                return True
            position = ids.find(span_id, position + 1)
        return False


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[bytes, list[int], bool, list[bytes]])


def _split(ids: bytes) -> Iterator[bytes]:
    return (ids[i : i + _ID] for i in range(0, len(ids), _ID))


class ClosedTraces:
    """The last traces closed, bounded by their number; their bytes bounded by size."""

    def __init__(self, max_traces: int = 100_000, max_bytes: int = 16 * 2**20) -> None:
        self._max_traces = max_traces
        self._max_bytes = max_bytes
        self._traces: OrderedDict[bytes, ClosedTrace] = OrderedDict()
        self._with_raw: OrderedDict[bytes, int] = OrderedDict()
        self._bytes = 0

    def add(self, trace_id: bytes, trace: ClosedTrace) -> None:
        """Remember a trace just closed."""
        self.pop(trace_id)
        self._traces[trace_id] = trace
        if trace.raw is not None:
            self._with_raw[trace_id] = trace.size
            self._bytes += trace.size
        while self._bytes > self._max_bytes:
            oldest, size = self._with_raw.popitem(last=False)
            self._bytes -= size
            self._traces[oldest].forget_items()
        while len(self._traces) > self._max_traces:
            self.pop(next(iter(self._traces)))

    def get(self, trace_id: bytes) -> ClosedTrace | None:
        """What is remembered of a trace."""
        return self._traces.get(trace_id)

    def pop(self, trace_id: bytes) -> ClosedTrace | None:
        """Forget a trace and return it."""
        trace = self._traces.pop(trace_id, None)
        if trace is not None:
            self._bytes -= self._with_raw.pop(trace_id, 0)
        return trace
