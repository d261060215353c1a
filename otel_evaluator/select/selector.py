"""The select path: protobuf bytes of a request in, kept items out, nothing else decoded."""

from collections.abc import Container, Sequence
from typing import Protocol

from google.protobuf.message import DecodeError

from otel_evaluator.errors import Malformed
from otel_evaluator.model.raw import RawItem
from otel_evaluator.select.marks import marked
from otel_evaluator.select.scopes import Scopes
from otel_evaluator.select.selection import KeptLog, KeptSpan, Selection
from otel_evaluator.wire.attributes import text_attributes
from otel_evaluator.wire.otlp_view_pb2 import (
    Attribute,
    LogHead,
    Request,
    SpanAttributes,
    SpanHead,
)

JUDGE_MARKER = b"otel_evaluator.judge"
"""Attribute key prefix on spans of judge calls."""

_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)
_LOGS_HINT = (
    "the items have no 16-byte trace id in field 1; an OTLP logs or metrics request sent to"
    " the traces service looks like this"
)


class Rates(Protocol):
    """The part of sampling that select may use."""

    def excludes_trace(self, trace_id: bytes) -> bool:
        """Whether no evaluator can ever select this trace, whatever it contains."""
        ...

    def excludes_conversation(self, conversation_id: str) -> bool:
        """Whether no evaluator can ever select a trace of this conversation."""
        ...


class Selector:
    """Keeps what carries a GenAI marker and could still be selected."""

    def __init__(
        self,
        rates: Rates,
        markers: Sequence[bytes],
        conversation_keys: Sequence[bytes],
        kept_scopes: Sequence[str] = (),
    ) -> None:
        self._rates = rates
        self._markers = tuple(markers)
        self._conversation_keys = tuple(conversation_keys)
        self._scopes = Scopes(kept_scopes)

    def spans(self, body: bytes, interest: Container[bytes]) -> Selection:
        """Select from an ExportTraceServiceRequest.

        ``interest`` holds the ids of traces of which spans are already kept. Raises
        Malformed when the bytes are not such a request.
        """
        items, groups = _split(body)
        selection = Selection(received=len(items))
        indices = self._candidates(body, items, groups)
        fresh = self._keep(items, groups, indices, selection)
        selection.plain = len(items) - len(indices)
        if fresh or interest:
            self._add_context(items, groups, indices, interest, fresh, selection)
        if items and not indices:
            _check_signal(items)
        return selection

    def logs(self, body: bytes) -> Selection:
        """Select from an ExportLogsServiceRequest; records without a trace id are dropped."""
        items, groups = _split(body)
        selection = Selection(received=len(items))
        indices = marked(body, items, self._markers)
        selection.plain = len(items) - len(indices)
        for index, resource, scope in _with_groups(indices, groups):
            if self._scopes.is_own(scope):
                selection.own += 1
                continue
            try:
                trace_id = LogHead.FromString(items[index]).trace_id
            except DecodeError:
                selection.rejected += 1
                continue
            if len(trace_id) != 16 or trace_id == _NO_TRACE:
                selection.plain += 1
            elif self._rates.excludes_trace(trace_id):
                selection.sampled_out += 1
            else:
                selection.logs.append(KeptLog(trace_id, (resource, scope, items[index])))
        if selection.rejected:
            selection.message = f"{selection.rejected} log records are not valid protobuf"
        return selection

    def _candidates(self, body: bytes, items: list[bytes], groups: "_Groups") -> list[int]:
        indices = marked(body, items, self._markers)
        kept = [group for group in groups if self._scopes.is_kept(group[3])]
        if kept:
            whole = {i for start, end, _, _ in kept for i in range(start, end)}
            indices = sorted(whole.union(indices))
        return indices

    def _keep(
        self, items: list[bytes], groups: "_Groups", indices: list[int], selection: Selection
    ) -> set[bytes]:
        """Fill ``selection.spans``; the ids of the traces kept."""
        excluded: dict[bytes, bool] = {}
        fresh: set[bytes] = set()
        parse, is_own = SpanHead.FromString, self._scopes.is_own
        for index, resource, scope in _with_groups(indices, groups):
            body = items[index]
            try:
                head = parse(body)
            except DecodeError:
                selection.rejected += 1
                continue
            trace_id, span_id = head.trace_id, head.span_id
            if not _valid(trace_id, span_id):
                selection.rejected += 1
                continue
            out = excluded.get(trace_id)
            if out is None:
                out = excluded[trace_id] = self._rates.excludes_trace(trace_id)
            if out:
                selection.sampled_out += 1
            elif is_own(scope) or (JUDGE_MARKER in body and _is_judge_call(body)):
                selection.own += 1
            elif self._excluded_by_conversation(trace_id, body, selection):
                excluded[trace_id] = True
                selection.sampled_out += 1
            else:
                fresh.add(trace_id)
                item = (resource, scope, body)
                selection.spans.append(KeptSpan(trace_id, span_id, head.parent_span_id, item))
        if selection.rejected:
            selection.message = _rejection(selection.rejected, bool(selection.spans))
        return fresh

    def _excluded_by_conversation(self, trace_id: bytes, body: bytes, selection: Selection) -> bool:
        """Whether the span names, in the first key of precedence, an excluded conversation."""
        first = self._conversation_keys[:1]
        if not first or first[0] not in body:
            return False
        named = text_attributes(body, first).get(first[0])
        if named is None or not self._rates.excludes_conversation(named):
            return False
        selection.excluded.append(trace_id)
        return True

    def _add_context(
        self,
        items: list[bytes],
        groups: "_Groups",
        indices: list[int],
        interest: Container[bytes],
        fresh: set[bytes],
        selection: Selection,
    ) -> None:
        """Add unmarked spans of traces of interest: roots, conversation names, parent links.

        The ids are read at the two places where SDKs (ascending fields) and Collectors
        (descending fields) put them; a span in another order is missed, which can only
        leave a trace incomplete.
        """
        if items[0][:2] == b"\n\x10":
            near = [i for i, s in enumerate(items) if (t := s[2:18]) in fresh or t in interest]
        else:
            near = [i for i, s in enumerate(items) if (t := s[-16:]) in fresh or t in interest]
        taken = set(indices)
        near = [i for i in near if i not in taken]
        for index, resource, scope in _with_groups(near, groups):
            self._add_unmarked(items[index], resource, scope, selection)

    def _add_unmarked(
        self, body: bytes, resource: bytes, scope: bytes, selection: Selection
    ) -> None:
        try:
            head = SpanHead.FromString(body)
        except DecodeError:
            return
        if not _valid(head.trace_id, head.span_id):
            return
        parent = head.parent_span_id
        if not parent or any(key in body for key in self._conversation_keys):
            item: RawItem = (resource, scope, body)
            selection.context.append(KeptSpan(head.trace_id, head.span_id, parent, item))
            selection.plain -= 1
        else:
            selection.links.append((head.trace_id, head.span_id, parent))


_Groups = list[tuple[int, int, bytes, bytes]]
"""Start and end item index, encoded resource, encoded scope."""


def _split(body: bytes) -> tuple[list[bytes], _Groups]:
    try:
        request = Request.FromString(body)
    except DecodeError:
        raise Malformed("the body is not an OTLP export request in protobuf") from None
    items: list[bytes] = []
    groups: _Groups = []
    for resource in request.resources:
        for scope in resource.scopes:
            start = len(items)
            items.extend(scope.items)
            groups.append((start, len(items), resource.resource, scope.scope))
    return items, groups


def _with_groups(indices: list[int], groups: _Groups) -> list[tuple[int, bytes, bytes]]:
    """Each index with its resource and scope; both ascend, so one pass does."""
    out = []
    group = iter(groups)
    end, resource, scope = 0, b"", b""
    for index in indices:
        while index >= end:
            _, end, resource, scope = next(group)
        out.append((index, resource, scope))
    return out


def _valid(trace_id: bytes, span_id: bytes) -> bool:
    return (
        len(trace_id) == 16 and len(span_id) == 8 and trace_id != _NO_TRACE and span_id != _NO_SPAN
    )


def _is_judge_call(body: bytes) -> bool:
    """Whether an attribute key, not just some text, starts with the judge marker."""
    return any(
        Attribute.FromString(encoded).key.startswith(JUDGE_MARKER)
        for encoded in SpanAttributes.FromString(body).attributes
        if JUDGE_MARKER in encoded
    )


def _check_signal(items: list[bytes]) -> None:
    """Refuse a request of another signal: none of its items has an id where spans have one."""
    for item in items[:100]:
        try:
            head = SpanHead.FromString(item)
        except DecodeError:
            continue
        if head.trace_id or head.span_id or not item:
            return
    raise Malformed(_LOGS_HINT)


def _rejection(count: int, some_kept: bool) -> str:
    rest = "" if some_kept else f"; {_LOGS_HINT}"
    return (
        f"{count} spans have no valid ids (16-byte trace id and 8-byte span id, not all zero)"
        f" or are not valid protobuf{rest}"
    )
