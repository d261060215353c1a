import pytest

from otel_evaluator.model.genai import ToolDefinition, ToolExecution
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


def answered(*results, tools=(), arguments=None):
    """Calls of one tool, each with what came back: (result, failed)."""
    messages = [a_message()]
    for number, (result, failed) in enumerate(results):
        given = {"day": number} if arguments is None else arguments
        call = a_tool_call("book", given, id=f"call_{number}")
        messages.append(a_message("assistant", "", tool_calls=(call,)))
        messages.append(a_message("tool", result, tool_call_id=call.id, name="book", error=failed))
    asked = tuple(m for m in messages if m.role == "assistant")
    calls = tuple(
        a_model_call(output=(m,), tool_definitions=tools, span_id=f"{n:016x}")
        for n, m in enumerate(asked)
    )
    return a_subject(messages=tuple(messages), calls=calls)


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
    verdict = evaluate("tool_calls", answered((result, True), tools=tools))
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
        "Error: Cannot list objects in bucket: AccessDenied",
        "OSError: [Errno 22] Invalid argument",
        "422 Unprocessable Entity: a pull request already exists",
        '{"error": "no additional properties available in this area"}',
        '{"error": "customer is not one of our premium members"}',
        '{"error": "user must be one of the account owners"}',
        '{"error": "missing_required_scope orders:write"}',
        "Error: Missing key: OPENAI_API_KEY",
        '{"error": "human input required"}',
        '{"error": "property tax is required before closing"}',
        '{"error": "expected number of guests exceeds capacity"}',
        "Error: Expected object with id 42 to exist",
        '{"error": "NOT NULL constraint failed"}',
        '{"error": "could not list instances"}',
    ],
)
def test_a_failure_of_another_kind_says_nothing_of_the_arguments(evaluate, result):
    assert evaluate("tool_calls", answered((result, True))).reason == "not_applicable"
    declared = answered((result, True), tools=(ToolDefinition("book"),))
    assert evaluate("tool_calls", declared).passed


BAD = '{"error": "field required"}'


def test_other_calls_of_the_tool_count_once_its_answers_do(evaluate):
    subject = answered((BAD, True), *[("booked", False)] * 9)
    verdict = evaluate("tool_calls", subject)
    assert (verdict.value, verdict.label) == (0.9, "rejected_arguments")
    by_name = evaluate("tool_calls", subject, measure="function_name_match")
    assert by_name.reason == "not_applicable"


def test_arguments_that_the_tool_takes_later_had_the_right_form(evaluate):
    subject = answered((BAD, True), ("booked", False), arguments={"day": 1})
    assert evaluate("tool_calls", subject).passed


def replaying(*calls, ran=()):
    """A model whose own output was not recorded, and the calls its next request holds."""
    messages = (a_message(), a_message("assistant", "", tool_calls=calls))
    tools = tuple(
        ToolExecution(f"{n:016x}", call.name, call.id, call.arguments, "ok")
        for n, call in enumerate(ran)
    )
    streamed = a_model_call(output=(), tool_definitions=TOOLS)
    return a_subject(messages=messages, calls=(streamed,), tools=tools, tool_definitions=TOOLS)


@pytest.mark.parametrize("ids", [("a", "b"), ("", "")])
def test_calls_that_only_the_next_request_tells_of(evaluate, ids):
    good, bad = (a_tool_call(id=ids[0]), a_tool_call("drop_table", {}, id=ids[1]))
    verdict = evaluate("tool_calls", replaying(good, bad, bad, ran=(good, bad)))
    assert (verdict.value, verdict.label) == (0.5, "unknown_tool")


def test_examples_in_a_prompt_are_no_calls(evaluate):
    example = a_tool_call("example_tool", {})
    assert evaluate("tool_calls", replaying(example)).reason == "not_applicable"


def test_arguments_of_any_depth(evaluate):
    deep = {}
    for _ in range(5_000):
        deep = {"a": deep}
    subject = answered((BAD, True), ("booked", False), arguments=deep)
    assert evaluate("tool_calls", subject) is not None
