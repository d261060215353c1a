import pytest

from otel_evaluator.model.genai import ToolDefinition
from otel_evaluator.testing import a_message, a_model_call, a_subject, a_tool_call

SCHEMA = {
    "type": "object",
    "required": ["order"],
    "additionalProperties": False,
    "properties": {"order": {"type": "string"}, "note": {"type": "string"}},
}
TOOLS = (ToolDefinition("find_order", "", SCHEMA), ToolDefinition("bare"))


def calling(*calls, tools=TOOLS, shared=()):
    message = a_message("assistant", "", tool_calls=calls)
    model_call = a_model_call(output=(message,), tool_definitions=tools)
    return a_subject(messages=(a_message(), message), calls=(model_call,), tool_definitions=shared)


@pytest.mark.parametrize(
    ("call", "label", "explanation"),
    [
        (a_tool_call(), "pass", ""),
        (a_tool_call("bare", {"x": 1}), "pass", ""),
        (a_tool_call("find_order", {}), "invalid_arguments", "$: order is required"),
        (a_tool_call("find_order", {"order": 7}), "invalid_arguments", "$.order: must be string"),
        (
            a_tool_call("find_order", {"order": "7", "pin": "1234"}),
            "invalid_arguments",
            "$: has a property that is not declared",
        ),
        (a_tool_call("find_order", "{", malformed=True), "malformed_arguments", "are not JSON"),
        (a_tool_call("drop_table", {}), "unknown_tool", "no tool of this name was offered"),
    ],
)
def test_one_call(evaluate, call, label, explanation):
    verdict = evaluate("tool_calls", calling(call))
    assert (verdict.label, verdict.passed) == (label, label == "pass")
    assert explanation in verdict.explanation
    assert "1234" not in verdict.explanation


def test_arguments_that_were_left_out_are_an_empty_object(evaluate):
    from otel_evaluator.model.genai import ToolCall

    verdict = evaluate("tool_calls", calling(ToolCall("find_order")))
    assert verdict.explanation.endswith("$: order is required")


def test_value_is_the_share_of_valid_calls(evaluate):
    calls = [a_tool_call(id=f"call_{i}") for i in range(3)] + [a_tool_call("nope", id="call_9")]
    verdict = evaluate("tool_calls", calling(*calls))
    assert (verdict.value, verdict.passed) == (0.75, False)
    assert verdict.explanation == "tool call 4 'nope': no tool of this name was offered"


def test_a_repeated_call_id_counts_once(evaluate):
    bad = a_tool_call("nope")
    verdict = evaluate("tool_calls", calling(bad, bad, a_tool_call(id="call_2")))
    assert verdict.value == 0.5


def test_definitions_of_the_subject_are_used(evaluate):
    assert not evaluate("tool_calls", calling(a_tool_call("nope"), tools=(), shared=TOOLS)).passed


def test_definitions_of_the_call_itself_win(evaluate):
    other = (ToolDefinition("other"),)
    assert not evaluate("tool_calls", calling(a_tool_call(), tools=other, shared=TOOLS)).passed


def test_without_definitions_nothing_is_told(evaluate):
    assert evaluate("tool_calls", calling(a_tool_call(), tools=())).reason == "not_applicable"
    broken = a_tool_call(arguments="{", malformed=True)
    assert evaluate("tool_calls", calling(broken, tools=())).label == "malformed_arguments"


def test_schemas_from_the_configuration(evaluate):
    subject = calling(a_tool_call(arguments={}), tools=())
    verdict = evaluate("tool_calls", subject, tools={"find_order": SCHEMA})
    assert verdict.label == "invalid_arguments"


def test_ignored_tools(evaluate):
    subject = calling(a_tool_call("web_search", {}))
    assert evaluate("tool_calls", subject, ignore=["web_search"]).reason == "not_applicable"


def test_a_wrong_schema_is_not_applied(evaluate):
    tools = (ToolDefinition("find_order", "", {"type": "objekt"}),)
    assert evaluate("tool_calls", calling(a_tool_call(), tools=tools)).passed


def test_a_reference_out_of_the_schema_fetches_nothing(evaluate):
    tools = (ToolDefinition("find_order", "", {"$ref": "https://example.com/schema.json"}),)
    assert evaluate("tool_calls", calling(a_tool_call(), tools=tools)).passed


def test_no_tool_call(evaluate):
    assert evaluate("tool_calls", a_subject()).reason == "not_applicable"
    assert evaluate("tool_calls", a_subject(messages=())).reason == "no_content"


@pytest.mark.parametrize(
    "value",
    ["n/a", "N/A", " unknown ", "none", "TBD", "xxx", "<order_id>", "{order}", "your_order", "?"],
)
def test_a_required_text_without_content_is_a_placeholder(evaluate, value):
    verdict = evaluate("tool_calls", calling(a_tool_call("find_order", {"order": value})))
    assert (verdict.label, verdict.passed) == ("placeholder_argument", False)
    assert "order: required" in verdict.explanation


@pytest.mark.parametrize(
    "arguments",
    [
        {"order": "7", "note": "n/a"},
        {"order": "Nancy"},
        {"order": "NA-7"},
        {"order": "unknown soldier"},
        {"order": "your order 7"},
    ],
)
def test_optional_and_ordinary_texts_are_none(evaluate, arguments):
    assert evaluate("tool_calls", calling(a_tool_call("find_order", arguments))).passed


def test_a_value_that_the_schema_offers_is_none(evaluate):
    reason = {"type": "string", "enum": ["none", "other"]}
    schema = {"type": "object", "required": ["reason"], "properties": {"reason": reason}}
    subject = calling(
        a_tool_call("refund", {"reason": "none"}), tools=(ToolDefinition("refund", "", schema),)
    )
    assert evaluate("tool_calls", subject).passed


def test_sub_scores(evaluate):
    tools = {"find_order": {"type": "object", "required": ["order"]}}
    fields = {
        "unknown": a_tool_call("fly", {}, id="a"),
        "wrong": a_tool_call("find_order", {}, id="b"),
    }
    calls = (a_model_call(output=(a_message("assistant", "", tool_calls=tuple(fields.values())),)),)
    subject = a_subject(calls=calls)
    assert evaluate("tool_calls", subject, tools=tools).value == 0.0
    name = evaluate("tool_calls", subject, tools=tools, measure="function_name_match")
    assert (name.value, name.label) == (0.5, "unknown_tool")
    fit = evaluate("tool_calls", subject, tools=tools, measure="parameter_validation")
    assert (fit.value, fit.label) == (0.0, "invalid_arguments")


def refusing(result, tools=(), call_id="call_1"):
    """A call that the tool answered with a failure."""
    call = a_tool_call("book", {"day": "soon"}, id=call_id)
    asked = a_message("assistant", "", tool_calls=(call,))
    answer = a_message("tool", result, tool_call_id=call_id, name="book", error=True)
    model_call = a_model_call(output=(asked,), tool_definitions=tools)
    return a_subject(messages=(a_message(), asked, answer), calls=(model_call,))


REJECTIONS = [
    '{"error": "invalid_type", "field": "amount", "expected": "number", "got": "string"}',
    '{"error": "validation_error", "detail": [{"loc": ["id"], "msg": "field required"}]}',
    '{"error": "severity must be one of sev1, sev2, sev3"}',
    "1 validation error for Book\nday\n  Input should be a valid date",
    "TypeError: book() got an unexpected keyword argument 'dai'",
    "TypeError: book() missing 1 required positional argument: 'day'",
    "Error: 'soon' is not of type 'integer'",
    '{"error": {"code": "invalid_enum_value", "path": ["day"]}}',
    '{"error": "Parameter day is missing"}',
    '{"error": "Additional properties are not allowed (\'x\' was unexpected)"}',
]


@pytest.mark.parametrize("result", REJECTIONS)
@pytest.mark.parametrize("tools", [(), (ToolDefinition("book"),)])
def test_arguments_that_the_tool_did_not_take(evaluate, result, tools):
    verdict = evaluate("tool_calls", refusing(result, tools))
    assert (verdict.value, verdict.label) == (0.0, "rejected_arguments")


@pytest.mark.parametrize(
    "result",
    [
        '{"error": "order not found"}',
        '{"error": "card_declined", "message": "insufficient funds"}',
        '{"error": "the slot is taken"}',
        "ConnectionError: timed out",
        '{"error": "not authorised to refund"}',
        '{"error": "no table is free at that time"}',
        "HTTP 503: service unavailable",
    ],
)
def test_a_failure_of_another_kind_says_nothing_of_the_arguments(evaluate, result):
    assert evaluate("tool_calls", refusing(result)).reason == "not_applicable"
    assert evaluate("tool_calls", refusing(result, (ToolDefinition("book"),))).passed


@pytest.mark.parametrize("call_id", ["call_1", ""])
def test_calls_that_only_the_next_request_tells_of(evaluate, call_id):
    call = a_tool_call("drop_table", {}, id=call_id)
    messages = (a_message(), a_message("assistant", "", tool_calls=(call, call)))
    streamed = a_model_call(output=(), tool_definitions=TOOLS)
    subject = a_subject(messages=messages, calls=(streamed,), tool_definitions=TOOLS)
    verdict = evaluate("tool_calls", subject)
    assert (verdict.value, verdict.label) == (0.0, "unknown_tool")
