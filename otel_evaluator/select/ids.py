"""Trace ids of encoded spans by slices, at the two places where they are found.

SDKs write a span's fields in ascending order: the id comes first, ``0A 10`` and 16 bytes.
Collectors write them the other way round: it comes last, after the span id (``12 08`` and 8
bytes). Protobuf allows any order and repeated fields, so slices only propose: spans that
contradict the order of the first one, or that may hold a second trace id, are parsed.
"""

from collections.abc import Callable, Sequence

from google.protobuf.message import DecodeError

from otel_evaluator.model.raw import SpanLink
from otel_evaluator.wire.otlp_view_pb2 import SpanHead

_TRACE_ID = b"\n\x10"
_SPAN_ID = b"\x12\x08"
_PARENT_ID = b'"\x08'

Excluded = Callable[[set[bytes]], set[bytes]]
"""Those of some 16-byte trace ids that can never be selected."""


def _ascending(spans: Sequence[bytes]) -> bool:
    """Whether the first span with its trace id at either end has it at the start."""
    for span in spans:
        if span[:2] == _TRACE_ID:
            return True
        if span[-18:-16] == _TRACE_ID:
            return False
    return True


def guess(spans: Sequence[bytes]) -> list[bytes]:
    """16 bytes of each span where its trace id should be, in the order the first id was found."""
    if _ascending(spans):
        return [span[2:18] for span in spans]
    return [span[-16:] for span in spans]


def possible(spans: Sequence[bytes], excluded: Excluded) -> list[int]:
    """Indices of the spans whose trace is not excluded; spans without a valid id stay in."""
    if _ascending(spans):
        keys = [span[:18] for span in spans]
        odd = [i for i, span in enumerate(spans) if span[-18:-16] == _TRACE_ID]
    else:
        keys = [span[-18:] for span in spans]
        odd = [i for i, s in enumerate(spans) if s[-28:-26] != _SPAN_ID or s[:2] == _TRACE_ID]
    proposed = {key[2:] for key in set(keys) if len(key) == 18 and key[:2] == _TRACE_ID}
    drop = {_TRACE_ID + trace_id for trace_id in excluded(proposed)}
    stay = [i for i, key in enumerate(keys) if key not in drop]
    again = [i for i in odd if keys[i] in drop and not excluded({_parsed(spans[i])})]
    return sorted(stay + again) if again else stay


def link(span: bytes) -> SpanLink | None:
    """Trace, span and parent id of an unmarked span; None when its ids are not valid.

    A span that has all three where SDKs or Collectors put them is not parsed.
    """
    if span[:2] == _TRACE_ID:
        if span[18:20] == _SPAN_ID and span[28:30] == _PARENT_ID:
            return span[2:18], span[20:28], span[30:38]
    elif span[-38:-36] == _PARENT_ID and span[-28:-26] == _SPAN_ID and span[-18:-16] == _TRACE_ID:
        return span[-16:], span[-26:-18], span[-36:-28]
    try:
        head = SpanHead.FromString(span)
    except DecodeError:
        return None
    if len(head.trace_id) != 16 or len(head.span_id) != 8:
        return None
    return head.trace_id, head.span_id, head.parent_span_id


def _parsed(span: bytes) -> bytes:
    try:
        return SpanHead.FromString(span).trace_id
    except DecodeError:
        return b""
