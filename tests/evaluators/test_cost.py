import re
from datetime import UTC, datetime

import genai_prices
import pytest

from otel_evaluator.evaluators.cost import call_cost
from otel_evaluator.model.genai import Usage
from otel_evaluator.testing import a_model_call, a_subject

USAGES = [
    Usage(1000, 200),
    Usage(500_000, 9_000, cache_read_tokens=300_000),
    Usage(5_000, 10, cache_read_tokens=1_000, cache_write_tokens=2_000),
    Usage(0, 7),
]


@pytest.mark.parametrize("usage", USAGES)
@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-mini"),
        ("anthropic", "claude-sonnet-4-5"),
        ("google", "gemini-2.5-pro"),
        ("deepseek", "deepseek-chat"),
    ],
)
def test_agrees_with_the_price_list(provider, model, usage):
    call = a_model_call(provider=provider, model=model, usage=usage)
    expected = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens,
        ),
        model,
        provider_id=provider,
        genai_request_timestamp=datetime.fromtimestamp(call.start_ns / 1e9, UTC),
    )
    assert call_cost(call) == pytest.approx(float(expected.total_price), rel=1e-9)


def test_calls_are_summed(evaluate):
    one = a_model_call(usage=Usage(1_000_000, 0))
    assert evaluate("cost", a_subject(calls=(one,))).value == pytest.approx(0.15)
    assert evaluate("cost", a_subject(calls=(one, one))).value == pytest.approx(0.30)


@pytest.mark.parametrize(
    ("recorded", "value"), [({}, 7.0), ({"recorded": "ignore"}, pytest.approx(0.15))]
)
def test_recorded_cost_wins_unless_told_otherwise(evaluate, recorded, value):
    call = a_model_call(usage=Usage(1_000_000, 0), cost_usd=7.0)
    assert evaluate("cost", a_subject(calls=(call,)), **recorded).value == value


def test_an_unknown_price_is_never_zero(evaluate):
    call = a_model_call(model="house-llm-9", request_model="house-llm-9", provider="house")
    verdict = evaluate("cost", a_subject(calls=(a_model_call(), call)))
    assert verdict.reason == "unmapped"
    assert "house-llm-9" in verdict.explanation


def test_an_unknown_provider_is_found_by_the_model(evaluate):
    call = a_model_call(provider="my-gateway", usage=Usage(1_000_000, 0))
    assert evaluate("cost", a_subject(calls=(call,))).value == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("usage", "error", "reason"),
    [(Usage(), "", "incomplete"), (Usage(10, 0, cache_read_tokens=99), "", "incomplete")],
)
def test_odd_usage(evaluate, usage, error, reason):
    call = a_model_call(usage=usage, error=error)
    assert evaluate("cost", a_subject(calls=(call,))).reason == reason


def test_a_failed_call_costs_nothing(evaluate):
    failed = a_model_call(usage=Usage(), error="RateLimitError")
    assert evaluate("cost", a_subject(calls=(failed,))).value == 0.0


def test_no_model_call(evaluate):
    assert evaluate("cost", a_subject(calls=())).reason == "not_applicable"


@pytest.mark.parametrize(("limit", "passes"), [(0.2, True), (0.1, False)])
def test_limit(evaluate, limit, passes):
    call = a_model_call(usage=Usage(1_000_000, 0))
    verdict = evaluate("cost", a_subject(calls=(call,)), max=limit)
    assert verdict.passed is passes
    assert re.fullmatch("|more than 0.1 USD", verdict.explanation)
