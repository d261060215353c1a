import asyncio
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from otel_evaluator.api.plugins import (
    GROUP,
    discover_evaluators,
    load_evaluators,
    parse_evaluators,
)
from otel_evaluator.errors import ConfigError, PluginError
from otel_evaluator.testing import a_subject

PLUGINS = Path(__file__).parents[1] / "data" / "plugins"
BUILT_IN = {
    *("action_safety", "argument_extraction", "commitments", "contains", "cost", "empty"),
    *("error_recovery", "factual_grounding", "finish_reason", "goal_progress"),
    *("groundedness_lexical", "handoff_quality", "injection_signal", "instruction_adherence"),
    *("json_schema", "judge", "language_match", "latency", "length", "metric"),
    *("optimal_plan_execution", "pii", "plan_coherence", "privacy_and_safety", "python"),
    *("refusal", "regex", "repetition", "result_utilisation", "structured_output"),
    *("task_completion", "tool_calls", "tool_selection", "topicality", "toxicity_lexical"),
    *("user_signals", "voice_signals"),
}


@pytest.fixture
def plugins(monkeypatch):
    """Three installed distributions: good-checks, bad-checks and rude-checks."""
    monkeypatch.syspath_prepend(str(PLUGINS))
    _forget()
    yield
    _forget()


def _forget() -> None:
    for name in [n for n in sys.modules if n.split(".")[0].endswith("_checks")]:
        del sys.modules[name]


def test_built_in_evaluators_come_through_the_entry_point():
    discovery = discover_evaluators(allowed=())
    assert set(discovery.registry.names()) == BUILT_IN
    assert set(discovery.origins.values()) == {"otel-evaluator"}
    assert not discovery.problems


def test_a_plugin_is_loaded(plugins):
    registry = load_evaluators(allowed=["good_checks"])
    assert set(registry.names()) == BUILT_IN | {"polite", "exact"}
    items = [{"name": "exact", "type": "exact", "text": "hello"}]
    ((kind, config),) = parse_evaluators(items, registry)
    assert asyncio.run(kind.build(config)(a_subject("hello"))).value == 1.0


def test_packages_that_are_not_allowed_are_not_even_imported(plugins):
    assert set(load_evaluators(allowed=()).names()) == BUILT_IN
    assert "good_checks" not in sys.modules
    assert "bad_checks" not in sys.modules


def test_bad_plugins_are_named_and_hide_no_others(plugins):
    discovery = discover_evaluators()
    assert {"polite", "exact", "other", "raises_at_build"} <= set(discovery.registry.names())
    assert discovery.origins["contains"] == "otel-evaluator"
    problems = "\n".join(discovery.problems)
    for expected in (
        "package 'bad-checks': entry point 'raises' (bad_checks.raises) cannot be loaded: "
        "RuntimeError: no licence found; fix or uninstall the package",
        "'exits' (bad_checks.exits) cannot be loaded: it called sys.exit()",
        "'missing' (bad_checks.nowhere) cannot be loaded: ModuleNotFoundError",
        "'empty' (bad_checks.empty) cannot be loaded: the module holds no EvaluatorType",
        "'text' (bad_checks.empty:NAME) cannot be loaded: it is a str",
        "package 'bad-checks': evaluator 'contains' is already registered by 'otel-evaluator'",
    ):
        assert expected in problems
    assert len(discovery.problems) == 6


def test_loading_raises_with_every_problem(plugins):
    with pytest.raises(PluginError) as caught:
        load_evaluators()
    assert len(str(caught.value).splitlines()) == 6


def test_one_entry_point_named_by_hand():
    entry = EntryPoint("mine", "otel_evaluator.evaluators.regex:regex", GROUP)
    assert load_evaluators(entries=[entry]).names() == ["regex"]


def test_every_problem_of_the_list_is_found(plugins):
    registry = load_evaluators(allowed=["good-checks"])
    with pytest.raises(ConfigError) as caught:
        parse_evaluators(
            [
                {"name": "a", "type": "contains", "phrases": ["x"]},
                {"name": "a", "type": "length"},
                {"name": "b", "type": "contians"},
                {"name": "c"},
                "contains",
                {"name": "d", "type": "exact", "text": "x", "on": "span"},
                {"name": "e", "type": "length", "maximum": 3},
                {"name": "9!", "type": "length"},
                {"name": "f", "type": "length", "rate": 2},
            ],
            registry,
        )
    problems = caught.value.problems
    assert [p.partition(":")[0] for p in problems] == [
        "evaluators[1].name",
        "evaluators[2].type",
        "evaluators[3].type",
        "evaluators[4]",
        "evaluators[5].on",
        "evaluators[6].maximum",
        "evaluators[7].name",
        "evaluators[8].rate",
    ]
    assert problems[0].endswith(
        "'a' is taken by evaluators[0]; give each evaluator a name of its own"
    )
    assert problems[1].endswith("no evaluator is called 'contians'; did you mean 'contains'?")
    assert problems[4].endswith("exact cannot judge a span; it can judge: trace")
    assert all("; " in problem for problem in problems)


def test_an_empty_list_is_fine():
    assert parse_evaluators([], load_evaluators(allowed=())) == []
