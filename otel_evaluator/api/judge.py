"""The door to models that judge: a question in parts, a structured answer."""

from typing import Any

import msgspec


class Question(msgspec.Struct, frozen=True):
    """What a judge is asked, in parts.

    Only a judge's prompt builder makes text of them, so that evidence is marked as data in
    one place.
    """

    instructions: str
    """Fixed per evaluator revision."""
    rubric: str
    evidence: dict[str, str]
    """Named pieces of the subject; never instructions."""
    answer_schema: dict[str, Any]
    """JSON schema of the structured answer."""


class Answer(msgspec.Struct, frozen=True):
    """A judge's structured answer and what it cost."""

    value: dict[str, Any]
    model: str
    """The answering model as the endpoint names it."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


class Asked(msgspec.Struct, frozen=True):
    """What an evaluator gives back instead of a verdict: the judge's answer decides."""

    question: Question
    injections: tuple[str, ...] = ()
    """Kinds of instructions to a model that the evidence shows signs of."""
