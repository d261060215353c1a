"""Evaluation steps written by a model from a rubric's criteria, once, to be frozen.

The idea of G-Eval (Liu et al. 2023, arXiv 2303.16634): a judge that follows written steps
agrees better with people. There the steps are made anew for each task; here they become part
of the rubric's text and so of the evaluator's revision.
"""

from typing import Any

from otel_evaluator.api.judge import Answer, Question
from otel_evaluator.errors import JudgeError
from otel_evaluator.judges.rubric import RubricConfig

MOST = 8
INSTRUCTIONS = (
    "You write instructions for a judge of answers by an AI application. From the criteria and"
    " the meaning of the scores below, write the steps by which the judge arrives at a score: what"
    " to look for, in which order, and how to decide between two neighbouring scores. Each step is"
    " one sentence in the imperative. Use the criteria only."
)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"steps": {"type": "array", "items": {"type": "string"}}},
    "required": ["steps"],
    "additionalProperties": False,
}


def question(rubric: RubricConfig) -> Question:
    """What a model is asked for the steps of a rubric."""
    lines = ["Criteria:", rubric.criteria, "", f"Scores: {', '.join(rubric.scores)}"]
    lines += [f"- {score}: {meaning}" for score, meaning in rubric.levels.items()]
    lines += ["", f"The judge sees: {', '.join((*rubric.needs, *rubric.shows))}."]
    return Question(INSTRUCTIONS, "\n".join(lines), {}, SCHEMA)


def steps_of(answer: Answer) -> tuple[str, ...]:
    """The steps in an answer, at most MOST; JudgeError when it holds none."""
    found = answer.value.get("steps")
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise JudgeError("the answer holds no list of steps")
    steps = tuple(" ".join(each.split())[:500] for each in found if each.strip())[:MOST]
    if not steps:
        raise JudgeError("the answer holds no step")
    return steps
