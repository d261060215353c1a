"""One trace under assembly."""

from otel_evaluator.model.raw import KeptSpan, RawItem

_NO_PARENT = bytes(8)
"""All zeros: no id (W3C trace context), as some encoders write a root's parent."""


class OpenTrace:
    """Encoded items and ids of one trace; lists that most traces do not need come late."""

    __slots__ = (
        "configuration", "context", "entries", "first", "fresh", "last", "log_hashes", "logs",
        "parents", "revision", "rooted", "seen", "size", "span_ids", "spans",
    )  # fmt: skip

    def __init__(self, now: float, configuration: str = "") -> None:
        self.configuration = configuration
        """Fingerprint of the configuration it was opened under."""
        self.spans: list[RawItem] = []
        self.context: list[RawItem] | None = None
        self.logs: list[RawItem] | None = None
        self.span_ids: set[bytes] = set()
        """Ids of the spans held."""
        self.seen: set[bytes] | None = None
        """Ids of spans seen and not held."""
        self.parents: set[bytes] = set()
        self.log_hashes: set[int] | None = None
        self.entries: set[int] = set()
        """Journal entries that hold this trace's items."""
        self.rooted = False
        self.revision = 0
        self.fresh = 0
        """Spans that this revision added."""
        self.size = 0
        self.first = self.last = now

    @property
    def complete(self) -> bool:
        """Whether a root span and all named parents were seen."""
        return self.rooted and not self.missing

    @property
    def missing(self) -> set[bytes]:
        """Parents that were named and not seen."""
        missing = self.parents - self.span_ids
        return missing - self.seen if missing and self.seen is not None else missing

    def add(self, span: KeptSpan, is_context: bool) -> int:
        """Hold one span; its size in bytes, 0 when it is held already."""
        span_id, parent = span.span_id, span.parent_span_id
        if span_id in self.span_ids:
            return 0
        self.span_ids.add(span_id)
        if parent and parent != _NO_PARENT:
            self.parents.add(parent)
        else:
            self.rooted = True
        item = span.item
        if not is_context:
            self.spans.append(item)
        elif self.context is None:
            self.context = [item]
        else:
            self.context.append(item)
        return len(item[2])

    def add_log(self, item: RawItem, digest: int) -> int:
        """Hold one log record; its size in bytes, 0 when it is held already."""
        if self.log_hashes is None or self.logs is None:
            self.log_hashes, self.logs = {digest}, [item]
            return len(item[2])
        if digest in self.log_hashes:
            return 0
        self.log_hashes.add(digest)
        self.logs.append(item)
        return len(item[2])

    def see(self, span_id: bytes, parent: bytes) -> None:
        """Note a span that is not held."""
        if self.seen is None:
            self.seen = {span_id}
        else:
            self.seen.add(span_id)
        self.parents.add(parent)
