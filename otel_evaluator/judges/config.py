"""What users set about a judge."""

from typing import Annotated, Any, Literal

from pydantic import Field

from otel_evaluator.config.base import ComponentConfig, Duration
from otel_evaluator.config.secret import Secret


class JudgeBudgetConfig(ComponentConfig):
    """What may be spent on judging; hours and days are those of UTC.

    While a window fills faster than it may, evaluators that ask for judgements select fewer
    subjects; what is over all the same is unscored(budget).
    """

    usd_per_hour: Annotated[float, Field(gt=0)] | None = None
    """US dollars in an hour."""

    usd_per_day: Annotated[float, Field(gt=0)] | None = None
    """US dollars in a day."""

    tokens_per_hour: Annotated[int, Field(gt=0)] | None = None
    """Tokens in an hour, of questions and answers."""

    tokens_per_day: Annotated[int, Field(gt=0)] | None = None
    """Tokens in a day, of questions and answers."""


class PriceConfig(ComponentConfig):
    """What a model costs, in US dollars per million tokens."""

    input: Annotated[float, Field(ge=0)]
    """Tokens of the question."""

    output: Annotated[float, Field(ge=0)]
    """Tokens of the answer."""


class JudgeConfig(ComponentConfig):
    """A model endpoint that evaluators of type ``judge`` may ask."""

    provider: Literal["openai", "anthropic"] = "openai"
    """The protocol spoken: OpenAI-compatible chat completions, or Anthropic messages."""

    base_url: str = ""
    """Where the endpoint is; empty for the provider's own."""

    local: bool = False
    """The endpoint is in the own network: http and private addresses are allowed, and without
    a ``price`` it costs nothing."""

    local_only: bool = False
    """Connect to private and loopback addresses only, so that no text leaves the own network."""

    api_key: Secret = Secret("")
    """The key; usually ${env:NAME}."""

    model: str
    """The model to ask."""

    parameters: dict[str, Any] = Field(default_factory=lambda: {"temperature": 0})
    """Further parameters of each request; one that the endpoint rejects by name is left out
    from then on."""

    max_tokens: Annotated[int, Field(gt=0)] = 1024
    """Longest answer, in tokens."""

    max_concurrency: Annotated[int, Field(gt=0, le=1024)] = 64
    """Requests in flight at most, fewer where the endpoint refuses more; judges of one endpoint
    and key share them, and the lowest of their settings counts."""

    timeout: Annotated[Duration, Field(gt=0)] = 30.0
    """Total deadline of one request."""

    attempts: Annotated[int, Field(gt=0)] = 5
    """Requests for one question at most; refusals for too many requests do not count."""

    max_age: Annotated[Duration, Field(gt=0)] = 600.0
    """How long one question may wait for its answer, attempts and waits together."""

    price: PriceConfig | None = None
    """What the model costs, where the price list does not know it or is wrong."""

    unknown_price: PriceConfig | None = None
    """What to assume of a model that the price list does not know; without it such a model is
    refused."""

    budget: JudgeBudgetConfig = JudgeBudgetConfig()
    """What may be spent on this judge."""

    trace: bool = False
    """Write a span of each request beside the score it led to."""
