"""Reads the items of one trace, each only as far as something asks for it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, overload

from google.protobuf.message import DecodeError
from stringzilla import find

from otel_evaluator.decode.spans import Source, conversation
from otel_evaluator.decode.tree import Tree
from otel_evaluator.decode.wire import Undecodable, Wire
from otel_evaluator.model.hints import STATUS_ERROR
from otel_evaluator.model.raw import RawItem, RawTrace
from otel_evaluator.model.span import LogRecord
from otel_evaluator.wire.otlp_view_pb2 import LogHead, SpanHead


class SpanLogs(Sequence[LogRecord]):
    """The log records of one span, decoded when looked at; undecodable ones are left out."""

    def __init__(self, wire: Wire) -> None:
        self.undecodable = 0
        self._wire = wire
        self._items: list[RawItem] = []
        self._records: list[LogRecord] | None = None

    def add(self, item: RawItem) -> None:
        self._items.append(item)

    def mention(self, patterns: Sequence[bytes]) -> bool:
        """Whether the encoded records contain any of the patterns."""
        return any(p in item[2] for item in self._items for p in patterns)

    def _decoded(self) -> list[LogRecord]:
        if self._records is None:
            self._records = []
            for item in self._items:
                try:
                    self._records.append(self._wire.log(item))
                except Undecodable:
                    self.undecodable += 1
        return self._records

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[LogRecord]:
        return iter(self._decoded())

    @overload
    def __getitem__(self, index: int) -> LogRecord: ...
    @overload
    def __getitem__(self, index: slice) -> list[LogRecord]: ...
    def __getitem__(self, index: int | slice) -> LogRecord | list[LogRecord]:
        return self._decoded()[index]


_STEPS: tuple[tuple[bytes, str], ...] = (
    (b"openinference.span.kind\x12\x07\n\x05CHAIN", "openinference"),
    (b"\x12\x07\n\x05CHAIN\n\x17openinference.span.kind", "openinference"),
    (b"traceloop.span.kind\x12\x06\n\x04task", "openllmetry"),
    (b"\x12\x06\n\x04task\n\x13traceloop.span.kind", "openllmetry"),
    (b"gen_ai.operation.name\x12\x0e\n\x0cexecute_task", "openllmetry"),
    (b"\x12\x0e\n\x0cexecute_task\n\x15gen_ai.operation.name", "openllmetry"),
)
"""KeyValue messages that make a span a mere step of a framework, fields in both orders, and
the dialect that writes them."""

_STEP_VALUES = (b"\x05CHAIN", b"\x04task", b"execute_task")
"""What is looked for first: one of them is in every pattern above."""

_NO_STEP = (b"etriev", b"earch", STATUS_ERROR)
"""Steps that may retrieve documents, or that failed, are read."""


class Items:
    """Spans of a trace as a tree of sources, with their log records.

    Of the spans around GenAI spans, root spans are read; of the others only the ids, which
    hold the tree together, unless nothing else names the conversation. Frameworks record
    every step as a span that repeats the whole state: of those, too, only the ids are read
    unless ``steps`` asks for them; ``skipped`` counts those left out, by dialect.
    """

    def __init__(self, raw: RawTrace, *, steps: bool = False) -> None:
        self._wire = Wire()
        self._failed = 0
        self._logs = self._group(raw.logs)
        memo: dict[Any, Any] = {}
        links: dict[str, str] = {}
        self.skipped: Counter[str] = Counter()
        kept = raw.spans if steps else _without_steps(raw.spans, links, self.skipped)
        sources = list(self._sources(kept, memo, plain=False))
        roots: list[RawItem] = []
        others: list[tuple[SpanHead, RawItem]] = []
        for item in raw.context:
            try:
                head = SpanHead.FromString(item[2])
            except DecodeError:
                self._failed += 1
                continue
            if head.parent_span_id:
                others.append((head, item))
            else:
                roots.append(item)
        sources.extend(self._sources(roots, memo, plain=True))
        if not raw.conversation_id and not _names_conversation(sources):
            sources.extend(self._sources([item for _, item in others], memo, plain=True))
        else:
            links.update((h.span_id.hex(), h.parent_span_id.hex()) for h, _ in others)
        self.tree = Tree(sources, links)

    @property
    def repaired(self) -> int:
        """Items whose invalid text was replaced."""
        return self._wire.repaired

    @property
    def undecodable(self) -> int:
        """Items that could not be decoded."""
        return self._failed + sum(found.undecodable for found in self._logs.values())

    def _group(self, items: Sequence[RawItem]) -> dict[str, SpanLogs]:
        found: dict[str, SpanLogs] = {}
        for item in items:
            try:
                span_id = LogHead.FromString(item[2]).span_id.hex()
            except DecodeError:
                self._failed += 1
                continue
            logs = found.get(span_id)
            if logs is None:
                logs = found[span_id] = SpanLogs(self._wire)
            logs.add(item)
        return found

    def _sources(
        self, items: Sequence[RawItem], memo: dict[Any, Any], *, plain: bool
    ) -> Iterator[Source]:
        for item in items:
            try:
                span = self._wire.span(item)
            except Undecodable:
                self._failed += 1
                continue
            yield Source(span, self._logs.get(span.span_id, ()), memo=memo, plain=plain)


def _without_steps(
    items: Sequence[RawItem], links: dict[str, str], skipped: Counter[str]
) -> Sequence[RawItem]:
    """The items but for inner steps, whose parents go to ``links``.

    A step that no other GenAI span encloses is kept: it holds what the run was asked.
    """
    kept: list[RawItem] = []
    steps: list[tuple[str, str, RawItem, str]] = []
    for item in items:
        dialect = _step_dialect(item[2])
        if not dialect:
            kept.append(item)
            continue
        try:
            head = SpanHead.FromString(item[2])
        except DecodeError:
            kept.append(item)
            continue
        steps.append((head.span_id.hex(), head.parent_span_id.hex(), item, dialect))
    if not kept or not steps:
        return items
    known = _span_ids(kept)
    known.update(span_id for span_id, _, _, _ in steps)
    for span_id, parent_id, item, dialect in steps:
        if parent_id in known:
            links[span_id] = parent_id
            skipped[dialect] += 1
        else:
            kept.append(item)
    return kept


def _step_dialect(encoded: bytes) -> str:
    """The dialect of a span that is a mere step; empty for every other span."""
    for value in _STEP_VALUES:
        if find(encoded, value) >= 0:
            break
    else:
        return ""
    for pattern, dialect in _STEPS:
        if find(encoded, pattern) >= 0:
            return "" if any(find(encoded, p) >= 0 for p in _NO_STEP) else dialect
    return ""


def _span_ids(items: Sequence[RawItem]) -> set[str]:
    found = set()
    for item in items:
        try:
            found.add(SpanHead.FromString(item[2]).span_id.hex())
        except DecodeError:  # counted when the item is decoded
            continue
    return found


def _names_conversation(sources: Sequence[Source]) -> bool:
    return any(conversation(s.reading.span.attributes)[1] for s in sources)
