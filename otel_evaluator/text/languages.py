"""The language of a short text: by script, by function words, and by lingua where these tie."""

import re
import threading
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from lingua import IsoCode639_1, Language, LanguageDetectorBuilder

from otel_evaluator.text.encodable import encodable

MAX_TEXT = 128
"""Characters that are read, after code, links and quotations are left out."""
MAX_RAW = 2_000
"""Characters that are searched for code and links."""

_CODE = re.compile(r"```.*?(?:```|$)|`[^`]*`", re.DOTALL)
_LINK = re.compile(r"https?://\S+|[^\s@]{1,64}@\S+")
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
)
"""Scripts that one language uses; kana before Han, which Japanese mixes."""

_FUNCTION_WORDS = {
    "en": "the of and to is you your that for with are have this it we i my on at can be will "
    "would not was please from what when there our do does an has or if how me they which "
    "thank thanks hello goodbye sorry welcome",
    "de": "der die das und ist ich sie nicht ein eine zu den mit für auf von dem im wir ihr ihre "
    "es haben kann bitte am wird werden wie was sind bei auch noch oder wenn mir mich uns aus "
    "danke vielen hallo gerne",
    "es": "el la los las de que y en un una es por para con no su se lo del al me mi está son "
    "como más pero puede qué tiene gracias hay muy usted le si ha este esta sus hola buenos adiós",
    "fr": "le la les de des et est un une vous je pour que en pas dans ne sur ce votre avec au du "
    "nous il qui plus mon être sont à ou mais ai avez cette aux peut se merci où bonjour revoir",
    "it": "il lo la gli le di che e è un una per non con sono del della si mi ho ha in al più "
    "come ma questo nel può i alla da dei grazie suo sua anche buongiorno arrivederci",
    "pt": "o os as de que e é um uma para não com em do da no na se por mais você seu sua ao foi "
    "como está são meu minha pode dos das obrigado muito ou mas à isso olá obrigada",
    "nl": "de het een en van is niet ik je u dat op te met voor zijn aan er wij we kan om naar "
    "bij ook maar uw als hebben heeft deze dit wat nog kunt wordt mijn graag bedankt dank dag",
}


class Guess(NamedTuple):
    """A language and how sure it is."""

    code: str
    """ISO 639-1; empty when it cannot be told."""
    confidence: float


UNKNOWN = Guess("", 0.0)


class Detector:
    """Tells the configured languages apart; built once for each set of languages."""

    def __init__(self, codes: Iterable[str]) -> None:
        self.codes = frozenset(codes)
        self._words = [
            (code, frozenset(_FUNCTION_WORDS[code].split()))
            for code in sorted(self.codes & _FUNCTION_WORDS.keys())
        ]
        self._lingua: Any = None
        self._lock = threading.Lock()

    def detect(self, text: str, min_letters: int) -> Guess:
        """The language of the text's prose; UNKNOWN below ``min_letters`` letters."""
        prose = _prose(text)
        words = _WORD.findall(prose.lower())
        letters = sum(map(len, words))
        if not letters:
            return UNKNOWN
        if not prose.isascii():
            guess = self._by_script(prose, letters, min_letters)
            if guess is not None:
                return guess
        if letters < min_letters:
            return UNKNOWN
        return self._by_words(words) or self._by_lingua(prose)

    def _by_script(self, prose: str, letters: int, min_letters: int) -> Guess | None:
        for code, script in _SCRIPTS:
            share = len(script.findall(prose)) / letters
            # One ideograph or syllable says about as much as three letters.
            if share > (0.2 if code == "ja" else 0.5):
                enough = letters * (3 if code in ("ja", "zh", "ko") else 1) >= min_letters
                return Guess(code, 1.0) if enough else UNKNOWN
        return None

    def _by_words(self, words: list[str]) -> Guess | None:
        """A guess where many function words of one language occur and few of the others."""
        unique = frozenset(words)
        counts = sorted(((len(known & unique), code) for code, known in self._words), reverse=True)
        if not counts:
            return None
        best, code = counts[0]
        second = counts[1][0] if len(counts) > 1 else 0
        clear = best >= 2 * second + 1 if best >= 3 else best == 2 and second == 0
        if clear and best * 6 >= len(unique):
            return Guess(code, 0.99)
        return None

    def _by_lingua(self, prose: str) -> Guess:
        if len(self.codes) < 2:
            return UNKNOWN
        if self._lingua is None:
            with self._lock:
                self._lingua = self._lingua or _build(self.codes)
        values = self._lingua.compute_language_confidence_values(encodable(prose))
        if not values:
            return UNKNOWN
        return Guess(values[0].language.iso_code_639_1.name.lower(), values[0].value)


def _prose(text: str) -> str:
    """The beginning of the text without code, links and addresses."""
    text = text[:MAX_RAW]
    if "`" in text:
        text = _CODE.sub(" ", text)
    if "://" in text or "@" in text:
        text = _LINK.sub(" ", text)
    return text[:MAX_TEXT]


def _build(codes: frozenset[str]) -> Any:
    """Low-accuracy models: trigrams only, about a tenth of the memory."""
    languages = [language_of(code) for code in sorted(codes)]
    return LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()


def language_of(code: str) -> Any:
    """Lingua's language of an ISO 639-1 code; ValueError when it has none."""
    try:
        return Language.from_iso_code_639_1(getattr(IsoCode639_1, code.upper()))
    except AttributeError:
        raise ValueError(
            f"no language has the code {code!r}; write ISO 639-1 codes such as en, de, ja"
        ) from None


@lru_cache(maxsize=8)
def detector(codes: frozenset[str]) -> Detector:
    """The one detector of a set of languages in this process."""
    return Detector(codes)
