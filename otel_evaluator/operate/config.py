"""What users set about alerts."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from otel_evaluator.config.base import ComponentConfig, Duration

Share = Annotated[float, Field(ge=0, le=1)]


class ObjectiveConfig(ComponentConfig):
    """What an evaluator's scores are expected to be."""

    pass_rate: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Share of all traffic that is to pass."""

    min_mean: float | None = None
    """Mean score below which an alert fires."""

    max_mean: float | None = None
    """Mean score above which an alert fires; for seconds, dollars and lengths."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.pass_rate is None and self.min_mean is None and self.max_mean is None:
            raise ValueError("set pass_rate, min_mean or max_mean")
        return self


class AlertsConfig(ComponentConfig):
    """What `otel-evaluator rules` writes alerts about."""

    objectives: dict[str, ObjectiveConfig] = Field(default_factory=dict)
    """By evaluator. Evaluators without one get no alert about the height of their scores."""

    min_samples: Annotated[int, Field(gt=0)] = 50
    """Effective number of scores in an hour below which no alert about scores fires."""

    sustained: Annotated[Duration, Field(gt=0)] = 900.0
    """How long a condition must hold."""

    keep_firing: Annotated[Duration, Field(ge=0)] = 900.0
    """How long an alert goes on after its condition ends."""

    min_coverage: Share = 0.8
    """Share of an evaluator's outcomes that are to have a score."""

    max_failures: Share = 0.05
    """Share of an evaluator's outcomes that may have failed."""

    max_cost_share: Annotated[float, Field(gt=0)] = 0.05
    """Cost of judges over the cost of the traffic itself."""

    max_journal_age: Annotated[Duration, Field(gt=0)] = 900.0
    """Age of the oldest unfinished entry of the journal."""

    dashboard_url: str = ""
    """Address of Grafana, for links in alerts."""

    runbook_url: str = "https://github.com/otel-evaluator/otel-evaluator/blob/main/docs/alerts.md"
    """Page of the runbook; the alert's name is the anchor."""
