"""The probability with which a sampler in front let a trace through."""

import stringzilla
from google.protobuf.message import DecodeError

from otel_evaluator.model.raw import RawTrace
from otel_evaluator.sample.tracestate import is_consistent, parse
from otel_evaluator.wire.otlp_view_pb2 import SpanHead


def upstream_of(raw: RawTrace) -> float | None:
    """The smallest probability that a span's trace state names; None when none does.

    A threshold that contradicts the trace id's randomness was written by mistake and is
    passed over, as the specification asks.
    """
    smallest: float | None = None
    for _, _, body in raw.spans:
        if not stringzilla.contains(body, b"ot="):
            continue
        try:
            state = SpanHead.FromString(body).trace_state.decode(errors="replace")
        except DecodeError:
            continue
        upstream = parse(state)
        probability = upstream.probability
        if probability and is_consistent(upstream, raw.trace_id):
            smallest = probability if smallest is None else min(smallest, probability)
    return smallest
