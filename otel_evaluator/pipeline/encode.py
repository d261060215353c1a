"""The kept part of a request, encoded again as a request: what the journal stores."""

from collections.abc import Iterable
from itertools import groupby

from otel_evaluator.model.raw import RawItem, SpanLink
from otel_evaluator.select.selection import Selection
from otel_evaluator.wire.otlp_view_pb2 import Request, SpanHead


def encode_spans(selection: Selection) -> bytes:
    """Kept and context spans as they came; of linked spans the ids."""
    items = [span.item for span in (*selection.spans, *selection.context)]
    # Select finds links by the field order of the first span: they must be written in it.
    ascending = not items or items[0][2].startswith(b"\n\x10")
    items += [(b"", b"", _head(link, ascending)) for link in selection.links]
    return _encode(items)


def encode_logs(selection: Selection) -> bytes:
    """Kept log records as they came."""
    return _encode(log.item for log in selection.logs)


def _head(link: SpanLink, ascending: bool) -> bytes:
    trace_id, span_id, parent = link
    fields = (
        SpanHead(trace_id=trace_id),
        SpanHead(span_id=span_id),
        SpanHead(parent_span_id=parent),
    )
    ordered = fields if ascending else reversed(fields)
    return b"".join(field.SerializeToString() for field in ordered)


def _encode(items: Iterable[RawItem]) -> bytes:
    request = Request()
    for resource, of_resource in groupby(items, key=lambda item: item[0]):
        group = request.resources.add(resource=resource)
        for scope, of_scope in groupby(of_resource, key=lambda item: item[1]):
            group.scopes.add(scope=scope, items=[body for _, _, body in of_scope])
    return request.SerializeToString()
