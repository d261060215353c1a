import json
from typing import Any

from dialect_support import cases, read, said, span

SCOPE = "gcp.vertex.agent"
REQUEST = "gcp.vertex.agent.llm_request"
RESPONSE = "gcp.vertex.agent.llm_response"


@cases("google_adk")
def test_captured_traces_say_what_was_said(case: str) -> None:
    found, wanted = said("google_adk", case)

    assert found == wanted


def call(request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    return {
        "gen_ai.system": "gcp.vertex.agent",
        "gen_ai.request.model": "gemini-2.5-flash",
        REQUEST: json.dumps(request),
        RESPONSE: json.dumps(response),
    }


def test_thoughts_count_as_output() -> None:
    usage = {
        "prompt_token_count": 10,
        "candidates_token_count": 5,
        "thoughts_token_count": 20,
        "cached_content_token_count": 4,
    }

    found = read(span(call({}, {"usage_metadata": usage}), name="call_llm", scope=SCOPE))

    assert (found.input_tokens, found.output_tokens) == (10, 25)
    assert (found.reasoning_tokens, found.cache_read_tokens) == (20, 4)


def test_thoughts_are_not_the_answer() -> None:
    parts = [{"text": "Think.", "thought": True}, {"text": "58 euro."}]
    response = {"content": {"role": "model", "parts": parts}, "finish_reason": "MAX_TOKENS"}

    found = read(span(call({}, response), name="call_llm", scope=SCOPE))

    (answer,) = found.output
    assert (answer.role, answer.content, answer.reasoning) == ("assistant", "58 euro.", "Think.")
    assert found.finish_reasons == ("length",)


def test_system_instruction_in_parts() -> None:
    request = {"config": {"system_instruction": {"parts": [{"text": "Be brief."}]}}, "contents": []}

    found = read(span(call(request, {}), name="call_llm", scope=SCOPE))

    assert found.system == "Be brief."


def test_answer_that_is_an_error() -> None:
    response = {"error_code": "SAFETY", "error_message": "Blocked."}

    found = read(span(call({}, response), name="call_llm", scope=SCOPE))

    assert (found.error, found.output) == ("Blocked.", ())


def test_tool_execution_on_one_span() -> None:
    event = {
        "content": {
            "parts": [
                {"function_response": {"id": "c1", "name": "weather", "response": {"sky": "grey"}}}
            ]
        },
        "author": "guide",
    }
    attributes = {
        "gcp.vertex.agent.tool_call_args": '{"city": "Paris"}',
        "gcp.vertex.agent.tool_response": json.dumps(event),
        REQUEST: "{}",
        RESPONSE: "{}",
    }

    found = read(span(attributes, name="execute_tool weather", scope=SCOPE))

    assert (found.kind, found.tool_name) == ("tool", "weather")
    assert (found.arguments, found.result) == ({"city": "Paris"}, '{"sky":"grey"}')


def test_versions_that_have_both_operation_names_and_requests() -> None:
    request = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
    attributes = call(request, {}) | {"gen_ai.operation.name": "call_llm"}

    found = read(span(attributes, name="call_llm", scope=SCOPE))

    assert found.kind == "llm"
    assert [m.content for m in found.input] == ["Hello"]


def test_result_that_could_not_be_written() -> None:
    attributes = {"gcp.vertex.agent.tool_response": "<not serializable>"}

    found = read(span(attributes, name="tool_response [weather]", scope=SCOPE))

    assert (found.tool_name, found.result) == ("weather", None)


def test_spans_without_attributes() -> None:
    agent = read(span({}, name="agent_run [guide]", scope=SCOPE))
    invocation = read(span({}, name="invocation", scope=SCOPE))

    assert (agent.kind, agent.agent) == ("agent", "guide")
    assert invocation.kind == "chain"


def test_request_that_holds_no_messages_is_counted() -> None:
    found = read(span(call({"model": "m"}, {}), name="call_llm", scope=SCOPE))

    assert found.notes == [f"unmapped:{REQUEST}"]
