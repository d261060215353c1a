import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_evaluator.testing import a_span, in_descending_order
from otel_evaluator.wire.attributes import has_key, text_attributes

KEY = "gen_ai.conversation.id"
NAMES = (KEY.encode(), b"session.id")


def encodings(attributes, **fields):
    span = a_span(attributes=attributes, **fields)
    return [span.SerializeToString(), in_descending_order(span)]


def texts(span, names=NAMES):
    return {name.decode(): value for name, (value, _) in text_attributes(span, names).items()}


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({}, {}),
        ({KEY: "c-1"}, {KEY: "c-1"}),
        ({"a": 1, KEY: "会话 7", "z": "x"}, {KEY: "会话 7"}),
        ({KEY: "c-1", "session.id": "s-1"}, {KEY: "c-1", "session.id": "s-1"}),
        ({KEY: ""}, {}),
        ({KEY: None}, {}),
        ({KEY: 5}, {}),
        ({KEY: True}, {}),
        ({KEY: b"c-1"}, {}),
        ({KEY: ["c-1"]}, {}),
        ({KEY: {KEY: "c-1"}}, {}),
        ({"x": {KEY: "c-1"}}, {}),
        ({"x": [{KEY: "c-1"}]}, {}),
        ({"x": f"\n\x16{KEY}\x12\x05\n\x03c-1"}, {}),
        ({"gen_ai.prompt": f'{{"{KEY}": "c-1"}}'}, {}),
        ({KEY: KEY}, {KEY: KEY}),
        ({KEY + ".x": "c-1", "x." + KEY: "c-2"}, {}),
        ({"my.session.id": "s-1"}, {}),
        ({KEY: "x" * 100_000}, {KEY: "x" * 100_000}),
    ],
)
def test_only_text_under_the_key_itself_is_found(attributes, found):
    for span in encodings(attributes):
        assert texts(span) == found


@pytest.mark.parametrize("descending", [False, True])
def test_of_duplicates_the_first_text_counts(descending):
    span = a_span(attributes={KEY: "first"})
    span.attributes.extend(a_span(attributes={KEY: "second"}).attributes)
    body = in_descending_order(span) if descending else span.SerializeToString()
    assert texts(body) == {KEY: "first"}
    span.attributes[0].value.string_value = ""
    assert texts(in_descending_order(span)) == {KEY: "second"}


def test_attributes_of_events_and_links_are_not_the_spans():
    span = a_span(attributes={"a": 1})
    span.events.add(name="e").attributes.extend(a_span(attributes={KEY: "c-1"}).attributes)
    span.links.add().attributes.extend(a_span(attributes={KEY: "c-1"}).attributes)
    for body in (span.SerializeToString(), in_descending_order(span)):
        assert texts(body) == {}
        assert not has_key(body, KEY.encode())


def test_text_that_is_not_unicode_is_read_with_replacements():
    body = a_span(attributes={KEY: "c-1"}).SerializeToString().replace(b"c-1", b"c\xff1")
    assert texts(body) == {KEY: "c\ufffd1"}


def test_with_a_value_comes_the_encoding_by_which_other_spans_can_be_searched():
    for body in encodings({"a": 1, KEY: "c-1"}):
        _, encoded = text_attributes(body, NAMES)[KEY.encode()]
        assert encoded in body
        assert encoded not in a_span(attributes={KEY: "c-10"}).SerializeToString()


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"J\x7f", b"J\x05abcde", b"J\x18\n\x16" + KEY.encode()]
)
def test_bytes_that_do_not_parse_have_no_attributes(body):
    assert texts(body) == {}
    assert has_key(body, b"nothing") is False


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({}, False),
        ({"otel_evaluator.judge": True}, True),
        ({"a": 1, "otel_evaluator.judge.name": "default"}, True),
        ({"x.otel_evaluator.judge": True}, False),
        ({"otel_evaluator": "otel_evaluator.judge"}, False),
        ({"a": {"otel_evaluator.judge": True}}, False),
        ({"gen_ai.prompt": "otel_evaluator.judge"}, False),
    ],
)
def test_a_key_counts_and_not_the_same_text_elsewhere(attributes, found):
    for span in encodings(attributes):
        assert has_key(span, b"otel_evaluator.judge") is found


values = st.recursive(
    st.one_of(st.text(max_size=5), st.sampled_from([KEY, "c-1"]), st.integers(-5, 5), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from([KEY, "session.id", "k"]), inner, max_size=2),
    ),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from([KEY, "session.id", "a", KEY + "x"]), values), st.booleans())
@settings(deadline=None)
def test_the_same_is_found_as_by_a_full_decode(attributes, descending):
    span = a_span(attributes=attributes)
    body = in_descending_order(span) if descending else span.SerializeToString()
    expected = {
        name: attributes[name]
        for name in (KEY, "session.id")
        if isinstance(attributes.get(name), str) and attributes[name]
    }
    assert texts(body) == expected
