"""The kept part of a request, encoded again as a request: what the journal stores."""

from collections.abc import Iterable
from itertools import groupby

from otel_evaluator.model.raw import RawItem
from otel_evaluator.select.selection import Selection
from otel_evaluator.wire.otlp_view_pb2 import Request, SpanHead


def encode_spans(selection: Selection) -> bytes:
    """Kept and context spans as they came; of linked spans the ids."""
    links = [
        (b"", b"", SpanHead(trace_id=t, span_id=s, parent_span_id=p).SerializeToString())
        for t, s, p in selection.links
    ]
    kept = (*selection.spans, *selection.context)
    return _encode((*(span.item for span in kept), *links))


def encode_logs(selection: Selection) -> bytes:
    """Kept log records as they came."""
    return _encode(log.item for log in selection.logs)


def _encode(items: Iterable[RawItem]) -> bytes:
    request = Request()
    for resource, of_resource in groupby(items, key=lambda item: item[0]):
        group = request.resources.add(resource=resource)
        for scope, of_scope in groupby(of_resource, key=lambda item: item[1]):
            group.scopes.add(scope=scope, items=[body for _, _, body in of_scope])
    return request.SerializeToString()
