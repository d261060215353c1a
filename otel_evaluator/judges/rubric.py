"""What a judge is asked to measure: criteria, steps, a scale and what the subject must have."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from otel_evaluator.config.base import ComponentConfig

Part = Literal["input", "output", "context", "tools", "transcript", "system", "reference"]
"""A piece of the subject that can be shown to a judge as evidence."""

Text = Annotated[str, Field(min_length=1, max_length=8000)]


class ExampleConfig(ComponentConfig):
    """A judged case, shown to the judge with every question."""

    evidence: dict[Part, Text]
    """What the judge would have seen."""

    score: float | str
    """The right score or choice."""

    reasoning: Text
    """Why it is right, in a sentence."""


class RubricConfig(ComponentConfig):
    """A rubric: built in under a name, or written in the configuration."""

    criteria: Text
    """What is measured, in one paragraph."""

    steps: tuple[Text, ...] = ()
    """How to arrive at a score, in order; frozen into the evaluator's revision."""

    scale: tuple[float, float] | None = None
    """Lowest and highest score. ``[0, 1]`` allows fractions, others whole numbers only."""

    choices: dict[str, Annotated[float, Field(ge=0, le=1)]] | None = None
    """Labels to choose from and the value of each; instead of a scale."""

    levels: dict[str, Text] = Field(default_factory=dict)
    """What a score or a choice means."""

    needs: tuple[Part, ...] = ("input", "output")
    """Evidence without which nothing can be said."""

    shows: tuple[Part, ...] = ()
    """Evidence shown as well where there is some."""

    examples: tuple[ExampleConfig, ...] = ()
    """Judged cases that are part of every question."""

    @model_validator(mode="after")
    def _one_scale(self) -> Self:
        if (self.scale is None) == (self.choices is None):
            raise ValueError(
                "set either scale, such as [1, 5], or choices, such as {yes: 1, no: 0}"
            )
        if self.scale is not None:
            low, high = self.scale
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise ValueError("scale is [lowest, highest]")
            if not self.is_fractional and not (low.is_integer() and high.is_integer()):
                raise ValueError("a scale other than [0, 1] needs whole numbers")
        elif len(self.choices or ()) < 2:
            raise ValueError("choices needs at least two labels")
        unknown = set(self.levels) - set(self.scores)
        if unknown and not self.is_fractional:
            raise ValueError(f"levels names {sorted(unknown)}, which no answer can be")
        return self

    @property
    def is_fractional(self) -> bool:
        """Whether scores between the ends are allowed."""
        return self.scale == (0.0, 1.0)

    @property
    def scores(self) -> tuple[str, ...]:
        """Every possible answer as text; of a fractional scale the ends."""
        if self.choices is not None:
            return tuple(self.choices)
        assert self.scale is not None
        low, high = self.scale
        if self.is_fractional:
            return ("0", "1")
        return tuple(str(score) for score in range(int(low), int(high) + 1))

    def value(self, score: Any) -> float | None:
        """A raw score on [0, 1]; None when it is not one that the rubric allows."""
        if self.choices is not None:
            return self.choices.get(score) if isinstance(score, str) else None
        if isinstance(score, bool) or not isinstance(score, int | float):
            return None
        assert self.scale is not None
        low, high = self.scale
        # Comparing first: a huge integer has no float.
        if not low <= score <= high or not math.isfinite(score):
            return None
        if not self.is_fractional and int(score) != score:
            return None
        return (float(score) - low) / (high - low)

    def answer_schema(self) -> dict[str, Any]:
        """JSON schema of the judge's answer: the reasoning first, so that it comes first."""
        score: dict[str, Any]
        if self.choices is not None:
            score = {"type": "string", "enum": [*self.choices]}
        elif self.is_fractional:
            score = {"type": "number", "minimum": 0, "maximum": 1}
        else:
            score = {"type": "integer", "enum": [int(each) for each in self.scores]}
        return {
            "type": "object",
            "properties": {"reasoning": {"type": "string"}, "score": score},
            "required": ["reasoning", "score"],
            "additionalProperties": False,
        }
