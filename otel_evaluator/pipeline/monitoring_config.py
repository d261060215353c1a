"""What users set about watching scores."""

from typing import Annotated

from pydantic import Field

from otel_evaluator.config.base import ComponentConfig, Duration


class MonitoringConfig(ComponentConfig):
    """Bounds that hold at all times, and regressions, by evaluator, service and environment."""

    enabled: bool = True
    """Whether scores are watched."""

    window: Annotated[Duration, Field(gt=0)] = 3600.0
    """The time that is compared with what was before it."""

    windows: Annotated[int, Field(gt=0, le=1000)] = 24
    """How many windows before it are the baseline."""

    margin: Annotated[float, Field(ge=0, le=1)] = 0.1
    """A drop that is estimated smaller is no regression, however certain it is."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Chance of a false alarm within the time of a baseline."""

    min_samples: Annotated[int, Field(gt=0)] = 50
    """Effective number of scores that a window and the baseline need."""

    max_segments: Annotated[int, Field(gt=0)] = 500
    """Watched combinations at most; further ones are not watched."""
