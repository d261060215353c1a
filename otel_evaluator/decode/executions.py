"""Each tool execution once, however many spans recorded it."""

from collections import defaultdict
from collections.abc import Sequence

from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.spans import Source
from otel_evaluator.decode.tree import Tree

_SERVER, _CLIENT = 2, 3
"""``Span.kind`` of the two ends of a request (OTLP ``trace.proto``)."""
_CALLING = ("llm", "agent", "tool")
"""Between an execution and a repetition of it lies no other operation."""
_MAX_RECORDS = 16
"""Nested records of one execution that may arrive before the record around them."""


def once(tree: Tree, sources: Sequence[Source]) -> list[Reading]:
    """Readings of tool spans, with content, by start, without repetitions.

    The same execution is recorded by nested spans (the caller's, an MCP client's and its
    server's, also where the spans of the transport between them were not kept) or by two
    siblings that each hold one half (ADK 1). What only the dropped one knew is filled into
    the one that stays.
    """
    found = _Executions(tree)
    for source in sources:
        found.add(source)
    return found.kept


class _Executions:
    """The executions met so far, and those that another record may still complete."""

    def __init__(self, tree: Tree) -> None:
        self.kept: list[Reading] = []
        self._tree = tree
        self._known: dict[int, Reading] = {}
        self._clients: dict[str, list[Reading]] = defaultdict(list)
        self._halves: dict[tuple[str, str], list[Reading]] = defaultdict(list)

    def add(self, source: Source) -> None:
        reading = source.content()
        first = self._outer(source) or self._client(reading) or self._other_half(reading)
        self._known[id(reading)] = first or reading
        if first is not None:
            _fill(first, reading)
            return
        self.kept.append(reading)
        if "mcp" in reading.dialects and reading.span.kind == _CLIENT:
            self._clients[reading.tool_name].append(reading)
        elif "google_adk" in reading.dialects and reading.result is None:
            self._halves[_place(reading)].append(reading)

    def _outer(self, source: Source) -> Reading | None:
        """The outermost enclosing record of the same execution; it must have started before."""
        for _ in range(_MAX_RECORDS):
            above = _repeated(self._tree, source)
            if above is None:
                return None
            known = self._known.get(id(above.reading))
            if known is not None:
                return known
            source = above
        return None

    def _client(self, reading: Reading) -> Reading | None:
        """The MCP client's record of the request that this MCP server's span answered."""
        span = reading.span
        if span.kind != _SERVER or "mcp" not in reading.dialects:
            return None
        waiting = self._clients[reading.tool_name]
        for position, first in enumerate(waiting):
            if first.span.start_ns <= span.start_ns <= first.span.end_ns:
                return waiting.pop(position)
        return None

    def _other_half(self, reading: Reading) -> Reading | None:
        """The span with the arguments of the execution whose result this ADK span holds."""
        if "google_adk" not in reading.dialects or reading.arguments is not None:
            return None
        waiting = self._halves[_place(reading)]
        return waiting.pop(0) if waiting and reading.result is not None else None


def _place(reading: Reading) -> tuple[str, str]:
    return reading.tool_name, reading.span.parent_span_id


def _repeated(tree: Tree, source: Source) -> Source | None:
    """The nearest enclosing operation, if it records the same tool execution."""
    reading = source.content()
    above = tree.ancestor(source, lambda s: s.reading.kind in _CALLING)
    if above is None or above.reading.kind != "tool":
        return None
    outer = above.content()
    if not reading.tool_name or outer.tool_name != reading.tool_name:
        return None
    if outer.tool_call_id and reading.tool_call_id and outer.tool_call_id != reading.tool_call_id:
        return None
    both = outer.arguments is not None and reading.arguments is not None
    return None if both and outer.arguments != reading.arguments else above


def _fill(first: Reading, second: Reading) -> None:
    first.tool_call_id = first.tool_call_id or second.tool_call_id
    first.tool_error = first.tool_error or second.tool_error
    if first.arguments is None:
        first.arguments = second.arguments
    if first.result is None:
        first.result = second.result
    first.retry = first.retry or second.retry
