"""Phrases that a text must, or must not, contain."""

from typing import Annotated, Literal

from pydantic import Field

from otel_evaluator.api import Check, EvaluatorConfig, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import TextSource, failed, passed, text_of
from otel_evaluator.model.outcome import Scored

Phrase = Annotated[str, Field(min_length=1)]


class ContainsConfig(EvaluatorConfig):
    """Settings of ``contains``."""

    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    """Phrases to look for, as plain text."""

    match: Literal["any", "all", "none"] = "any"
    """How many of the phrases must occur; with all, the value is the share that does."""

    ignore_case: bool = True
    """Whether upper and lower case are the same."""

    text: TextSource = "output"
    """Where to look: the final answer, the last user message, or all messages."""


@evaluator("contains", version=1)
def contains(config: ContainsConfig) -> Check:
    """Phrases that a text must, or must not, contain."""
    fold = str.casefold if config.ignore_case else str
    wanted = [(phrase, fold(phrase)) for phrase in config.phrases]

    def check(subject: Subject) -> Verdict:
        text = text_of(subject, config.text)
        if not isinstance(text, str):
            return text
        text = fold(text)
        found = [phrase for phrase, folded in wanted if folded in text]
        if config.match == "none":
            return failed(f"contains {found[0]!r}") if found else passed()
        if config.match == "any":
            return passed(f"contains {found[0]!r}") if found else failed("contains no phrase")
        missing = next((phrase for phrase, _ in wanted if phrase not in found), None)
        if missing is None:
            return passed()
        return Scored(len(found) / len(wanted), "fail", False, f"does not contain {missing!r}")

    return check
