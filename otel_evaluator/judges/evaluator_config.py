"""What users set about an evaluator of type ``judge``."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    field_validator,
    model_validator,
)

from otel_evaluator.api.evaluator import EvaluatorConfig
from otel_evaluator.config.base import ComponentConfig, Duration
from otel_evaluator.errors import ConfigError
from otel_evaluator.judges.config import JudgeBudgetConfig
from otel_evaluator.judges.escalation import CascadeConfig, checked
from otel_evaluator.judges.labels import load
from otel_evaluator.judges.rubric import ExampleConfig, Part, RubricConfig
from otel_evaluator.judges.rubrics import RUBRICS
from otel_evaluator.text.linear import compile_linear


def _named(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in RUBRICS:
        raise ValueError(f"no built-in rubric {value!r}; there are {', '.join(sorted(RUBRICS))}")
    return RUBRICS[value]


def _pattern(value: str) -> str:
    if compile_linear(value).search("") is not None:
        raise ValueError("the pattern matches the empty text")
    return value


class ConfirmConfig(ComponentConfig):
    """Have a second judge look at some verdicts."""

    judge: str
    """The second judge; another model than the first."""

    when: str
    """CEL condition over the first verdict's ``score``, ``label`` and ``passed``, as in
    ``score < 0.5``."""

    tolerance: Annotated[float, Field(ge=0, le=1)] = 0.25
    """Largest difference of two scores that agree, where no threshold says which of them pass."""

    _checked = field_validator("when")(checked)


class RepeatConfig(ComponentConfig):
    """Ask about some subjects several times, to know the judge's own variance."""

    n: Annotated[int, Field(ge=2, le=10)] = 3
    """Judgements of such a subject."""

    fraction: Annotated[float, Field(gt=0, le=1)] = 0.02
    """Share of subjects that are judged so often."""


class CanariesConfig(ComponentConfig):
    """Ask about cases with known labels again and again, to notice when the judge changes."""

    file: Path
    """Labels with ``evidence``, one JSON object a line; leave them as they are."""

    every: Annotated[Duration, Field(ge=60)] = 3600.0
    """Time between two rounds."""

    margin: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Change of the mean score, against the first round, from which the judge has moved."""


class FewShotConfig(ComponentConfig):
    """Show labelled cases to the judge as examples, besides those of the rubric."""

    from_labels: Path
    """Labels with ``evidence`` and ``reasoning``; their text is part of the revision."""

    most: Annotated[int, Field(gt=0, le=20)] = 4
    """Examples shown: the first so many of the file."""


class JudgeEvaluatorConfig(EvaluatorConfig):
    """Settings of ``judge``."""

    rubric: Annotated[RubricConfig, BeforeValidator(_named)]
    """Name of a built-in rubric, or one of your own."""

    judge: str = "default"
    """Which of the configured judges is asked."""

    show: tuple[Part, ...] | None = None
    """The only parts of a subject that may leave the process; unset: those the rubric names."""

    redact: bool = True
    """Replace personal data and keys by placeholders before anything is sent to the judge."""

    regions: tuple[Annotated[str, Field(min_length=2, max_length=2)], ...] = ("US",)
    """Countries (ISO 3166 alpha-2) whose national telephone numbers are recognised."""

    redact_patterns: dict[
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")],
        Annotated[str, AfterValidator(_pattern)],
    ] = Field(default_factory=dict)
    """More to replace: patterns in RE2 syntax by name; ``ticket`` becomes ``<TICKET_1>``."""

    few_shot: FewShotConfig | None = None
    """Labelled cases shown to the judge as examples."""

    cascade: CascadeConfig | None = None
    """Ask only where a cheap evaluator is not sure, and about a share of the rest."""

    confirm: ConfirmConfig | None = None
    """Have a second judge look at some verdicts; where the two differ there is no score."""

    repeat: RepeatConfig | None = None
    """Ask about some subjects several times."""

    canaries: CanariesConfig | None = None
    """Ask about cases with known labels on a schedule."""

    budget: JudgeBudgetConfig = JudgeBudgetConfig()
    """What may be spent on this evaluator."""

    not_in_revision: ClassVar[frozenset[str]] = EvaluatorConfig.not_in_revision | {
        *("cascade", "repeat", "canaries", "budget", "few_shot")
    }
    # The examples of few_shot are in the rubric.

    @model_validator(mode="after")
    def _evidence(self) -> Self:
        if self.show is not None:
            hidden = [part for part in self.rubric.needs if part not in self.show]
            if hidden:
                raise ValueError(f"show leaves out {', '.join(hidden)}, which the rubric needs")
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _with_examples(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        made = handler(values)
        if made.few_shot is None:
            return made
        examples = (*made.rubric.examples, *_examples(made.few_shot, made.rubric, made.name))
        rubric = made.rubric.model_copy(update={"examples": examples})
        return made.model_copy(update={"rubric": rubric})


def _examples(config: FewShotConfig, rubric: RubricConfig, evaluator: str) -> list[ExampleConfig]:
    try:
        labels = load(config.from_labels, rubric, evaluator)
    except ConfigError as error:
        raise ValueError(error.problems[0]) from None
    shown = [label for label in labels if label.evidence and label.reasoning]
    if not shown:
        raise ValueError("few_shot: no label of the file has both evidence and reasoning")
    return [
        ExampleConfig(evidence=each.evidence, score=each.score, reasoning=each.reasoning)
        for each in shown[: config.most]
    ]
