from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_evaluator.assemble.keys import conversation_of
from otel_evaluator.model.markers import CONVERSATION_KEYS
from otel_evaluator.testing import a_span, in_descending_order

NAMES = [key.decode() for key in CONVERSATION_KEYS]


def named(*attributes, descending=False):
    spans = [a_span(attributes=each) for each in attributes]
    bodies = [in_descending_order(s) if descending else s.SerializeToString() for s in spans]
    return conversation_of(bodies, b"".join(bodies), CONVERSATION_KEYS)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("key", NAMES)
def test_every_key_names_a_conversation(key, descending):
    assert named({}, {"a": 1, key: "c-1"}, descending=descending) == ("c-1", False)


@pytest.mark.parametrize(("first", "second"), list(pairwise(NAMES)))
def test_keys_have_a_precedence_whichever_span_carries_them(first, second):
    for spans in (
        [{first: "high", second: "low"}],
        [{second: "low"}, {first: "high"}],
        [{first: "high"}, {second: "low"}],
    ):
        assert named(*spans) == ("high", False)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], ("", False)),
        ([{}], ("", False)),
        ([{"gen_ai.prompt": "session.id and gen_ai.conversation.id"}], ("", False)),
        ([{"gen_ai.conversation.id": ""}, {"session.id": "s"}], ("s", False)),
        ([{"gen_ai.conversation.id": 7}, {"session.id": "s"}], ("s", False)),
        ([{"session.id": "s"}] * 3, ("s", False)),
        ([{"session.id": "b"}, {"session.id": "a"}], ("a", True)),
        ([{"my.session.id": "x"}], ("", False)),
        ([{"langfuse.session.id": "l"}, {"session.id": "s"}], ("l", False)),
        ([{"x": {"session.id": "nested"}}, {"session.id": "s"}], ("s", False)),
        ([{"session.id": "会话"}, {"session.id": "диалог"}], ("диалог", True)),
    ],
)
def test_what_names_a_conversation(spans, expected):
    assert named(*spans) == expected
    assert named(*reversed(spans)) == expected


values = st.sampled_from(["a", "b", "ab", "", "session.id"])
spans_of = st.lists(
    st.dictionaries(
        st.sampled_from([*NAMES[:4], "gen_ai.prompt", "x"]),
        st.one_of(values, st.integers(0, 3), st.fixed_dictionaries({NAMES[0]: values})),
        max_size=3,
    ),
    max_size=6,
)


@given(spans_of, st.data())
@settings(max_examples=400, deadline=None)
def test_the_name_is_the_smallest_value_of_the_first_key_in_any_order(spans, data):
    expected = ("", False)
    for key in NAMES:
        found = {s[key] for s in spans if isinstance(s.get(key), str) and s[key]}
        if found:
            expected = (min(found), len(found) > 1)
            break
    assert (
        named(*data.draw(st.permutations(spans)), descending=data.draw(st.booleans())) == expected
    )


@given(st.lists(st.binary(max_size=60), max_size=4))
@settings(deadline=None)
def test_spans_that_do_not_parse_name_nothing(bodies):
    bodies = [body + b"session.id" for body in bodies]
    name, several = conversation_of(bodies, b"".join(bodies), CONVERSATION_KEYS)
    assert isinstance(name, str)
    assert not several or name


def test_a_name_nested_in_a_value_does_not_hide_another():
    nested = {"langfuse.session.id": {"gen_ai.conversation.id": "b"}}
    spans = [{"gen_ai.conversation.id": "b"}, {"gen_ai.conversation.id": "a", **nested}]
    assert named(*spans) == named(*reversed(spans)) == ("a", True)


def test_long_names_are_told_apart():
    for length in (100, 127, 128, 20_000):
        first, second = "x" * length, "x" * length + "y"
        assert named({"session.id": second}, {"session.id": first}) == (first, True)
        assert named(*[{"session.id": first}] * 3) == (first, False)
