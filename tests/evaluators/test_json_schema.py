import pytest

from otel_evaluator.errors import ConfigError
from otel_evaluator.testing import a_message, a_subject

SCHEMA = {
    "type": "object",
    "required": ["order"],
    "additionalProperties": False,
    "properties": {
        "order": {"type": "string", "pattern": "^[0-9]+$"},
        "status": {"enum": ["open", "shipped"]},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    },
    "$defs": {"item": {"type": "object", "properties": {"price": {"minimum": 0}}}},
}


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ('{"order": "12"}', "pass"),
        ('```json\n{"order": "12"}\n```', "pass"),
        ('  ```\n{"order": "12"}\n```\n', "pass"),
        ('Here you are: {"order": "12"}', "invalid_json"),
        ('{"order": "12"', "invalid_json"),
        ('{"order": NaN}', "invalid_json"),
        ("", "invalid_json"),
        ("[" * 100_000, "invalid_json"),
        ("1" * 5000, "invalid_json"),
        ('{"order": 12}', "invalid_schema"),
        ('{"status": "open"}', "invalid_schema"),
    ],
)
def test_label(evaluate, reply, label):
    subject = a_subject(messages=(a_message(), a_message("assistant", reply)))
    verdict = evaluate("json_schema", subject, schema=SCHEMA)
    assert verdict.label == label
    assert verdict.value == float(label == "pass")


@pytest.mark.parametrize(
    ("reply", "explanation"),
    [
        ('{"order": 12}', "$.order: must be string"),
        ('{"order": "x12"}', "$.order: violates pattern"),
        ('{"status": "open"}', "$: order is required"),
        ('{"order": "1", "status": "lost"}', "$.status: is none of the allowed values"),
        ('{"order": "1", "Jane Doe": 1}', "$: has a property that is not declared"),
        ('{"order": "1", "items": [{"price": -5}]}', "$.items[0].price: violates minimum 0"),
    ],
)
def test_explanation_names_place_and_rule_but_no_value(evaluate, reply, explanation):
    assert evaluate("json_schema", a_subject(reply), schema=SCHEMA).explanation == explanation


def test_code_fence_can_be_refused(evaluate):
    fenced = a_subject("```json\n1\n```")
    assert evaluate("json_schema", fenced).passed
    assert not evaluate("json_schema", fenced, code_fence=False).passed


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "objekt"}, "not a valid JSON schema at $.type"),
        ({"$ref": "https://example.com/x.json"}, "leaves the schema"),
        ({"pattern": "(?=x)"}, "not a valid pattern at position 0"),
        ("x", "evaluators[0].schema"),
    ],
)
def test_bad_schema_is_a_config_error(evaluate, schema, problem):
    with pytest.raises(ConfigError) as caught:
        evaluate("json_schema", a_subject(), schema=schema)
    assert problem in str(caught.value)
    assert str(caught.value).startswith("evaluators[0].schema")


def test_a_pattern_in_the_schema_cannot_take_for_ever(evaluate):
    schema = {"type": "string", "pattern": "^(a+)+$"}
    verdict = evaluate("json_schema", a_subject('"' + "a" * 5_000 + '!"'), schema=schema)
    assert verdict.label == "invalid_schema"
