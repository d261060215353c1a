import json

import pytest

from otel_evaluator.sample.config import SamplingConfig
from otel_evaluator.sample.tags import requested
from otel_evaluator.testing import a_subject

NAMES = ["commitments", "tool_calls", "House-Style", "faithfulness"]


def tag(eval_name="", custom="", value="LLM"):
    # The form fi-instrumentation-otel writes with register(eval_tags=…).
    return {
        "type": "OBSERVATION_SPAN",
        "value": value,
        "eval_name": eval_name,
        "config": {},
        "mapping": {"output": "raw.output"},
        "custom_eval_name": custom,
    }


def ask(tags, accept=True, **fields):
    text = tags if isinstance(tags, str) else json.dumps(tags)
    subject = a_subject(resource={"service.name": "shop", "eval_tags": text}, **fields)
    return requested(subject, SamplingConfig(accept_eval_tags=accept), NAMES)


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        ([tag("commitments")], {"commitments"}),
        ([tag("Tool Calls")], {"tool_calls"}),
        ([tag("tool-calls")], {"tool_calls"}),
        ([tag("house style")], {"House-Style"}),
        ([tag("unknown")], set()),
        ([tag("toxicity", "faithfulness")], {"faithfulness"}),
        ([tag("commitments", "faithfulness")], {"commitments", "faithfulness"}),
        ([tag("commitments"), tag("commitments")], {"commitments"}),
        ([tag()], set()),
        ([], set()),
    ],
)
def test_tags_name_configured_evaluators(tags, wanted):
    assert ask(tags) == wanted


def test_nothing_is_asked_for_unless_it_is_accepted():
    assert ask([tag("commitments")], accept=False) == frozenset()


@pytest.mark.parametrize(
    ("operation", "value", "matches"),
    [
        ("chat", "LLM", True),
        ("chat", "llm", True),
        ("execute_tool", "TOOL", True),
        ("retrieval", "RETRIEVER", True),
        ("execute_tool", "LLM", False),
        ("chat", "TOOL", False),
        ("chat", "", False),
        ("chat", None, False),
    ],
)
def test_a_span_is_judged_by_tags_of_its_kind(operation, value, matches):
    found = ask([tag("commitments", value=value)], kind="span", operation=operation)
    assert found == ({"commitments"} if matches else frozenset())
    assert ask([tag("commitments", value=value)]) == {"commitments"}, "a trace, whatever its spans"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "null",
        "{}",
        '"commitments"',
        '["commitments"]',
        "[null, 1, [], {}]",
        '[{"eval_name": null}]',
        '[{"eval_name": {"a": 1}}]',
        "[" * 100_000,
        '[{"eval_name": ' + '{"a":' * 5000,
        '[{"eval_name": "\ud800"}]',
    ],
)
def test_what_is_not_the_known_form_asks_for_nothing(text):
    assert ask(text) == frozenset()


@pytest.mark.parametrize("value", [None, 1, ["commitments"], {"eval_name": "commitments"}, b"[]"])
def test_only_text_is_read(value):
    subject = a_subject(resource={"eval_tags": value})
    assert requested(subject, SamplingConfig(accept_eval_tags=True), NAMES) == frozenset()


def test_the_number_of_tags_read_is_bounded():
    tags = [tag(f"unknown {n}") for n in range(100)] + [tag("commitments")]
    assert ask(tags) == frozenset()
    assert ask(tags[1:]) == {"commitments"}
