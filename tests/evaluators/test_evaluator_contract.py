import pytest

from otel_evaluator.api import Scored, Unscored
from otel_evaluator.api.plugins import load_evaluators, parse_evaluators
from otel_evaluator.testing import check_evaluator, check_verdict

SCHEMA = {"type": "object", "properties": {"order": {"type": "string", "pattern": "^(a+)+$"}}}
CONFIGURED = [
    {"type": "commitments"},
    {"type": "commitments", "kinds": ["money", "percentage", "date", "time"], "arithmetic": False},
    {"type": "contains", "phrases": ["order", "\U0001f469"]},
    {"type": "contains", "phrases": ["order", "x"], "match": "all", "text": "transcript"},
    {"type": "cost", "max": 0.01},
    {"type": "action_safety"},
    {"type": "argument_extraction"},
    {"type": "error_recovery"},
    {"type": "factual_grounding"},
    {"type": "goal_progress"},
    {"type": "groundedness_lexical"},
    {"type": "handoff_quality"},
    {"type": "instruction_adherence"},
    {"type": "optimal_plan_execution"},
    {"type": "plan_coherence"},
    {"type": "privacy_and_safety"},
    {"type": "result_utilisation"},
    {"type": "structured_output"},
    {"type": "task_completion"},
    {"type": "tool_selection"},
    {"type": "topicality"},
    {"type": "toxicity_lexical"},
    {"type": "user_signals"},
    {"type": "voice_signals"},
    {"type": "tool_selection", "expected": [{"name": "find_order"}], "match": "strict"},
    {"type": "empty"},
    {"type": "finish_reason"},
    {"type": "injection_signal"},
    {"type": "json_schema", "schema": SCHEMA},
    {"type": "judge", "rubric": "answer_relevance"},
    {"type": "judge", "rubric": {"criteria": "Polite?", "scale": [0, 1], "needs": ["output"]}},
    {"type": "language_match"},
    {"type": "language_match", "languages": ["en", "ru", "ar"], "expected": "en"},
    {"type": "latency", "max": "1s"},
    {"type": "latency", "measure": "time_to_first_chunk"},
    {"type": "metric", "object": "tests.support.autoevals:Levenshtein"},
    {"type": "length", "min": 1, "max": 100, "unit": "words"},
    {"type": "pii", "regions": ["US", "DE"], "allow_from_user": False},
    {"type": "python", "callable": f"{__name__}:words"},
    {"type": "refusal"},
    {"type": "regex", "pattern": "(a|a)*$", "text": "transcript"},
    {"type": "repetition"},
    {"type": "tool_calls"},
    {"type": "tool_calls", "tools": {"find_order": SCHEMA}},
]


def words(answer: str) -> float:
    return float(len(answer.split()))


@pytest.mark.parametrize("item", CONFIGURED, ids=str)
async def test_contract(item, registry):
    ((kind, config),) = parse_evaluators([{"name": "it", **item}], registry)
    await check_evaluator(kind, config)


def test_every_registered_evaluator_is_checked(registry):
    assert {item["type"] for item in CONFIGURED} == set(registry.names())


def test_every_evaluator_has_a_summary_and_a_test(registry, request):
    for kind in registry:
        assert kind.summary.endswith((".", "form.")), kind.name
        assert (request.path.parent / f"test_{kind.name}.py").exists(), kind.name


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("not_finite", "inf is not finite"),
        ("invents_a_reason", "unknown reason 'did_not_feel_like_it'"),
        ("returns_nonsense", "'fine'"),
        ("forgets", "and then Scored"),
    ],
)
async def test_rude_plugins_are_found_out(monkeypatch, request, name, problem):
    monkeypatch.syspath_prepend(str(request.path.parents[1] / "data" / "plugins"))
    registry = load_evaluators(allowed=["rude-checks"])
    ((kind, config),) = parse_evaluators([{"name": "it", "type": name}], registry)
    with pytest.raises(AssertionError, match=problem):
        await check_evaluator(kind, config)


@pytest.mark.parametrize(
    "verdict",
    [
        "fine",
        Scored(),
        Scored(1),  # an int where a double is written
        Scored(1.0, explanation="\ud800"),
        Scored(1.0, explanation="x" * 5_000),
        Unscored("whatever"),
    ],
)
def test_verdicts_that_cannot_be_written(verdict):
    with pytest.raises((AssertionError, UnicodeEncodeError)):
        check_verdict(verdict)
