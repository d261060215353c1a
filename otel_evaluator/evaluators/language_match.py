"""The answer is in the language of the question."""

from typing import Annotated

from pydantic import AfterValidator, Field

from otel_evaluator.api import (
    Check,
    EvaluatorConfig,
    Subject,
    Unscored,
    Verdict,
    evaluator,
)
from otel_evaluator.evaluators._answers import answers, failed, no_answer, passed
from otel_evaluator.evaluators._lists import words
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.languages import UNKNOWN, detector, language_of
from otel_evaluator.text.linear import compile_linear

UNCERTAIN = Unscored("uncertain", "the texts are too short or too alike to tell their languages")
SHORT = 80
"""Questions below it do not end the language spoken so far; in characters."""
_ADDRESS = compile_linear(r"\S+@\S+|https?://\S+")
_TRANSLATE = "translat übersetz traduc traduis tradui traduzi vertaal 翻译 翻譯 翻訳 訳して 번역"
_ABOUT_LANGUAGE = tuple(_TRANSLATE.split())
"""Who asks for a translation wants another language than the question's, for a while."""
_OTHER = compile_linear(
    r"(?i)[ąćęłńśźżčďěňřšťůžğışőűåøæđ]|\p{Cyrillic}|\p{Greek}|\p{Arabic}|\p{Hebrew}"
)
_WITH_OTHER = words("pl cs sk hr sl bs sr hu tr sv da nb no is et lv lt ro ru uk bg el ar he")
"""Letters of languages that are not told apart unless they are configured."""


def _code(code: str) -> str:
    language_of(code)
    return code.lower()


class LanguageMatchConfig(EvaluatorConfig):
    """Settings of ``language_match``."""

    languages: Annotated[tuple[Annotated[str, AfterValidator(_code)], ...], Field(min_length=2)] = (
        "en",
        "de",
        "es",
        "fr",
        "it",
        "pt",
        "nl",
        "zh",
        "ja",
        "ko",
    )
    """ISO 639-1 codes of languages to tell apart; fewer are faster, surer and take less memory."""

    expected: Annotated[str, AfterValidator(_code)] | None = None
    """Language every answer must have; without it, that of the user's message before it."""

    min_letters: Annotated[int, Field(ge=1)] = 20
    """Texts with fewer letters are not judged."""

    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.9
    """Below this confidence a text is not judged."""


@evaluator("language_match", version=3)
def language_match(config: LanguageMatchConfig) -> Check:
    """Whether answers are in the language of the user's messages before them."""
    known = frozenset(config.languages) | ({config.expected} if config.expected else set())
    languages = detector(known)

    def language(text: str) -> str:
        text = encodable(text)
        if "@" in text or "://" in text:
            text = _ADDRESS.sub(" ", text)
        if not text.isascii() and known.isdisjoint(_WITH_OTHER) and len(_OTHER.findall(text)) > 1:
            return ""
        guess = languages.detect(text, config.min_letters) if text else UNKNOWN
        return guess.code if guess.confidence >= config.min_confidence else ""

    def asked_in(question: str) -> str:
        # Passages come first where an application puts them into the user's message.
        _, apart, last = question.rstrip().rpartition("\n\n")
        return (language(last) if apart else "") or language(question)

    def check(subject: Subject) -> Verdict:
        found = answers(subject)
        if not found:
            return no_answer(subject) or UNCERTAIN
        wanted = config.expected or ""
        before = ""
        asked: str | None = None
        matched = 0
        for number, answer in enumerate(found, 1):
            if config.expected is None and answer.question != asked:
                asked = answer.question
                users = (m.content for m in subject.messages[: answer.position] if m.role == "user")
                if any(word in text.lower() for text in users for word in _ABOUT_LANGUAGE):
                    return UNCERTAIN if not matched else passed()
                # A question too short to tell is taken to be in the language spoken so far; one
                # that is short may be names and numbers, and be answered in either.
                before = wanted if len(asked) < SHORT else ""
                wanted = asked_in(asked) or wanted
            if not wanted:
                continue
            spoken = language(answer.text)
            if spoken and spoken not in (wanted, before):
                return failed(f"answer {number} is in {spoken}, expected {wanted}")
            matched += bool(spoken)
        return passed() if matched else UNCERTAIN

    return check
