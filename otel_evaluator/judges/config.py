"""What users set about a judge."""

from typing import Annotated, Literal

from pydantic import Field

from otel_evaluator.config.base import ComponentConfig, Duration
from otel_evaluator.config.secret import Secret


class JudgeBudgetConfig(ComponentConfig):
    """Money a judge may spend."""

    usd_per_day: Annotated[float, Field(gt=0)] | None = None
    """US dollars in a day."""


class JudgeConfig(ComponentConfig):
    """A model endpoint that evaluators may ask. Checked, and not used by any evaluator yet."""

    provider: Literal["openai", "anthropic"] = "openai"
    """The protocol spoken: OpenAI-compatible chat completions, or Anthropic messages."""

    base_url: str = ""
    """Where the endpoint is; empty for the provider's own."""

    api_key: Secret = Secret("")
    """The key; usually ${env:NAME}."""

    model: str
    """The model to ask."""

    max_concurrency: Annotated[int, Field(gt=0, le=1024)] = 64
    """Requests in flight at most."""

    timeout: Annotated[Duration, Field(gt=0)] = 30.0
    """Total deadline of one request."""

    budget: JudgeBudgetConfig = JudgeBudgetConfig()
    """Money the judge may spend."""
