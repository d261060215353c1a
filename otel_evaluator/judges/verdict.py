"""A judge's structured answer to a verdict: only an allowed score counts, nothing is guessed."""

from typing import Any

from otel_evaluator.api.judge import Answer
from otel_evaluator.judges.rubric import RubricConfig
from otel_evaluator.model.outcome import Scored, Unscored


def verdict(rubric: RubricConfig, answer: Answer) -> Scored | Unscored:
    """The verdict; Unscored(invalid_verdict) for whatever the rubric does not allow."""
    found = answer.value
    if set(found) != {"reasoning", "score"} or not isinstance(found["reasoning"], str):
        return Unscored("invalid_verdict", "the answer has other fields than reasoning and score")
    value = rubric.value(found["score"])
    if value is None:
        return Unscored("invalid_verdict", "the score is none that the rubric allows")
    return Scored(
        value=value,
        label=_label(rubric, found["score"]),
        explanation=found["reasoning"],
        judge_model=answer.model,
        judge_input_tokens=answer.input_tokens,
        judge_output_tokens=answer.output_tokens,
        judge_cost_usd=answer.cost_usd,
    )


def _label(rubric: RubricConfig, score: Any) -> str:
    """The raw score as text."""
    if rubric.choices is not None:
        return str(score)
    return f"{score:g}" if rubric.is_fractional else str(int(score))
