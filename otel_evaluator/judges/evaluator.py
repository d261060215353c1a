"""The evaluator type ``judge``: makes the question; the front process asks it."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from otel_evaluator.api import Check, EvaluatorConfig, Subject, Unscored, evaluator
from otel_evaluator.api.judge import Asked, Question
from otel_evaluator.judges.evidence import part_of
from otel_evaluator.judges.rubric import RubricConfig
from otel_evaluator.judges.rubrics import RUBRICS
from otel_evaluator.text.redact import Redactor, finder

INSTRUCTIONS = (
    "You are a careful judge of answers by an AI application. You measure one thing, described"
    " below, on evidence from one case. You cannot ask back, and you use nothing but the evidence."
)
LEAST_LETTERS = 2
"""Letters or digits below which a reply says nothing: such replies fool judges (Zhao et al.
2025, "One token to fool LLM-as-a-judge", arXiv 2507.08794), so none is asked."""


def _named(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in RUBRICS:
        raise ValueError(f"no built-in rubric {value!r}; there are {', '.join(sorted(RUBRICS))}")
    return RUBRICS[value]


class JudgeEvaluatorConfig(EvaluatorConfig):
    """Settings of ``judge``."""

    rubric: Annotated[RubricConfig, BeforeValidator(_named)]
    """Name of a built-in rubric, or one of your own."""

    judge: str = "default"
    """Which of the configured judges is asked."""

    redact: bool = True
    """Replace personal data by placeholders before anything is sent to the judge."""

    regions: tuple[Annotated[str, Field(min_length=2, max_length=2)], ...] = ("US",)
    """Countries (ISO 3166 alpha-2) whose national telephone numbers are recognised."""

    @model_validator(mode="after")
    def _no_reference(self) -> Self:
        if "reference" in self.rubric.needs:
            raise ValueError("the rubric needs a reference, which live traffic does not have")
        return self


@evaluator("judge", version=1, deterministic=False)
def judge(config: JudgeEvaluatorConfig) -> Check:
    """What a model says of the subject, by a rubric."""
    rubric = config.rubric
    text, schema = text_of(rubric), rubric.answer_schema()
    personal = finder(config.regions) if config.redact else None

    def check(subject: Subject) -> Unscored | Asked:
        evidence = {part: part_of(subject, part) for part in (*rubric.needs, *rubric.shows)}
        for part in rubric.needs:
            if not evidence[part].strip():
                return Unscored("no_content", f"the subject has no {part}, which the rubric needs")
        output = evidence.get("output")
        if output is not None and sum(map(str.isalnum, output)) < LEAST_LETTERS:
            return Unscored("uncertain", "the answer says nothing that could be judged")
        if personal is not None:
            redactor = Redactor(personal)
            evidence = {part: redactor.text(each) for part, each in evidence.items()}
        shown: dict[str, str] = {part: each for part, each in evidence.items() if each}
        return Asked(config.judge, Question(INSTRUCTIONS, text, shown, schema))

    return check


def text_of(rubric: RubricConfig) -> str:
    """The rubric as the judge reads it; the same for every question."""
    lines = ["What is measured:", rubric.criteria]
    if rubric.steps:
        lines += ["", "Steps:"]
        lines += [f"{number}. {step}" for number, step in enumerate(rubric.steps, 1)]
    lines += ["", f"The score is {_choices(rubric)}."]
    lines += [f"- {score}: {meaning}" for score, meaning in rubric.levels.items()]
    for number, example in enumerate(rubric.examples, 1):
        lines += ["", f"Example {number}:"]
        lines += [f"{part}: {text}" for part, text in example.evidence.items()]
        lines += [f"score: {example.score}", f"reasoning: {example.reasoning}"]
    return "\n".join(lines)


def _choices(rubric: RubricConfig) -> str:
    if rubric.is_fractional:
        return "a number from 0 (worst) to 1 (best)"
    if rubric.choices is not None:
        return "one of " + ", ".join(rubric.scores)
    return f"a whole number from {rubric.scores[0]} (worst) to {rubric.scores[-1]} (best)"
