import pytest

from otel_evaluator.config.condition import Condition, context, plain
from otel_evaluator.model.subject import Signals
from otel_evaluator.testing import a_subject

SUBJECT = a_subject(
    signals=Signals(errors=2, feedback=-0.5, escalated=True, language="de", duration_ms=1500.0),
    resource={"service.version": "2.1", "tags": ["a"], "replicas": 3},
    attributes={"x": 1, "ratio": 0.5, "flag": True, "nested": {"a": 1}, "raw": b"\0"},
    prompt_version="v7",
    conversation_id="c-1",
)


def holds(source, subject=SUBJECT, whole=None):
    return Condition(source).holds(context(subject, whole or subject))


@pytest.mark.parametrize(
    "source",
    [
        "true",
        "signals.errors > 0",
        "signals.errors == 2 && signals.escalated",
        "signals.feedback < 0",
        "signals.feedback < 0.0",
        "signals.language != 'en'",
        "signals.language in ['de', 'fr']",
        "signals.duration_ms >= 1000",
        "span.model == 'gpt-4o-mini'",
        "span.model.startsWith('gpt-')",
        "trace.prompt_version == 'v7'",
        "trace.conversation_id != ''",
        "trace.duration_ms == 1500.0",
        "trace.complete",
        "resource['service.version'].startsWith('2.')",
        "resource.replicas > 2",
        "attributes.x == 1",
        "attributes['ratio'] < 1.0",
        "attributes.flag",
        "has(attributes.x)",
        "'x' in attributes",
        "!('y' in attributes)",
        "size(signals.language) == 2",
        "['de', 'fr'].exists(language, language == signals.language)",
        "span.agent.matches('^shop_.*$')",
        "attributes.y == 1 || signals.errors > 0",
        "'signals.nothing' != 'foo(bar)'",
    ],
)
def test_holds(source):
    assert holds(source) is True


@pytest.mark.parametrize(
    "source",
    [
        "false",
        "signals.errors > 2",
        "span.model == 'gpt'",
        "attributes.nowhere == 1",
        "attributes['nowhere'].startsWith('a')",
        "resource['service.name'] == 'shop'",
        "span.nowhere == 'x'",
        "has(attributes.nested)",
        "has(attributes.raw)",
        "has(resource.tags)",
        "attributes.nowhere > 1 && signals.errors > 0",
    ],
)
def test_a_false_condition_and_a_missing_key_do_not_hold(source):
    assert holds(source) is False


def test_signals_and_trace_describe_the_whole_and_the_rest_the_span():
    span = a_subject(kind="span", operation="chat", model="m-1", attributes={"x": 2})
    whole = a_subject(signals=Signals(errors=1), model="m-2", resource={"r": 1})
    assert holds("signals.errors == 1 && trace.model == 'm-2'", span, whole)
    assert holds("span.model == 'm-1' && span.operation == 'chat'", span, whole)
    assert holds("attributes.x == 2", span, whole)
    assert not holds("has(resource.r)", span, whole)


def test_variables_and_signals_are_named():
    condition = Condition("signals . errors > 0 && (span.model == 'x' || signals.turns > 1)")
    assert condition.variables == {"signals", "span"}
    assert condition.signals == {"errors", "turns"}
    assert Condition("'signals.errors' == trace.model").signals == frozenset()
    assert Condition("true").variables == frozenset()


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("signals.eror > 0", "no signal is called 'eror'; did you mean 'errors'?"),
        ("signals.error > 0 || signals.turns > 1", "did you mean 'errors'?"),
        ("signals.zzz == 1", "no signal is called 'zzz'; known: agent_age_days, "),
        ("signal.errors > 0", "no variable is called 'signal'; did you mean 'signals'?"),
        ("subject.errors > 0", "no variable is called 'subject'; known: attributes, "),
        ("errors > 0", "no variable is called 'errors'"),
        ("sizes(signals.language) > 1", "no function is called 'sizes'; did you mean 'size'?"),
        ("open('/etc/passwd') == ''", "no function is called 'open'; known: "),
        ("span.model.startswith('a')", "did you mean 'startsWith'?"),
        ("signals == 1", "signals must be read by name, as in signals.errors > 0"),
        ("signals['errors'] > 0", "signals must be read by name"),
        ("", "not a CEL expression"),
        ("signals.errors >", "not a CEL expression"),
        ("signals.errors > 0 and true", "not a CEL expression"),
        ("if signals.errors: true", "not a CEL expression"),
        ("signals.errors = 1", "not a CEL expression"),
        ("((((", "not a CEL expression"),
        ("'unclosed", "not a CEL expression"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(source, problem):
    with pytest.raises(ValueError, match=r"^(no|not|signals) ") as refused:
        Condition(source)
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "source",
    [
        "signals.errors > 'a'",
        "signals.errors + 'a' == 'b'",
        "signals.errors[0] == 1",
        "1 / (signals.errors - 2) > 0",
        "int(span.model) > 1",
        "attributes.x.startsWith('a')",
        "resource['service.version'] > 2",
        "[1][5] == 1",
        "span.model.matches('(')",
        "['a'].exists(x, foo == x)",
    ],
)
def test_an_expression_that_cannot_be_applied_says_why(source):
    condition = Condition(source)
    with pytest.raises(ValueError, match=r"\w") as problem:
        condition.holds(context(SUBJECT, SUBJECT))
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("source", ["signals.errors", "span.model", "attributes", "[true]", "null"])
def test_a_value_that_is_no_truth_value_is_not_taken_for_one(source):
    with pytest.raises(ValueError, match="not true or false"):
        holds(source)


def test_only_scalar_values_reach_an_expression():
    values = {"s": "x", "b": True, "i": 1, "d": 0.5, "l": [1], "m": {"a": 1}, "y": b"", "n": None}
    assert plain(values) == {"s": "x", "b": True, "i": 1, "d": 0.5}


@pytest.mark.parametrize("key", ["__class__", "{{7*7}}", "a'b", "a\nb", ""])
def test_odd_attribute_keys_do_no_harm(key):
    subject = a_subject(attributes={key: "x"}, resource={key: "x"})
    assert holds("signals.errors == 0 && !has(attributes.y)", subject)
