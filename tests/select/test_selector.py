from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from spans_and_rates import (
    MARKERS,
    Rates,
    a_selector,
    ascending,
    context_of,
    descending,
    kept_of,
    reference,
    request,
    select,
    span_id,
    total,
    trace_id,
)

from otel_evaluator.errors import Malformed
from otel_evaluator.testing import a_span, an_export_request

CORPUS = sorted((Path(__file__).parent.parent / "data" / "corpus").glob("**/traces/**/*.binpb"))
BOTH = pytest.mark.parametrize("encode", [ascending, descending])
CHAT = {"gen_ai.operation.name": "chat"}


def one(attributes=None, *, trace=1, span=1, parent=0, name="chat"):
    return a_span(
        name,
        CHAT if attributes is None else attributes,
        trace_id=trace_id(trace).hex(),
        span_id=span_id(span).hex(),
        parent_span_id=span_id(parent).hex() if parent else "",
    )


def encode_all(encode, *spans, scope="s"):
    return request([(None, scope, [encode(span) for span in spans])])


@pytest.mark.parametrize("descending", [False, True])
def test_genai_spans_are_kept_as_they_came(descending):
    body = an_export_request(3, descending=descending)
    selection = select(body)
    assert (selection.received, len(selection.spans)) == (9, 3)
    for kept in selection.spans:
        resource, scope, span = kept.item
        assert b"service.name" in resource
        assert b"opentelemetry.instrumentation.genai.openai" in scope
        assert span in body
        assert kept.trace_id in span
    assert [len(context_of(selection)), len(selection.links)] == [3, 3]


@pytest.mark.parametrize("path", CORPUS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_captured_requests_are_selected_as_by_a_full_decode(path):
    body = path.read_bytes()
    ids = [
        span.trace_id
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    for rates in (Rates(), Rates(ids[:1]), Rates([bytes(16)])):
        selection = select(body, rates)
        kept, context, links, own, rejected, sampled_out = reference(body, rates)
        assert kept_of(selection) == kept
        assert context_of(selection) == context
        assert sorted(selection.links) == links
        assert (selection.own, selection.rejected) == (own, rejected)
        assert selection.sampled_out == sampled_out
        assert total(selection) == selection.received
    assert kept_of(select(body)), "nothing was recognised"


@pytest.mark.parametrize("marker", MARKERS, ids=lambda m: m.decode())
def test_every_marker_keeps_its_span_and_no_other(marker):
    spans = [one({marker.decode() + "x": "y"}), one({"a": "b"}, span=2, parent=7)]
    selection = select(encode_all(ascending, *spans))
    assert [kept.span_id for kept in selection.spans] == [span_id(1)]
    assert selection.plain == 1


@BOTH
def test_a_marker_in_another_span_keeps_only_that_span(encode):
    spans = [one({"a": n}, span=n, trace=n) for n in (1, 2)] + [one(trace=3, span=3)]
    selection = select(encode_all(encode, *spans))
    assert [kept.trace_id for kept in selection.spans] == [trace_id(3)]
    assert selection.plain == 2


def test_a_marker_in_the_resource_or_scope_keeps_nothing():
    group = a_span(attributes={"gen_ai.system": "openai"})
    body = request([(group, "gen_ai.instrumentation", [ascending(one({"a": 1}))])])
    assert not select(body).spans


@pytest.mark.parametrize(
    ("groups", "received"),
    [
        ([], 0),
        ([(None, "s", [])], 0),
        ([(None, "s", []), (None, "t", []), (None, "u", [b""])], 1),
    ],
)
def test_empty_requests_and_groups_are_fine(groups, received):
    selection = select(request(groups))
    assert (selection.received, total(selection), selection.spans) == (received, received, [])


def test_items_after_empty_groups_keep_their_own_scope():
    chat = ascending(one())
    body = request([(None, "a", []), (None, "b", []), (None, "c", [chat]), (None, "d", [])])
    (kept,) = select(body).spans
    assert kept.item == (b"", b"\n\x01c", chat)


@pytest.mark.parametrize("body", [b"\xff", b"\n\x05abc", b"\n\x02\x12\x7f", b"not protobuf"])
def test_bytes_that_are_no_request_are_malformed(body):
    with pytest.raises(Malformed, match="protobuf"):
        select(body)
    with pytest.raises(Malformed, match="protobuf"):
        a_selector().logs(body)


@BOTH
@pytest.mark.parametrize(
    ("scope", "stopped"),
    [("otel_evaluator", True), ("otel_evaluator.x", False), ("my_otel_evaluator", False)],
)
def test_our_own_scope_is_stopped_and_counted(encode, scope, stopped):
    selection = select(encode_all(encode, one({"gen_ai.evaluation.name": "x"}), scope=scope))
    assert (selection.own, len(selection.spans)) == ((1, 0) if stopped else (0, 1))


@BOTH
def test_judge_calls_are_stopped_and_text_about_them_is_not(encode):
    spans = [
        one({**CHAT, "otel_evaluator.judge": "default"}, span=1),
        one({**CHAT, "gen_ai.prompt": "what is otel_evaluator.judge?"}, span=2),
        one(span=3),
    ]
    selection = select(encode_all(encode, *spans))
    assert selection.own == 1
    assert [kept.span_id for kept in selection.spans] == [span_id(2), span_id(3)]


@BOTH
@pytest.mark.parametrize(
    "change",
    [
        {"trace_id": b""},
        {"trace_id": bytes(16)},
        {"trace_id": b"x" * 15},
        {"trace_id": b"x" * 24},
        {"span_id": b""},
        {"span_id": bytes(8)},
        {"span_id": b"x" * 16},
    ],
    ids=lambda change: "-".join(f"{k} {len(v)}" for k, v in change.items()),
)
def test_bad_ids_are_rejected_and_the_rest_is_kept(encode, change):
    bad = one(span=2)
    for field, value in change.items():
        setattr(bad, field, value)
    for spans in ([bad, one()], [one(), bad]):
        selection = select(encode_all(encode, *spans))
        assert (selection.rejected, len(selection.spans)) == (1, 1)
        assert "1 GenAI span" in selection.message
        assert total(selection) == 2
    plain = one({"a": 1}, span=2)
    for field, value in change.items():
        setattr(plain, field, value)
    selection = select(encode_all(encode, plain, one()))
    assert (selection.rejected, selection.plain, selection.message) == (0, 1, "")


def test_a_span_that_does_not_parse_is_rejected_and_the_rest_is_kept():
    broken = ascending(one(span=2))[:-3] + b"gen_ai."
    selection = select(request([(None, "s", [broken, ascending(one()), b"\xffgen_ai."])]))
    assert (selection.rejected, len(selection.spans)) == (2, 1)


@BOTH
def test_a_name_that_ends_like_a_trace_id_deceives_nobody(encode):
    other = trace_id(0x7777)
    assert other.isascii() is False
    excluded = b"abcdefghijklmnop"
    span = one(name="x\x12\x08ABCDEFGH\n\x10" + excluded.decode())
    span.ClearField("status")
    span.ClearField("flags")
    for field in ("kind", "start_time_unix_nano", "end_time_unix_nano", "attributes"):
        span.ClearField(field)
    span.name = "gen_ai." + span.name
    body = encode_all(encode, span, one(span=2))
    assert ascending(span).endswith(excluded)
    selection = select(body, Rates([excluded]))
    assert [kept.trace_id for kept in selection.spans] == [trace_id(1)] * 2
    assert selection.sampled_out == 0


def test_excluded_traces_are_dropped_whole_whatever_comes_with_them():
    spans = [one(trace=t, span=10 * t + i) for t in (1, 2) for i in range(3)]
    for encode in (ascending, descending):
        selection = select(encode_all(encode, *spans), Rates([trace_id(1)]))
        assert {kept.trace_id for kept in selection.spans} == {trace_id(2)}
        assert selection.sampled_out == 3


@BOTH
def test_the_last_of_several_trace_ids_at_the_ends_of_a_span_counts(encode):
    span = one(trace=2)
    twice = b"\n\x10" + trace_id(1) + encode(span) + b"\n\x10" + trace_id(3)
    for first in (ascending(one(trace=3, span=9)), descending(one(trace=3, span=9))):
        body = request([(None, "s", [first, twice])])
        assert len(select(body, Rates([trace_id(1), trace_id(2)])).spans) == 2
        assert len(select(body, Rates([trace_id(3)])).spans) == 0


@BOTH
def test_a_conversation_that_no_rate_selects_takes_its_whole_trace_along(encode):
    spans = [
        one(span=1),
        one({**CHAT, "gen_ai.conversation.id": "c-out"}, span=2),
        one(span=3),
        one({**CHAT, "gen_ai.conversation.id": "c-in"}, trace=2, span=4),
        one({"a": 1}, span=5),
    ]
    selection = select(encode_all(encode, *spans), Rates(conversations=["c-out"]))
    assert [kept.span_id for kept in selection.spans] == [span_id(4)]
    assert set(selection.excluded) == {trace_id(1)}
    assert (selection.sampled_out, selection.plain) == (3, 1)
    assert not selection.context
    assert not selection.links


def test_a_conversation_named_by_a_later_key_waits_for_one_that_precedes_it():
    # session.id may be overruled by another span's gen_ai.conversation.id.
    selection = select(
        encode_all(ascending, one({**CHAT, "session.id": "c-out"})), Rates(conversations=["c-out"])
    )
    assert len(selection.spans) == 1


@BOTH
def test_context_is_roots_and_names_of_conversations_and_links_are_the_rest(encode):
    spans = [
        one({"http.route": "/chat"}, span=1),
        one({"a": 1}, span=2, parent=1),
        one({"session.id": "c-1"}, span=3, parent=1),
        one(span=4, parent=2),
        one({"a": 1}, trace=2, span=5),
        one({"a": 1}, trace=2, span=6, parent=5),
    ]
    selection = select(encode_all(encode, *spans))
    assert [kept.span_id for kept in selection.context] == [span_id(1), span_id(3)]
    assert selection.links == [(trace_id(1), span_id(2), span_id(1))]
    assert selection.plain == 3


@BOTH
def test_traces_of_interest_get_context_from_requests_without_a_marker(encode):
    body = encode_all(encode, one({"a": 1}, span=1), one({"a": 1}, span=2, parent=1))
    selection = select(body, interest=[trace_id(1)])
    assert [kept.span_id for kept in selection.context] == [span_id(1)]
    assert selection.links == [(trace_id(1), span_id(2), span_id(1))]
    assert (selection.plain, total(selection)) == (1, 2)
    nothing = select(body, interest=[trace_id(2)])
    assert (nothing.context, nothing.links, nothing.plain) == ([], [], 2)


def test_scopes_of_frameworks_whose_spans_carry_nothing_are_kept():
    for scope in ("agent_framework", "agent_framework.workflows", "strands.telemetry.tracer"):
        selection = select(encode_all(ascending, one({}), scope=scope))
        assert len(selection.spans) == 1, scope
    assert not select(encode_all(ascending, one({}), scope="agent_frameworks")).spans


def test_a_scope_that_does_not_parse_is_a_scope_without_a_name():
    body = request([(None, "s", [ascending(one())])]).replace(b"\n\x01s", b"\xff\x01s")
    assert len(select(body).spans) == 1
