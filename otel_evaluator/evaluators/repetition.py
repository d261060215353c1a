"""The answer says the same thing again and again."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field
from rapidfuzz.fuzz import ratio

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import answers, no_answer

MAX_SENTENCES = 200
"""Sentences that are compared; comparing takes the square of their number."""
MIN_SENTENCE = 12
"""Shorter sentences repeat in any text; in characters."""
MAX_TEXT = 20_000
"""Characters of an answer that are read."""
WINDOW = 6
"""Words in a row that make a repetition inside a sentence."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|[\n。！？]+")
_DIGITS = re.compile(r"\d+")


class RepetitionConfig(EvaluatorConfig):
    """Settings of ``repetition``."""

    max_share: Annotated[float, Field(ge=0, le=1)] = 0.25
    """Largest share of an answer's text that may repeat earlier text of it."""

    similarity: Annotated[float, Field(ge=50, le=100)] = 92.0
    """Two sentences are the same from this similarity on (100 is identical)."""


@evaluator("repetition", version=1)
def repetition(config: RepetitionConfig) -> Check:
    """How little of the answer repeats itself: 1 minus the repeated share."""

    def check(subject: Subject) -> Verdict:
        found = answers(subject)
        if not found:
            missing = no_answer(subject)
            return missing if missing is not None else Scored(1.0, "pass", True)
        shares = [repeated_share(answer.text, config.similarity) for answer in found]
        worst = max(range(len(shares)), key=shares.__getitem__)
        share = shares[worst]
        if share <= config.max_share:
            return Scored(1.0 - share, "pass", True)
        return Scored(
            1.0 - share, "fail", False, f"{share:.0%} of answer {worst + 1} repeats earlier text"
        )

    return check


def repeated_share(text: str, similarity: float = 92.0) -> float:
    """Share of the text that stands in it before: by sentences, or by windows of words."""
    text = text[:MAX_TEXT]
    sentences = [s for s in map(str.strip, _SENTENCE_END.split(text)) if len(s) >= MIN_SENTENCE]
    share = (
        _repeated_sentences(sentences[:MAX_SENTENCES], similarity) if len(sentences) > 1 else 0.0
    )
    words = text.split()
    if len(words) >= 4 * WINDOW:
        share = max(share, _repeated_windows(words))
    elif len(words) * 20 < len(text):
        # Text without spaces: characters take the place of words.
        share = max(share, _repeated_windows(list(text)))
    return share


def _repeated_sentences(sentences: list[str], similarity: float) -> float:
    """Sentences that differ in a number are not the same: lists and tables look alike."""
    kept: dict[tuple[str, ...], list[str]] = {}
    repeated = total = 0
    for sentence in sentences:
        total += len(sentence)
        folded = sentence.lower()
        alike = kept.setdefault(tuple(_DIGITS.findall(folded)), [])
        if any(ratio(folded, other, score_cutoff=similarity) for other in alike):
            repeated += len(sentence)
        else:
            alike.append(folded)
    return repeated / total if total else 0.0


def _repeated_windows(words: Iterable[str]) -> float:
    """Share of windows of six words that occurred before, without overlapping themselves."""
    units = [word.lower() for word in words]
    seen: set[tuple[str, ...]] = set()
    repeated = 0
    count = len(units) - WINDOW + 1
    for start in range(max(count, 0)):
        window = tuple(units[start : start + WINDOW])
        if window in seen:
            repeated += 1
        else:
            seen.add(window)
    return repeated / count if count > 0 else 0.0
