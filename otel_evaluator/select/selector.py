"""The select path: protobuf bytes of a request in, kept items out, nothing else decoded.

Cheapest first: slices of the trace id drop what no rate could select, one search per marker
over the rest finds GenAI spans, and only the ids of those are read, by a parser that knows
just the four fields of ``SpanHead`` and is exact for any order of fields.
"""

from collections.abc import KeysView, Sequence
from typing import Protocol

import stringzilla
from google.protobuf.message import DecodeError

from otel_evaluator.errors import TooLarge
from otel_evaluator.model.raw import KeptLog, KeptSpan
from otel_evaluator.select import ids
from otel_evaluator.select.marks import marked, probes, stems
from otel_evaluator.select.request import Items, split
from otel_evaluator.select.scopes import Scopes
from otel_evaluator.select.selection import Selection
from otel_evaluator.wire.attributes import has_key, text_attributes
from otel_evaluator.wire.otlp_view_pb2 import LogHead, SpanHead
from otel_evaluator.wire.prescan import check_item

JUDGE_MARKER = b"otel_evaluator.judge"
"""Attribute key prefix on spans of judge calls."""

_LARGE = 64 * 1024
"""Bytes of a span from which its attributes are counted."""

_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)


class Rates(Protocol):
    """The part of sampling that select may use."""

    @property
    def excludes_any(self) -> bool:
        """Whether there are keys that no evaluator can ever select."""
        ...

    def excluded_traces(self, trace_ids: set[bytes]) -> set[bytes]:
        """Those traces that no evaluator can ever select, whatever they contain."""
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
        max_attributes: int = 50_000,
    ) -> None:
        self._rates = rates
        self._max_attributes = max_attributes
        self._probes = probes(markers)
        self._conversation_keys = tuple(conversation_keys)
        self._stems = stems(conversation_keys)
        self._scopes = Scopes(kept_scopes)

    def spans(self, body: bytes, interest: KeysView[bytes]) -> Selection:
        """Select from an ExportTraceServiceRequest.

        ``interest`` holds the ids of traces of which spans are already kept. Raises
        Malformed when the bytes are not such a request.
        """
        items = split(body)
        selection = Selection(received=len(items.bodies))
        possible = self._possible(items.bodies)
        selection.sampled_out = len(items.bodies) - len(possible)
        indices = self._candidates(body, items, possible)
        selection.plain = len(possible) - len(indices)
        if indices:
            self._keep(body, items, indices, selection)
        if selection.spans or interest:
            self._add_context(body, items, possible, indices, interest, selection)
        if selection.rejected:
            selection.message = (
                f"{selection.rejected} GenAI spans have no valid ids (16-byte trace id, 8-byte"
                " span id, not all zero), are not valid protobuf or have too many attributes"
            )
        return selection

    def logs(self, body: bytes) -> Selection:
        """Select from an ExportLogsServiceRequest; records without a trace id are dropped."""
        items = split(body)
        indices = marked(body, items.bodies, self._probes)
        selection = Selection(received=len(items.bodies), plain=len(items.bodies) - len(indices))
        for index, group in items.placed(indices):
            record = items.bodies[index]
            try:
                trace_id = LogHead.FromString(record).trace_id
            except DecodeError:
                selection.rejected += 1
                continue
            if self._scopes.is_own(group.scope):
                selection.own += 1
            elif len(trace_id) != 16 or trace_id == _NO_TRACE:
                selection.plain += 1
            elif self._rates.excluded_traces({trace_id}):
                selection.sampled_out += 1
            else:
                item = (group.resource, group.scope, record)
                selection.logs.append(KeptLog(trace_id, item))
        if selection.rejected:
            selection.message = f"{selection.rejected} log records are not valid protobuf"
        return selection

    def _possible(self, bodies: list[bytes]) -> Sequence[int]:
        """Spans whose trace could be selected; what they are is looked at afterwards."""
        if not self._rates.excludes_any:
            return range(len(bodies))
        return ids.possible(bodies, self._rates.excluded_traces)

    def _candidates(self, body: bytes, items: Items, possible: Sequence[int]) -> list[int]:
        """Those with a marker, or in a scope that is kept without one."""
        if len(possible) == len(items.bodies):
            indices = marked(body, items.bodies, self._probes)
        else:
            part = [items.bodies[index] for index in possible]
            indices = [possible[n] for n in marked(b"".join(part), part, self._probes)]
        kept = [group for group in items.groups if self._scopes.is_kept(group.scope)]
        if kept:
            whole = {index for group in kept for index in range(group.start, group.end)}
            indices = sorted(whole.intersection(possible).union(indices))
        return indices

    def _keep(self, body: bytes, items: Items, indices: list[int], selection: Selection) -> None:
        """Keep candidates with valid ids that are not our own and could be selected."""
        excludes_any = self._rates.excludes_any
        judge_nearby = stringzilla.contains(body, JUDGE_MARKER)
        own_groups = {group for group in items.groups if self._scopes.is_own(group.scope)}
        parse, kept = SpanHead.FromString, selection.spans
        for index, group in items.placed(indices):
            span = items.bodies[index]
            try:
                head = parse(span)
            except DecodeError:
                selection.rejected += 1
                continue
            trace_id, span_id = head.trace_id, head.span_id
            if excludes_any and self._rates.excluded_traces({trace_id}):
                selection.sampled_out += 1
            elif len(trace_id) != 16 or len(span_id) != 8 or not _named(trace_id, span_id):
                selection.rejected += 1
            elif group in own_groups or (judge_nearby and has_key(span, JUDGE_MARKER)):
                selection.own += 1
            elif excludes_any and self._names_excluded(span):
                selection.excluded.append(trace_id)
                selection.sampled_out += 1
            elif len(span) > _LARGE and self._is_bomb(span):
                selection.rejected += 1
            else:
                item = (group.resource, group.scope, span)
                kept.append(KeptSpan(trace_id, span_id, head.parent_span_id, item))
        if selection.excluded:
            self._drop_excluded(selection)

    def _is_bomb(self, span: bytes) -> bool:
        """Whether decoding the span would cost far more memory than its bytes."""
        try:
            check_item(span, "traces", self._max_attributes)
        except TooLarge:
            return True
        return False

    def _drop_excluded(self, selection: Selection) -> None:
        """Let spans that name no conversation follow one of their trace that does."""
        excluded = set(selection.excluded)
        kept = [span for span in selection.spans if span.trace_id not in excluded]
        selection.sampled_out += len(selection.spans) - len(kept)
        selection.spans = kept

    def _names_excluded(self, span: bytes) -> bool:
        """Whether the span names a conversation that can never be selected.

        Only the first key of precedence counts: another span may name another conversation
        by a key that precedes the others.
        """
        first = self._conversation_keys[0]
        if first not in span:
            return False
        named = text_attributes(span, (first,)).get(first)
        return named is not None and self._rates.excludes_conversation(named[0])

    def _add_context(
        self,
        body: bytes,
        items: Items,
        possible: Sequence[int],
        indices: list[int],
        interest: KeysView[bytes],
        selection: Selection,
    ) -> None:
        """Add unmarked spans of traces of interest: roots, conversation names, parent links.

        They are found by slices; a span in another order than the first is missed, which can
        only leave a trace incomplete.
        """
        fresh = {span.trace_id for span in selection.spans}
        guesses = ids.guess([items.bodies[index] for index in possible])
        if not fresh and interest.isdisjoint(guesses):
            return
        taken = set(indices)
        near = [
            index
            for index, trace_id in zip(possible, guesses, strict=True)
            if (trace_id in fresh or trace_id in interest) and index not in taken
        ]
        stems = [stem for stem in self._stems if stringzilla.contains(body, stem)]
        named: dict[bytes, int] = {}
        links = selection.links
        for index, group in items.placed(near):
            span = items.bodies[index]
            link = ids.link(span)
            if link is None or not _named(link[0], link[1]):
                continue
            trace_id, span_id, parent = link
            rank = self._conversation_rank(span, stems)
            names = rank < named.get(trace_id, len(self._conversation_keys))
            if names:
                named[trace_id] = rank
            if names or not parent:
                item = (group.resource, group.scope, span)
                selection.context.append(KeptSpan(trace_id, span_id, parent, item))
            else:
                links.append(link)
        selection.plain -= len(selection.context)

    def _conversation_rank(self, span: bytes, stems: list[bytes]) -> int:
        """Precedence of the first conversation key the span mentions; past the last if none."""
        contains, keys = stringzilla.contains, self._conversation_keys
        if any(contains(span, stem) for stem in stems):
            for rank, key in enumerate(keys):
                if contains(span, key):
                    return rank
        return len(keys)


def _named(trace_id: bytes, span_id: bytes) -> bool:
    """Whether neither id is all zero, which OTLP calls invalid."""
    return trace_id != _NO_TRACE and span_id != _NO_SPAN
