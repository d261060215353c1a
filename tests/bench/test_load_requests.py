"""The load generator sends what it says it sends."""

from collections import Counter
from random import Random

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.bench.encode import SPAN_DECLARATION
from tests.bench.load import percentiles
from tests.bench.page import BLOCK, insert, table
from tests.bench.report import Target, median, spread
from tests.bench.request_pool import Encoding, Mix, build, make_pool
from tests.bench.templates import DIALECTS

NOW_NS = 1_760_000_000_000_000_000


def decoded(body: bytes):
    request = ExportTraceServiceRequest.FromString(body)
    return [s for r in request.resource_spans for sc in r.scope_spans for s in sc.spans]


def field_numbers(message: bytes) -> list[int]:
    """Field numbers of a message in the order they were written."""
    out, at = [], 0
    while at < len(message):
        tag, at = varint(message, at)
        wire = tag & 7
        if wire == 2:
            size, at = varint(message, at)
            at += size
        else:
            at += {1: 8, 5: 4}[wire] if wire else varint(message, at)[1] - at
        out.append(tag >> 3)
    return out


def varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_requests_are_valid_and_name_eight_spans_a_trace(order):
    request = build(Random(1), Mix(), NOW_NS, Encoding(order, 0.0, 64))
    spans = decoded(request.renew())
    assert len(spans) == request.spans == 64
    assert set(Counter(span.trace_id for span in spans).values()) == {8}
    assert all(len(span.span_id) == 8 and span.name for span in spans)
    roots = [span for span in spans if not span.parent_span_id]
    assert len(roots) == 8
    assert all(span.end_time_unix_nano == NOW_NS for span in roots)


def test_every_use_has_new_trace_ids():
    request = build(Random(1), Mix(), NOW_NS, Encoding("ascending", 0.0, 64))
    first, second = ({s.trace_id for s in decoded(request.renew())} for _ in range(2))
    assert not first & second


def test_fields_are_written_as_the_sender_writes_them():
    for order, expected in (
        ("ascending", sorted),
        ("descending", lambda found: sorted(found, key=SPAN_DECLARATION.index, reverse=True)),
    ):
        request = build(Random(1), Mix(), NOW_NS, Encoding(order, 0.5, 64))
        scopes = ExportTraceServiceRequest.FromString(request.renew()).resource_spans
        body = request.renew()
        assert scopes
        # The spans' own bytes: parsing and writing again would sort the fields.
        for raw in raw_spans(body)[:8]:
            numbers = field_numbers(raw)
            assert numbers == expected(numbers)


def raw_spans(body: bytes) -> list[bytes]:
    from otel_evaluator.wire.otlp_view_pb2 import Request

    view = Request.FromString(body)
    return [item for r in view.resources for scope in r.scopes for item in scope.items]


def test_shares_of_genai_spans_and_dialects_hold():
    pool = make_pool(60, "mixed", 0.0, 0)
    assert sum(r.genai_spans for r in pool) / sum(r.spans for r in pool) == pytest.approx(
        0.3, abs=0.01
    )
    sizes = [len(raw) for request in pool[:8] for raw in raw_spans(request.renew())]
    assert 550 < sum(sizes) / len(sizes) < 800
    assert min(sizes) > 250
    assert max(sizes) < 2000
    assert sum(dialect.share for dialect in DIALECTS) == pytest.approx(1.0)


def test_figures():
    assert percentiles([0.001 * n for n in range(1, 101)])["p50"] == 50.0
    assert percentiles([]) == {}
    assert median([3, 1, 2]) == 2
    assert spread([90, 100, 110]) == "±10%"
    assert Target("x", 1.5, 1.5).kept
    assert not Target("x", 301, 300, at_least=False).kept


def test_measured_tables_replace_only_their_block():
    page = f"a\n{BLOCK.format(name='select')}\nold\n{BLOCK.format(name='end')}\nb\n"
    found = {
        "columns": ["x"],
        "rows": [["1"]],
        "targets": [{"what": "speed", "measured": 3.0, "wanted": 2.0, "at_least": True}],
        "notes": ["short"],
        "measured_at": "2026-01-02T00:00:00Z",
        "machine": {"processor": "P", "python": "3.11", "load": 0.5},
    }
    changed = insert(page, "select", table(found))
    assert changed.startswith("a\n")
    assert changed.endswith("b\n")
    assert "old" not in changed
    assert "| 1 |" in changed
    assert "speed: **3** (wanted ≥ 2; kept)" in changed
    assert insert(page, "lag", "x") == page
