"""Reads the items of one trace, each only as far as something asks for it."""

from collections.abc import Iterator, Sequence
from typing import Any, overload

from google.protobuf.message import DecodeError

from otel_evaluator.decode.spans import Source, conversation
from otel_evaluator.decode.tree import Tree
from otel_evaluator.decode.wire import Undecodable, Wire
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


class Items:
    """Spans of a trace as a tree of sources, with their log records.

    Of the spans around GenAI spans, root spans are read; of the others only the ids, which
    hold the tree together, unless nothing else names the conversation.
    """

    def __init__(self, raw: RawTrace) -> None:
        self._wire = Wire()
        self._failed = 0
        self._logs = self._group(raw.logs)
        memo: dict[Any, Any] = {}
        sources = list(self._sources(raw.spans, memo, plain=False))
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
        links: dict[str, str] = {}
        if not raw.conversation_id and not _names_conversation(sources):
            sources.extend(self._sources([item for _, item in others], memo, plain=True))
        else:
            links = {h.span_id.hex(): h.parent_span_id.hex() for h, _ in others}
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


def _names_conversation(sources: Sequence[Source]) -> bool:
    return any(conversation(s.reading.span.attributes)[1] for s in sources)
