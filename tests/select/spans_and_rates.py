"""Spans in every encoding that OTLP allows, rates to order, and selection by a full decode."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_evaluator.model.markers import (
    CONVERSATION_KEYS,
    CORE_MARKERS,
    EXTENDED_MARKERS,
    KEPT_SCOPES,
)
from otel_evaluator.select.selector import Selector
from otel_evaluator.testing import in_descending_order
from otel_evaluator.wire.otlp_view_pb2 import Request

MARKERS = (*CORE_MARKERS, *EXTENDED_MARKERS)
NOTHING = {}.keys()


class Rates:
    """Excludes what a test says."""

    def __init__(self, traces=(), conversations=()):
        self.traces, self.conversations = set(traces), set(conversations)

    @property
    def excludes_any(self):
        return bool(self.traces or self.conversations)

    def excluded_traces(self, trace_ids):
        return trace_ids & self.traces

    def excludes_conversation(self, conversation_id):
        return conversation_id in self.conversations


def a_selector(rates=None):
    return Selector(rates or Rates(), MARKERS, CONVERSATION_KEYS, KEPT_SCOPES)


def select(body, rates=None, interest=()):
    return a_selector(rates).spans(body, dict.fromkeys(interest).keys())


def trace_id(number):
    return (0x5B8E << 112 | number).to_bytes(16, "big")


def span_id(number):
    return (0xEEE1 << 48 | number).to_bytes(8, "big")


def fields(encoded):
    """The top-level fields of an encoded message, each with its tag."""
    found, at = [], 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = encoded[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(encoded):
        start = at
        wire_type = varint() & 7
        if wire_type == 2:
            length = varint()
            at += length
        else:
            at += {0: 0, 1: 8, 5: 4}[wire_type]
            if wire_type == 0:
                varint()
        found.append(encoded[start:at])
    return found


def ascending(span, _random=None):
    return span.SerializeToString()


def descending(span, _random=None):
    return in_descending_order(span)


def shuffled(span, random):
    parts = fields(span.SerializeToString())
    # Attributes are one repeated field: they keep their order among themselves.
    attributes = iter([part for part in parts if part[:1] == b"J"])
    random.shuffle(parts)
    return b"".join(next(attributes) if part[:1] == b"J" else part for part in parts)


def with_decoys(span, random):
    """Ids written more than once: the last one counts."""
    decoy = b"\n\x10" + b"\x11" * 16 + b"\x12\x08" + b"\x22" * 8
    return decoy + shuffled(span, random)


def with_unknown_fields(span, random):
    # Field 1000 (fixed64) and 1001 (bytes) in front and behind.
    unknown = b"\xc1\x3e" + b"\n\x10abcdef" + b"\xca\x3e\x12" + b"\n\x10" + b"\x33" * 16
    body = random.choice([ascending, descending])(span)
    return random.choice([unknown + body, body + unknown])


def request(groups):
    """An export request of (resource, scope, encoded items) groups, in the wire view."""
    built = Request()
    for resource, scope, items in groups:
        encoded = Resource(attributes=resource.attributes) if resource else Resource()
        holder = built.resources.add(resource=encoded.SerializeToString())
        name = InstrumentationScope(name=scope).SerializeToString()
        holder.scopes.add(scope=name, items=items)
    return built.SerializeToString()


def kept_of(selection):
    """What was kept, whatever the order."""
    return sorted((s.trace_id, s.span_id, s.parent_span_id, s.item[2]) for s in selection.spans)


def context_of(selection):
    return sorted((s.trace_id, s.span_id, s.parent_span_id, s.item[2]) for s in selection.context)


def total(selection):
    return (
        len(selection.spans)
        + len(selection.logs)
        + len(selection.context)
        + selection.rejected
        + selection.plain
        + selection.sampled_out
        + selection.own
    )


def reference(body, rates, interest=()):
    """Selection by decoding everything: (kept, context, links, own, rejected, sampled_out)."""
    spans = []
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope in resource.scope_spans:
            spans += [(scope.scope.name, span) for span in scope.spans]
    bodies = [
        item
        for resource in Request.FromString(body).resources
        for scope in resource.scopes
        for item in scope.items
    ]
    kept, plain = [], []
    own = rejected = sampled_out = 0
    excluded = set()
    for (scope, span), encoded in zip(spans, bodies, strict=True):
        of_kept_scope = any(scope == k or scope.startswith(k + ".") for k in KEPT_SCOPES)
        if span.trace_id in rates.traces:
            sampled_out += 1
        elif not of_kept_scope and not any(marker in encoded for marker in MARKERS):
            plain.append((span, encoded))
        elif not _valid(span):
            rejected += 1
        elif scope == "otel_evaluator" or _is_judge_call(span):
            own += 1
        elif _conversation(span) in rates.conversations:
            sampled_out += 1
            excluded.add(span.trace_id)
        else:
            kept.append((span, encoded))
    sampled_out += sum(span.trace_id in excluded for span, _ in kept)
    kept = [(span, encoded) for span, encoded in kept if span.trace_id not in excluded]
    context, links = _context(plain, {span.trace_id for span, _ in kept} | set(interest))
    return (
        sorted((s.trace_id, s.span_id, s.parent_span_id, e) for s, e in kept),
        context,
        links,
        own,
        rejected,
        sampled_out,
    )


def _context(plain, wanted):
    context, links, named = [], [], {}
    for span, encoded in plain:
        if span.trace_id not in wanted or not _valid(span):
            continue
        ranks = [rank for rank, key in enumerate(CONVERSATION_KEYS) if key in encoded]
        names = bool(ranks) and ranks[0] < named.get(span.trace_id, len(CONVERSATION_KEYS))
        if names:
            named[span.trace_id] = ranks[0]
        if names or not span.parent_span_id:
            context.append((span.trace_id, span.span_id, span.parent_span_id, encoded))
        else:
            links.append((span.trace_id, span.span_id, span.parent_span_id))
    return sorted(context), sorted(links)


def _valid(span: Span) -> bool:
    return (
        len(span.trace_id) == 16
        and len(span.span_id) == 8
        and any(span.trace_id)
        and any(span.span_id)
    )


def _is_judge_call(span: Span) -> bool:
    return any(attribute.key.startswith("otel_evaluator.judge") for attribute in span.attributes)


def _conversation(span: Span) -> str | None:
    for attribute in span.attributes:
        if attribute.key == "gen_ai.conversation.id" and attribute.value.string_value:
            return attribute.value.string_value
    return None
