"""What users set about sampling."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from otel_evaluator.config.base import ComponentConfig
from otel_evaluator.config.condition import Condition

Rate = Annotated[float, Field(ge=0, le=1)]


class TierConfig(ComponentConfig):
    """Subjects for which ``when`` holds are sampled at ``rate``."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    """Name of the tier; a metric label and a column of every score."""

    rate: Rate
    """Sampling rate, 0 to 1; the highest matching rate wins."""

    when: str
    """CEL condition over signals, span, trace, resource and attributes."""

    @field_validator("when")
    @classmethod
    def _compiles(cls, value: str) -> str:
        Condition(value)
        return value

    @field_validator("name")
    @classmethod
    def _not_reserved(cls, value: str) -> str:
        if value in ("base", "unresolved"):
            raise ValueError(f"{value!r} is reserved; choose another name")
        return value


class BudgetConfig(ComponentConfig):
    """Bounds on selected subjects; the rates move, nothing is cut off."""

    min_per_day: Annotated[int, Field(ge=0)] = 0
    """Raise the tier rates while fewer subjects than this would be selected in a day."""

    max_per_day: Annotated[int, Field(gt=0)] | None = None
    """Lower the tier rates while more subjects than this would be selected in a day."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_per_day is not None and self.min_per_day > self.max_per_day:
            raise ValueError("min_per_day is above max_per_day; swap or widen them")
        return self


class SamplingConfig(ComponentConfig):
    """Which subjects are evaluated."""

    key: Literal["conversation", "trace"] = "conversation"
    """What is sampled as a whole: conversations (traces that name none fall back to their
    trace id) or traces."""

    seed: int = Field(default=0, ge=0, lt=2**63)
    """Changes which keys are kept; give every replica the same value."""

    base_rate: Rate = 0.10
    """Rate of subjects for which no tier's condition holds."""

    upstream_probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Probability of a sampler in front that writes no ``th`` into the trace state."""

    tiers: tuple[TierConfig, ...] = ()
    """Boosted tiers; the highest matching rate wins."""

    budget: BudgetConfig = BudgetConfig()
    """Bounds on the number of selected subjects per day."""

    accept_eval_tags: bool = False
    """Let an application name the evaluators it wants in the resource attribute eval_tags."""

    @model_validator(mode="after")
    def _unique(self) -> Self:
        names = [tier.name for tier in self.tiers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two tiers are called {name!r}; names must be unique")
        return self
