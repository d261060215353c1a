import json
from typing import Any

import pytest
from dialect_support import cases, dialect_names, read, said, span

from otel_evaluator.model.genai import Document

PREFIX = "langfuse.observation."


@cases("langfuse")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("langfuse", case)

    assert found == wanted


def generation(**attributes: Any) -> dict[str, Any]:
    named = {PREFIX + name.replace("__", "."): value for name, value in attributes.items()}
    return {PREFIX + "type": "generation", **named}


def test_propagated_keys_are_not_an_observation() -> None:
    found = span({"langfuse.trace.name": "x", "session.id": "s", "langfuse.trace.tags": ["a"]})

    assert dialect_names(found) == []


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input": 30, "output": 6}, (30, 6, None, None, None)),
        ({"input": 30, "output": 6, "input_cached_tokens": 10}, (40, 6, 10, None, None)),
        (
            {"input": 30, "output": 6, "total": 36, "input_cached_tokens": 10},
            (30, 6, 10, None, None),
        ),
        ({"input": 9, "output": 4, "output_reasoning_tokens": 5}, (9, 9, None, None, 5)),
        (
            {
                "input_tokens": 5,
                "output_tokens": 3,
                "cache_read_input_tokens": 100,
                "cache_creation_input_tokens": 10,
            },
            (115, 3, 100, 10, None),
        ),
        (
            {
                "input_tokens": 50,
                "output_tokens": 3,
                "input_token_details": {"cache_read": 40, "cache_creation": 2},
                "output_token_details": {"reasoning": 1},
            },
            (50, 3, 40, 2, 1),
        ),
        (
            {
                "prompt_tokens": 50,
                "completion_tokens": 9,
                "prompt_tokens_details": {"cached_tokens": 40},
                "completion_tokens_details": {"reasoning_tokens": 8},
            },
            (50, 9, 40, None, 8),
        ),
        ({"input": -1, "output": "7"}, (None, 7, None, None, None)),
        ({}, (None, None, None, None, None)),
    ],
)
def test_usage_totals_include_their_subsets_however_they_are_written(
    usage: dict[str, Any], expected: tuple[int | None, ...]
) -> None:
    found = read(span(generation(usage_details=json.dumps(usage))))

    assert (
        found.input_tokens,
        found.output_tokens,
        found.cache_read_tokens,
        found.cache_write_tokens,
        found.reasoning_tokens,
    ) == expected


def test_costs_add_up_where_no_total_is_recorded() -> None:
    found = read(span(generation(cost_details='{"input": 0.25, "output": 0.5}')))

    assert found.cost_usd == 0.75


def test_zero_cost_is_no_recorded_cost() -> None:
    found = read(span(generation(cost_details='{"input": 0, "output": 0, "total": 0}')))

    assert found.cost_usd is None


def test_completion_start_gives_the_time_to_the_first_chunk() -> None:
    started = '"1970-01-01T00:00:01.250000Z"'

    found = read(span(generation(completion_start_time=started), start_ns=1_000_000_000))

    assert found.streaming
    assert found.time_to_first_chunk_s == pytest.approx(0.25, abs=1e-6)


def test_a_span_with_a_model_is_a_generation() -> None:
    found = read(span({PREFIX + "type": "span", PREFIX + "model.name": "m"}))

    assert found.kind == "llm"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("generation", "llm"),
        ("embedding", "embedding"),
        ("agent", "agent"),
        ("tool", "tool"),
        ("chain", "chain"),
        ("span", "chain"),
        ("retriever", "retriever"),
        ("evaluator", "evaluator"),
        ("guardrail", "guardrail"),
        ("something-new", "chain"),
    ],
)
def test_kinds(kind: str, expected: str) -> None:
    assert read(span({PREFIX + "type": kind})).kind == expected


def test_structured_answer_is_kept_as_its_json_text() -> None:
    found = read(span(generation(output='{"price": 58, "currency": "EUR"}')))

    assert [m.content for m in found.output] == ['{"price": 58, "currency": "EUR"}']


def test_generation_by_decorator_has_the_arguments_of_the_function_as_input() -> None:
    sent = json.dumps({"args": [[{"role": "user", "content": "Hello"}]], "kwargs": {}})

    found = read(span(generation(input=sent)))

    assert [(m.role, m.content) for m in found.input] == [("user", "Hello")]


def test_input_without_messages_is_counted_not_guessed() -> None:
    found = read(span(generation(input='{"a": {"b": 1}, "c": [2]}')))

    assert found.input == ()
    assert found.notes == ["unmapped:langfuse.observation.input"]


def test_masked_content_is_absent() -> None:
    mask = "<fully masked due to failed mask function>"

    found = read(span(generation(input=mask, output=mask)))

    assert (found.input, found.output, found.notes) == ((), (), [])


def test_truncated_input_gives_the_messages_that_are_complete() -> None:
    sent = json.dumps(
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    )

    found = read(span(generation(input=sent[:-6])))

    assert (found.input[0].role, found.input[0].content) == ("system", "Be brief.")


def test_warnings_are_no_errors() -> None:
    found = read(span(generation(level="WARNING", status_message="slow")))

    assert found.error == ""


def test_error_of_a_tool() -> None:
    attributes = {
        PREFIX + "type": "tool",
        PREFIX + "level": "ERROR",
        PREFIX + "status_message": "no such bike",
    }

    found = read(span(attributes, name="get_price"))

    assert (found.tool_name, found.tool_error) == ("get_price", "no such bike")


def test_retrieved_documents() -> None:
    attributes = {
        PREFIX + "type": "retriever",
        PREFIX + "input": '{"args": [], "kwargs": {"query": "deposit"}}',
        PREFIX + "output": '[{"page_content": "3 days.", "metadata": {"id": "d", "score": 0.5}}]',
    }

    found = read(span(attributes))

    assert found.query == "deposit"
    assert found.documents == (Document(id="d", content="3 days.", score=0.5),)


def test_identity_keys_of_the_product() -> None:
    found = read(
        span({PREFIX + "type": "agent", "langfuse.session.id": "s", "langfuse.user.id": "u"})
    )

    assert (found.conversation_id, found.user_id) == ("s", "u")
