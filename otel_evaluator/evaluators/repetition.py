"""The answer says the same thing again and again."""

import json
import re
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


@evaluator("repetition", version=2)
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
    text = text[:MAX_TEXT].lower()
    if _is_json(text):
        # Records look alike.
        return 0.0
    units = text.split()
    if len(units) * 20 < len(text):
        # Text without spaces: characters take the place of words.
        units = list(text)
    if not _repeated_windows(units, 3):
        return 0.0
    share = _repeated_windows(units, WINDOW) if len(units) >= 4 * WINDOW else 0.0
    sentences = [s for s in map(str.strip, _SENTENCE_END.split(text)) if len(s) >= MIN_SENTENCE]
    if len(sentences) > 1:
        share = max(share, _repeated_sentences(sentences[:MAX_SENTENCES], similarity))
    return share


def _is_json(text: str) -> bool:
    if not text.strip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _repeated_sentences(sentences: list[str], similarity: float) -> float:
    """Sentences that differ in a number are not the same: lists and tables look alike."""
    kept: dict[tuple[str, ...], list[str]] = {}
    repeated = total = 0
    for sentence in sentences:
        total += len(sentence)
        alike = kept.setdefault(tuple(_DIGITS.findall(sentence)), [])
        if any(ratio(sentence, other, score_cutoff=similarity) for other in alike):
            repeated += len(sentence)
        else:
            alike.append(sentence)
    return repeated / total if total else 0.0


def _repeated_windows(units: list[str], size: int) -> float:
    """Share of windows of so many units that occurred before."""
    windows = list(zip(*(units[shift:] for shift in range(size)), strict=False))
    return 1.0 - len(set(windows)) / len(windows) if windows else 0.0
