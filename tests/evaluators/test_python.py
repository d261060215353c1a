import asyncio
import inspect
import math
import sys
import types
from dataclasses import dataclass

import pytest

from otel_evaluator.api import Failed, Scored, Skipped, Subject, Unscored
from otel_evaluator.errors import ConfigError
from otel_evaluator.testing import a_message, a_subject, a_tool_call

SUBJECT = a_subject("Paris", "What is the capital of France?")


@pytest.fixture
def use(evaluate, monkeypatch):
    """Evaluate SUBJECT with a function, configured by its import path."""

    def run(function, subject=SUBJECT, **options):
        module = types.ModuleType("my_checks")
        module.check = function
        monkeypatch.setitem(sys.modules, "my_checks", module)
        return evaluate("python", subject, callable="my_checks:check", **options)

    return run


@dataclass
class Thing:
    score: float = 1.0


RETURNED = [
    (True, Scored(1.0, "pass", True)),
    (False, Scored(0.0, "fail", False)),
    (0.25, Scored(0.25)),
    (3, Scored(3.0)),
    ("polite", Scored(None, "polite")),
    ({"key": "k", "score": True, "comment": "why"}, Scored(1.0, "pass", True, "why")),
    ({"key": "k", "score": 0.5, "comment": None}, Scored(0.5)),
    (
        {"value": 0.5, "label": "so", "passed": True, "explanation": "e"},
        Scored(0.5, "so", True, "e"),
    ),
    ({"score": None, "label": "so"}, Scored(None, "so")),
    ({"score": "good"}, Scored(None, "good")),
    (Scored(0.5), Scored(0.5)),
    (Unscored("uncertain"), Unscored("uncertain")),
    (Skipped("not_applicable"), Skipped("not_applicable")),
    (Failed("exception", "E"), Failed("exception", "E")),
]
NONSENSE = [
    (None, "NoneType"),
    ("", "str"),
    (math.nan, "float"),
    (math.inf, "float"),
    (10**400, "int"),
    ([0.5], "list"),
    (Thing(), "Thing"),
    ({}, "dict"),
    ({"key": "k"}, "dict"),
    ({"score": math.nan}, "score float"),
    ({"score": [1]}, "score list"),
    ({"score": 1.0, "passed": "yes"}, "dict"),
    (Scored(math.nan), "Scored"),
    (Unscored("because"), "Unscored"),
]


@pytest.mark.parametrize(("value", "verdict"), RETURNED)
def test_returned_value(use, value, verdict):
    assert use(lambda subject: value) == verdict


@pytest.mark.parametrize(("value", "name"), NONSENSE)
def test_nonsense_is_unscored_and_names_the_type(use, value, name):
    verdict = use(lambda subject: value)
    assert verdict == Unscored("invalid_verdict", f"the function returned a {name}")


def test_long_texts_are_cut(use):
    verdict = use(lambda subject: {"label": "x" * 999, "comment": "y" * 9_999})
    assert (len(verdict.label), len(verdict.explanation)) == (100, 2_000)


def by_subject(subject):
    return isinstance(subject, Subject)


def by_any_name(trace):
    return isinstance(trace, Subject)


def by_text(reply: str):
    return reply == "Paris"


def by_inputs_and_outputs(inputs, outputs, reference_outputs=None):
    return inputs.startswith("What") and outputs == "Paris" and reference_outputs == "Paris"


def keywords_only(*, outputs, reference_outputs, **kwargs):
    return {"key": "exact", "score": outputs == reference_outputs and not kwargs}


def positional_only(output, limit, /):
    return len(output) < limit


def with_arguments(answer, limit, *rest, strict=False):
    return len(answer) < limit and strict


def by_messages(messages, context):
    return [m["role"] for m in messages] == ["user", "assistant"] and context == []


class AsObject:
    def __call__(self, output: str) -> bool:
        return output == "Paris"


@pytest.mark.parametrize(
    "function",
    [
        by_subject,
        by_any_name,
        by_text,
        by_inputs_and_outputs,
        keywords_only,
        positional_only,
        with_arguments,
        by_messages,
        AsObject(),
    ],
)
def test_parameters_are_filled(use, function):
    arguments = {"limit": 10, "strict": True}
    wanted = {} if isinstance(function, AsObject) else inspect.signature(function).parameters
    chosen = {name: arguments[name] for name in arguments if name in wanted}
    verdict = use(function, reference_outputs="Paris", arguments=chosen)
    assert verdict == Scored(1.0, "pass", True)


def test_messages_have_the_form_of_the_chat_api(use):
    seen = []

    def trajectory(*, outputs, reference_outputs):
        seen.extend(outputs)
        return True

    call = a_message("assistant", "", tool_calls=(a_tool_call(),))
    result = a_message("tool", "found", tool_call_id="call_1")
    use(trajectory, a_subject(messages=(a_message(), call, result)), outputs="messages")
    assert seen[1]["tool_calls"][0]["function"] == {
        "name": "find_order",
        "arguments": '{"order":"1042"}',
    }
    assert seen[2] == {"role": "tool", "content": "found", "tool_call_id": "call_1"}


def test_async_functions(use):
    async def check(subject):
        return 0.5

    assert asyncio.run(use(check)) == Scored(0.5)


def test_without_content_a_function_of_texts_is_not_called(use):
    def check(outputs):
        raise AssertionError

    assert use(check, a_subject(messages=())).reason == "no_content"


def test_what_the_function_raises_is_the_runners_business(use):
    with pytest.raises(ZeroDivisionError):
        use(lambda subject: 1 / 0)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("no_such_package.x:f", "ModuleNotFoundError"),
        ("os.path:no_such", "AttributeError"),
        ("os.path", "has no function; write package.module:function"),
        ("os:sep", "is a str; name a function"),
        ("bad_checks.exits:f", "SystemExit"),
        ("bad_checks.raises:f", "RuntimeError: no licence found"),
    ],
)
def test_what_cannot_be_imported_is_a_config_error(evaluate, monkeypatch, request, path, problem):
    monkeypatch.syspath_prepend(str(request.path.parents[1] / "data" / "plugins"))
    with pytest.raises(ConfigError) as caught:
        evaluate("python", SUBJECT, callable=path)
    (line,) = caught.value.problems
    assert line.startswith("evaluators[0].callable: ")
    assert problem in line


def test_a_parameter_that_cannot_be_filled_is_a_config_error(use):
    with pytest.raises(ConfigError, match="its parameter 'expected' cannot be filled; give it"):
        use(lambda output, expected: True)
