import json

from dialect_support import cases, dialect_names, read, said, span

from otel_evaluator.model.genai import ToolCall


@cases("traceai_old")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("traceai_old", case)

    assert found == wanted


def test_streamed_tool_calls_are_put_together() -> None:
    def delta(index: int, **part: object) -> dict[str, object]:
        return {"choices": [{"delta": {"tool_calls": [{"index": index, **part}]}}]}

    chunks = [
        {"id": "r1", "model": "m", "choices": [{"delta": {"role": "assistant", "content": ""}}]},
        delta(0, id="a", function={"name": "weather", "arguments": ""}),
        delta(0, function={"arguments": '{"city": '}),
        delta(1, id="b", function={"name": "time", "arguments": "{}"}),
        delta(0, function={"arguments": '"Paris"}'}),
        {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]},
    ]

    found = read(span({"fi.span.kind": "LLM", "raw.output": json.dumps(chunks)}))

    (answer,) = found.output
    assert answer.tool_calls == (
        ToolCall("weather", {"city": "Paris"}, "a"),
        ToolCall("time", {}, "b"),
    )
    assert (found.response_id, found.finish_reasons) == ("r1", ("tool_calls",))


def test_primary_dialect_is_traceai_although_the_keys_are_those_of_openinference() -> None:
    attributes = {"fi.span.kind": "LLM", "llm.model_name": "m"}

    assert dialect_names(span(attributes)) == ["traceai", "traceai_old"]
