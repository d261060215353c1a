import json
from typing import Any

import pytest
from dialect_support import cases, dialect_names, read, said, span

from otel_evaluator.model.genai import Document, Media, ToolCall


@cases("vercel_ai")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("vercel_ai", case)

    assert found == wanted


def inner(**attributes: Any) -> dict[str, Any]:
    named = {"ai." + name.replace("__", "."): value for name, value in attributes.items()}
    return {"ai.operationId": "ai.generateText.doGenerate", **named}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("ai.generateText", "agent"),
        ("ai.streamText", "agent"),
        ("ai.generateObject", "agent"),
        ("ai.generateText.doGenerate", "llm"),
        ("ai.streamObject.doStream", "llm"),
        ("ai.toolCall", "tool"),
        ("ai.embed", "chain"),
        ("ai.embedMany.doEmbed", "embedding"),
        ("ai.rerank.doRerank", "reranker"),
        ("ai.newThing", "chain"),
    ],
)
def test_kinds(operation: str, expected: str) -> None:
    assert read(span({"ai.operationId": operation})).kind == expected


def test_operation_name_alone_names_the_operation() -> None:
    found = span({"operation.name": "ai.streamText.doStream checkout"})

    assert dialect_names(found) == ["vercel_ai"]
    assert read(found).kind == "llm"


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("tool-calls", "tool_calls"),
        ("content-filter", "content_filter"),
        ("length", "length"),
        ("stop", "stop"),
        ("unknown", ""),
    ],
)
def test_hyphenated_finish_reasons(reason: str, expected: str) -> None:
    found = read(span(inner(response__finishReason=reason)))

    assert found.finish_reasons == ((expected,) if expected else ())


def test_generated_object_is_the_answer() -> None:
    attributes = {
        "ai.operationId": "ai.generateObject.doGenerate",
        "ai.response.object": '{"price":58}',
        "ai.response.finishReason": "stop",
    }

    found = read(span(attributes))

    assert [m.content for m in found.output] == ['{"price":58}']


def test_results_before_version_4() -> None:
    calls = [{"toolCallId": "c", "toolName": "t", "args": '{"a":1}'}]
    attributes = inner(result__text="Hi", result__toolCalls=json.dumps(calls))

    (message,) = read(span(attributes)).output

    assert message.content == "Hi"
    assert message.tool_calls == (ToolCall("t", {"a": 1}, "c"),)


def test_reasoning_and_files_are_not_the_answer() -> None:
    attributes = inner(
        response__text="Sunny.",
        response__reasoning='[{"type":"reasoning","text":"Look outside."}]',
        response__files='[{"mediaType":"image/png","base64":"iVBOR"}]',
    )

    (message,) = read(span(attributes)).output

    assert (message.content, message.reasoning) == ("Sunny.", "Look outside.")
    assert message.media == (Media("image", "image/png"),)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {
                "ai.usage.promptTokens": 7,
                "ai.usage.completionTokens": 5,
                "ai.response.providerMetadata": json.dumps(
                    {
                        "anthropic": {
                            "cacheReadInputTokens": 100,
                            "cacheCreationInputTokens": 20,
                        }
                    }
                ),
            },
            (127, 5, 100, 20),
        ),
        (
            {
                "ai.usage.inputTokens": 127,
                "ai.usage.outputTokens": 5,
                "ai.usage.inputTokenDetails.cacheReadTokens": 100,
                "ai.usage.inputTokenDetails.cacheWriteTokens": 20,
                "ai.response.providerMetadata": '{"anthropic": {"usage": {}}}',
            },
            (127, 5, 100, 20),
        ),
        ({"ai.usage.inputTokens": 7, "ai.usage.cachedInputTokens": 100}, (107, None, 100, None)),
        ({"ai.usage.inputTokens": 148, "ai.usage.cachedInputTokens": 64}, (148, None, 64, None)),
    ],
)
def test_input_tokens_include_cached_ones(
    attributes: dict[str, Any], expected: tuple[int | None, ...]
) -> None:
    found = read(span(inner() | attributes))

    assert (
        found.input_tokens,
        found.output_tokens,
        found.cache_read_tokens,
        found.cache_write_tokens,
    ) == expected


def test_prompt_linked_in_the_metadata() -> None:
    linked = '{"name": "bike-prices", "version": 4}'

    found = read(span(inner(telemetry__metadata__langfusePrompt=linked)))

    assert (found.prompt_name, found.prompt_version) == ("bike-prices", "4")


def test_context_of_legacy_telemetry_in_version_7() -> None:
    attributes = inner(settings__context__userId="u", settings__context__sessionId="s")

    found = read(span(attributes))

    assert (found.user_id, found.conversation_id) == ("u", "s")


def test_tool_result_that_is_text_loses_its_quotes() -> None:
    attributes = {
        "ai.operationId": "ai.toolCall",
        "ai.toolCall.name": "weather",
        "ai.toolCall.args": '{"city":"Paris"}',
        "ai.toolCall.result": '"rainy, \\"57F\\""',
    }

    found = read(span(attributes))

    assert (found.tool_name, found.arguments, found.result) == (
        "weather",
        {"city": "Paris"},
        'rainy, "57F"',
    )


def test_prompt_cut_at_the_value_limit_gives_its_beginning() -> None:
    prompt = json.dumps(
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "word " * 400}]
    )

    found = read(span(inner(prompt__messages=prompt[:1028])))

    assert [m.role for m in found.input] == ["system", "user"]
    assert found.input[1].content.startswith("word word")


def test_reranked_documents_by_rank() -> None:
    attributes = {
        "ai.operationId": "ai.rerank.doRerank",
        "ai.documents": ["one", "two"],
        "ai.ranking": ['{"index":1,"relevanceScore":0.9}', '{"index":0,"relevanceScore":0.1}'],
    }

    found = read(span(attributes))

    assert found.documents == (
        Document(content="two", score=0.9),
        Document(content="one", score=0.1),
    )


def test_outer_span_answers_with_the_last_text() -> None:
    attributes = {
        "ai.operationId": "ai.generateText",
        "ai.response.text": "58 euro.",
        "ai.response.toolCalls": '[{"toolCallId":"c","toolName":"t","input":{}}]',
    }

    (message,) = read(span(attributes)).output

    assert (message.content, message.tool_calls) == ("58 euro.", ())


@pytest.mark.parametrize(
    ("output", "expected", "failed"),
    [
        ({"type": "text", "value": "rain"}, "rain", False),
        ({"type": "json", "value": {"sky": "grey"}}, '{"sky":"grey"}', False),
        ({"type": "content", "value": [{"type": "text", "text": "rain"}]}, "rain", False),
        ({"type": "error-text", "value": "no such city"}, "no such city", True),
    ],
)
def test_outputs_of_tools_in_the_history(
    output: dict[str, Any], expected: str, failed: bool
) -> None:
    part = {"type": "tool-result", "toolCallId": "c", "toolName": "weather", "output": output}
    prompt = json.dumps([{"role": "tool", "content": [part]}])

    (message,) = read(span(inner(prompt__messages=prompt))).input

    assert (message.role, message.tool_call_id, message.name) == ("tool", "c", "weather")
    assert (message.content, message.error) == (expected, failed)


def test_files_in_the_prompt_are_references() -> None:
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "file", "mediaType": "image/png", "data": "iVBORw0KGgo="},
    ]
    prompt = json.dumps([{"role": "user", "content": parts}])

    (message,) = read(span(inner(prompt__messages=prompt))).input

    assert message.content == "What is this?"
    assert [(m.modality, m.mime_type, m.uri) for m in message.media] == [("file", "image/png", "")]
