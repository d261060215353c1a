"""Each tool execution once, however many spans recorded it."""

from collections.abc import Sequence

from otel_evaluator.decode.reading import Reading
from otel_evaluator.decode.spans import Source
from otel_evaluator.decode.tree import Tree

_SERVER, _CLIENT = 2, 3
"""``Span.kind`` of the two ends of a request (OTLP ``trace.proto``)."""
_CALLING = ("llm", "agent", "tool")
"""Between an execution and a repetition of it lies no other operation."""


def once(tree: Tree, sources: Sequence[Source]) -> list[Reading]:
    """Readings of tool spans, with content, by start, without repetitions.

    The same execution is recorded by nested spans (the caller's, an MCP client's and its
    server's, also where the spans of the transport between them were not kept) or by two
    siblings that each hold one half (ADK 1). What only the dropped one knew is filled into
    the one that stays.
    """
    kept: list[Reading] = []
    served: set[str] = set()
    for source in sources:
        reading = source.content()
        first = _outer(tree, source) or _client(reading, kept, served)
        first = first or _other_half(reading, kept)
        if first is None:
            kept.append(reading)
        else:
            _fill(first, reading)
    return kept


def _outer(tree: Tree, source: Source) -> Reading | None:
    """The enclosing record of the same execution."""
    reading = source.reading
    above = tree.ancestor(source, lambda s: s.reading.kind in _CALLING)
    if above is None or above.reading.kind != "tool":
        return None
    outer = above.content()
    if not reading.tool_name or outer.tool_name != reading.tool_name:
        return None
    if outer.tool_call_id and reading.tool_call_id and outer.tool_call_id != reading.tool_call_id:
        return None
    both = outer.arguments is not None and reading.arguments is not None
    return None if both and outer.arguments != reading.arguments else _kept(tree, above)


def _kept(tree: Tree, source: Source) -> Reading:
    """The outermost record, where the enclosing one repeats another itself."""
    return _outer(tree, source) or source.reading


def _client(reading: Reading, kept: Sequence[Reading], served: set[str]) -> Reading | None:
    """The MCP client's record of the request that this MCP server's span answered."""
    span = reading.span
    if span.kind != _SERVER or "mcp" not in reading.dialects:
        return None
    for first in kept:
        asked = first.span
        if (
            asked.kind == _CLIENT
            and first.tool_name == reading.tool_name
            and asked.start_ns <= span.start_ns <= asked.end_ns
            and asked.span_id not in served
        ):
            served.add(asked.span_id)
            return first
    return None


def _other_half(reading: Reading, kept: Sequence[Reading]) -> Reading | None:
    """The span with the arguments of the execution whose result this ADK span holds."""
    if "google_adk" not in reading.dialects or reading.arguments is not None:
        return None
    for first in kept:
        fitting = (
            first.result is None
            and first.arguments is not None
            and first.tool_name == reading.tool_name
            and first.span.parent_span_id == reading.span.parent_span_id
            and "google_adk" in first.dialects
        )
        if fitting:
            return first
    return None


def _fill(first: Reading, second: Reading) -> None:
    first.tool_call_id = first.tool_call_id or second.tool_call_id
    first.tool_error = first.tool_error or second.tool_error
    if first.arguments is None:
        first.arguments = second.arguments
    if first.result is None:
        first.result = second.result
    first.retry = first.retry or second.retry
