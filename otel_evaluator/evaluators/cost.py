"""What the model calls cost, in US dollars."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

import genai_prices
from genai_prices.data_snapshot import DataSnapshot, get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices
from pydantic import Field

from otel_evaluator.api import (
    Check,
    EvaluatorConfig,
    Scored,
    Subject,
    Unscored,
    Verdict,
    evaluator,
)
from otel_evaluator.evaluators._answers import NO_CALL
from otel_evaluator.model.genai import ModelCall, Usage

MAX_SHOWN = 60
"""Longest model name that is quoted, in characters."""
_SAMPLE = 1_000_000


class Rates(NamedTuple):
    """US dollars a call and a token, where a price has no tiers; input excludes cached tokens."""

    call: float
    input: float
    output: float
    cache_read: float
    cache_write: float


class CostConfig(EvaluatorConfig):
    """Settings of ``cost``."""

    max: Annotated[float, Field(ge=0)] | None = None
    """Highest cost in US dollars that passes."""

    recorded: Literal["prefer", "ignore"] = "prefer"
    """Whether a cost that the instrumentation recorded wins over the price list."""


@evaluator("cost", version=1, quantity=True)
def cost(config: CostConfig) -> Check:
    """What the model calls cost, in US dollars."""
    prefer_recorded = config.recorded == "prefer"
    get_snapshot()  # reading the price list takes a fifth of a second: not on the first subject

    def check(subject: Subject) -> Verdict:
        if not subject.calls:
            return NO_CALL
        total = cost_of(subject, prefer_recorded)
        if isinstance(total, Unscored):
            return total
        if config.max is None:
            return Scored(total)
        if total <= config.max:
            return Scored(total, "pass", True)
        return Scored(total, "fail", False, f"more than {config.max:g} USD")

    return check


def cost_of(subject: Subject, prefer_recorded: bool = True) -> float | Unscored:
    """US dollars of all model calls of a subject; Unscored when one of them is unknown."""
    total = 0.0
    for call in subject.calls:
        if prefer_recorded and call.cost_usd is not None:
            total += call.cost_usd
            continue
        price = call_cost(call)
        if isinstance(price, Unscored):
            return price
        total += price
    return total


def call_cost(call: ModelCall) -> float | Unscored:
    """US dollars by the price list; Unscored when price or token counts are unknown."""
    usage = call.usage
    if not usage.input_tokens and not usage.output_tokens:
        # A call that failed before the model answered is not billed.
        return 0.0 if call.error else Unscored("incomplete", "a model call has no token counts")
    if usage.cache_read_tokens + usage.cache_write_tokens > usage.input_tokens:
        return Unscored("incomplete", "token counts contradict each other")
    name = call.model or call.request_model
    info = _model(call.provider.lower(), name)
    if info is None and call.request_model:
        info = _model(call.provider.lower(), call.request_model)
    if info is None:
        return Unscored("unmapped", f"no price for model {name[:MAX_SHOWN]!r}")
    price = info.get_prices(datetime.fromtimestamp(call.start_ns / 1e9, UTC))
    rates = _rates(price)
    if rates is None:
        return _calculate(price, usage)
    uncached = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
    return (
        rates.call
        + rates.input * uncached
        + rates.output * usage.output_tokens
        + rates.cache_read * usage.cache_read_tokens
        + rates.cache_write * usage.cache_write_tokens
    )


@lru_cache(maxsize=1024)
def _model(provider: str, name: str) -> ModelInfo | None:
    """The price list's entry; a provider it does not know is found by the model's name."""
    # A snapshot of its own: the library remembers every name it was ever asked for.
    prices = DataSnapshot(providers=get_snapshot().providers, from_auto_update=False)
    for known in (provider, None) if provider else (None,):
        try:
            return prices.find_provider_model(name, None, known, None)[1]
        except LookupError:
            continue
    return None


_RATES: dict[int, tuple[ModelPrice, Rates | None]] = {}
"""By identity of the price, which is kept with it; bounded by the price list."""


def _rates(price: ModelPrice) -> Rates | None:
    """Rates by asking the library for samples; None where the price has tiers."""
    known = _RATES.get(id(price))
    if known is None:
        known = _RATES[id(price)] = (price, _sample(price))
    return known[1]


def _sample(price: ModelPrice) -> Rates | None:
    if any(isinstance(value, TieredPrices) for value in vars(price).values()):
        return None
    base = _calculate(price, Usage())

    def rate(usage: Usage) -> float:
        return (_calculate(price, usage) - base) / _SAMPLE

    return Rates(
        base,
        rate(Usage(input_tokens=_SAMPLE)),
        rate(Usage(output_tokens=_SAMPLE)),
        rate(Usage(input_tokens=_SAMPLE, cache_read_tokens=_SAMPLE)),
        rate(Usage(input_tokens=_SAMPLE, cache_write_tokens=_SAMPLE)),
    )


def _calculate(price: Any, usage: Usage) -> float:
    tokens = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )
    return float(price.calc_price(tokens)["total_price"])
