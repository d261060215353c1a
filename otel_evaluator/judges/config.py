"""What users set about a judge."""

from typing import Annotated, Any, Literal

from pydantic import Field

from otel_evaluator.config.base import ComponentConfig, Duration
from otel_evaluator.config.secret import Secret


class JudgeBudgetConfig(ComponentConfig):
    """Money a judge may spend."""

    usd_per_day: Annotated[float, Field(gt=0)] | None = None
    """US dollars in a day (UTC); what is over is unscored(budget)."""


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
    """Requests in flight at most; fewer where the endpoint refuses more."""

    timeout: Annotated[Duration, Field(gt=0)] = 30.0
    """Total deadline of one request."""

    attempts: Annotated[int, Field(gt=0)] = 5
    """Requests for one question at most; refusals for too many requests do not count."""

    max_age: Annotated[Duration, Field(gt=0)] = 600.0
    """How long one question may wait for its answer, attempts and waits together."""

    price: PriceConfig | None = None
    """What the model costs, where the price list does not know it or is wrong."""

    budget: JudgeBudgetConfig = JudgeBudgetConfig()
    """Money the judge may spend."""
