import json
from typing import Any

import pytest
from dialect_support import dialect_names, read, span

from otel_evaluator.model.span import Event

PROMPT = "gen_ai.content.prompt"
COMPLETION = "gen_ai.content.completion"
CHAT = {"gen_ai.system": "openai", "gen_ai.request.model": "m"}


def event(name: str, value: Any) -> Event:
    key = "gen_ai.prompt" if name == PROMPT else "gen_ai.completion"
    return Event(name, 0, {key: value})


def test_messages_as_json_in_two_events() -> None:
    sent = json.dumps(
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    )
    received = json.dumps([{"role": "assistant", "content": "Hello."}])

    found = read(span(CHAT, events=(event(PROMPT, sent), event(COMPLETION, received))))

    assert found.kind == "llm"
    assert [(m.role, m.content) for m in found.input] == [("system", "Be brief."), ("user", "Hi")]
    assert [(m.role, m.content) for m in found.output] == [("assistant", "Hello.")]


def test_one_event_for_each_message() -> None:
    events = (
        event(PROMPT, '{"role": "system", "content": "Be brief."}'),
        event(PROMPT, '{"role": "user", "content": "Hi"}'),
        event(COMPLETION, '{"role": "assistant", "content": "Hello."}'),
    )

    found = read(span(CHAT, events=events))

    assert [m.role for m in found.input] == ["system", "user"]


def test_plain_text() -> None:
    found = read(span(CHAT, events=(event(PROMPT, "Hi"), event(COMPLETION, "Hello."))))

    assert [(m.role, m.content) for m in found.input] == [("user", "Hi")]
    assert [(m.role, m.content) for m in found.output] == [("assistant", "Hello.")]


def test_list_of_texts() -> None:
    found = read(span(CHAT, events=(event(COMPLETION, ["Hello."]),)))

    assert [m.content for m in found.output] == ["Hello."]


def test_bare_attributes() -> None:
    attributes = CHAT | {"gen_ai.prompt": "Hi", "gen_ai.completion": '{"content": "Hello."}'}

    found = read(span(attributes))

    assert [m.content for m in found.input] == ["Hi"]
    assert [m.content for m in found.output] == ["Hello."]


def test_text_that_only_resembles_json_is_counted() -> None:
    broken = '[{"role": "user", "content": Hi there}]'

    found = read(span(CHAT, events=(event(PROMPT, broken),)))

    assert found.input == ()
    assert found.notes == ["unmapped:gen_ai.prompt"]


def test_unknown_counts_and_ids_of_early_semantic_kernel() -> None:
    attributes = CHAT | {
        "gen_ai.operation.name": "chat.completions",
        "gen_ai.response.prompt_tokens": -1,
        "gen_ai.response.completion_tokens": 7,
        "gen_ai.response.finish_reason": "[Stop]",
        "gen_ai.response.id": "N/A",
    }

    found = read(span(attributes, events=(event(PROMPT, "Hi"),)))

    assert (found.kind, found.input_tokens, found.output_tokens) == ("llm", None, 7)
    assert (found.finish_reasons, found.response_id) == (("stop",), "")


@pytest.mark.parametrize(
    ("attributes", "scope"),
    [
        ({"langsmith.span.kind": "llm", "gen_ai.prompt": "{}"}, ""),
        ({"gen_ai.prompt": "x"}, "openlit"),
    ],
)
def test_emitters_with_a_dialect_of_their_own(attributes: dict[str, Any], scope: str) -> None:
    assert "otel_genai_content" not in dialect_names(span(attributes, scope=scope))
