"""Trace ids of encoded spans by slices, at the two places where they are found.

SDKs write a span's fields in ascending order: the id comes first, ``0A 10`` and 16 bytes.
Collectors write them in descending order: it comes last, after the span id (``12 08`` and 8
bytes). Protobuf allows any order and repeated fields, so a slice is a guess: it decides only
which spans to drop early; the ids of kept spans are parsed.
"""

from collections.abc import Sequence

from google.protobuf.message import DecodeError

from otel_evaluator.wire.otlp_view_pb2 import SpanHead

_TRACE_ID = b"\n\x10"
_SPAN_ID = b"\x12\x08"


def guess(spans: Sequence[bytes]) -> list[bytes]:
    """16 bytes of each span where its trace id should be, by the order of the first with one."""
    if _is_ascending(spans):
        return [span[2:18] for span in spans]
    return [span[-16:] for span in spans]


def candidates(
    spans: Sequence[bytes], indices: Sequence[int], guesses: Sequence[bytes]
) -> list[bytes]:
    """Trace ids of the spans at ``indices``; empty where a span has no valid one.

    Spans that contradict the order of the first one, or that could have a second trace id at
    the other end, are parsed.
    """
    if _is_ascending(spans):
        odd = [i for i in indices if spans[i][:2] != _TRACE_ID or spans[i][-18:-16] == _TRACE_ID]
    else:
        odd = [
            i
            for i in indices
            if spans[i][-18:-16] != _TRACE_ID
            or spans[i][-28:-26] != _SPAN_ID
            or spans[i][:2] == _TRACE_ID
        ]
    found = [guesses[i] for i in indices]
    if odd:
        places = {index: place for place, index in enumerate(indices)}
        for index in odd:
            found[places[index]] = _parsed(spans[index])
    return found


def _is_ascending(spans: Sequence[bytes]) -> bool:
    """Whether the first span with a trace id at an end has it in front."""
    for span in spans:
        if span[:2] == _TRACE_ID:
            return True
        if span[-18:-16] == _TRACE_ID:
            return False
    return False


def _parsed(span: bytes) -> bytes:
    try:
        return SpanHead.FromString(span).trace_id
    except DecodeError:
        return b""
