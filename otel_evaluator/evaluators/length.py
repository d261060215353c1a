"""How long the answer is."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import TextSource, text_of


class LengthConfig(EvaluatorConfig):
    """Settings of ``length``."""

    min: Annotated[int, Field(ge=0)] | None = None
    """Shortest answer that passes; 1 finds empty answers."""

    max: Annotated[int, Field(ge=0)] | None = None
    """Longest answer that passes."""

    unit: Literal["characters", "words"] = "characters"
    """What is counted; words are separated by white space, so not for Chinese or Japanese."""

    text: TextSource = "output"
    """What is measured: the final answer, the last user message, or all messages."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is greater than max {self.max}; swap them")
        return self


@evaluator("length", version=1, quantity=True)
def length(config: LengthConfig) -> Check:
    """How long the answer is: a number of characters or words, not a share."""
    low = config.min or 0
    high = config.max if config.max is not None else float("inf")
    limited = config.min is not None or config.max is not None

    def check(subject: Subject) -> Verdict:
        text = text_of(subject, config.text)
        if not isinstance(text, str):
            return text
        size = len(text) if config.unit == "characters" else len(text.split())
        if not limited:
            return Scored(float(size))
        if size < low:
            return Scored(float(size), "too_short", False, f"shorter than {low} {config.unit}")
        if size > high:
            return Scored(float(size), "too_long", False, f"longer than {high} {config.unit}")
        return Scored(float(size), "pass", True)

    return check
