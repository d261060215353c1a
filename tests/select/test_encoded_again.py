"""What the journal stores of a request gives the same selection when it is read back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spans_and_rates import (
    NOTHING,
    a_selector,
    ascending,
    context_of,
    descending,
    kept_of,
    request,
    select,
    span_id,
    trace_id,
)

from otel_evaluator.pipeline.encode import encode_logs, encode_spans
from otel_evaluator.testing import a_span, an_export_request

PLAIN, CHAT = {"a": 1}, {"gen_ai.operation.name": "chat"}


@pytest.mark.parametrize("descending", [False, True])
def test_spans_context_and_links_come_back(descending):
    first = select(
        an_export_request(3, other_spans=2, conversation_id="c-1", descending=descending)
    )
    again = a_selector().spans(encode_spans(first), NOTHING)
    assert kept_of(again) == kept_of(first)
    assert context_of(again) == context_of(first)
    assert sorted(again.links) == sorted(first.links)
    assert len(first.links) == 6
    assert [s.item[:2] for s in again.spans] == [s.item[:2] for s in first.spans]


@st.composite
def requests(draw):
    groups = []
    for scope in draw(st.lists(st.sampled_from(["a", "b", ""]), max_size=4)):
        spans = [
            a_span(
                attributes=draw(st.sampled_from([PLAIN, CHAT, {"session.id": "x"}])),
                trace_id=trace_id(draw(st.integers(1, 3))).hex(),
                span_id=span_id(draw(st.integers(1, 30))).hex(),
                parent_span_id=draw(st.sampled_from(["", span_id(1).hex(), span_id(31).hex()])),
            )
            for _ in range(draw(st.integers(0, 4)))
        ]
        groups.append((scope, spans))
    return groups


@pytest.mark.parametrize("encode", [ascending, descending])
@given(requests(), st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_request_comes_back(encode, groups, is_open):
    body = request([(None, scope, [encode(s) for s in spans]) for scope, spans in groups])
    interest = {trace_id(1): None} if is_open else {}
    first = a_selector().spans(body, interest.keys())
    if not first.spans and not first.context:
        return  # the journal stores nothing
    again = a_selector().spans(encode_spans(first), interest.keys())
    assert kept_of(again) == kept_of(first)
    assert context_of(again) == context_of(first)
    assert sorted(again.links) == sorted(first.links)


def test_log_records_come_back():
    record = b"J\x10" + trace_id(1) + b"Z\x07gen_ai."
    first = a_selector().logs(request([(None, "s", [record, record])]))
    again = a_selector().logs(encode_logs(first))
    assert len(first.logs) == 2
    assert again.logs == first.logs
