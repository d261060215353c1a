"""Words that carry meaning, cut to a common beginning, so that texts can be compared by them."""

import re
from collections.abc import Iterable, Set

from otel_evaluator.evaluators._memo import of_text

MAX_TEXT = 40_000
"""Characters of a text that are read."""
STEM = 5
"""Characters that words must share: enough for most inflections of European languages."""
MIN_WORD = 3

_WORD = re.compile(r"[^\W\d_]+")
_CJK_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_BY_LANGUAGE = {
    "en": "i is it in of to on at my we he do no so be as by an or if up me us "
    "the and for are but not you your yours all any can had her his him how its our out has "
    "have was were who why what when where which will with would could should shall may might must "
    "does did done from into over under than then them they their there these those this that been "
    "being because about after again also another before between both each few more most other "
    "some such only own same too very just now here per via let get got please thank thanks sure "
    "yes hello dear like want need know see make take give use used using way well much many one "
    "two",
    "de": "es er du zu im am in an ja ob so "
    "der die das den dem des ein eine einen einem einer und oder aber nicht ist sind war "
    "waren "
    "wird werden wurde haben hat hatte kann können sie ihr ihre ihnen wir uns ich mir mich für mit "
    "von vom bei bis aus auf zum zur über unter nach vor wie was wer wann auch noch nur schon sehr "
    "bitte danke dass wenn als dann hier dort",
    "es": "el la de en un es al se lo no si ya me mi "
    "los las una unos unas del con por para que como pero más muy sus este esta estos estas "
    "ese "
    "esa son era fue han hay puede usted nos les sin sobre entre cuando donde también",
    "pt": "os as de em um se no na eu me "
    "não uma dos das com por seu sua isso esse mais muito pode você para",
    "it": "il la di in un si no ho mi ci "
    "gli dei delle della dello che per non sono come anche più molto suo sua questo questa "
    "può con",
    "fr": "le la de en un et il je ne pas se ce on au du "
    "les des une est sont été avec pour dans par sur vous nous votre vos notre nos qui que "
    "quoi "
    "dont mais plus très cette ces cet leur être avoir peut",
    "nl": "de is in op te en ik je "
    "het een van voor met zijn niet wel ook nog maar dat die dit deze naar bij uit kan kunt",
}
_COMMON_BY_LANGUAGE = {code: frozenset(words.split()) for code, words in _BY_LANGUAGE.items()}
_COMMON = frozenset().union(*_COMMON_BY_LANGUAGE.values())


@of_text
def stems(text: str) -> frozenset[str]:
    """Beginnings of the words of a text that carry meaning; pairs of characters in CJK scripts."""
    text = text[:MAX_TEXT].lower()
    found = {
        word[:STEM]
        for word in set(_WORD.findall(text))
        if len(word) >= MIN_WORD and word not in _COMMON
    }
    if not text.isascii():
        for run in _CJK_RUN.findall(text):
            found.discard(run[:STEM])
            found.update(run[i : i + 2] for i in range(len(run) - 1))
    return frozenset(found)


def is_common(word: str) -> bool:
    """Whether a word carries no meaning of its own in some language known here."""
    return word.lower() in _COMMON


def in_cjk(text: str) -> bool:
    """Whether a text has Chinese, Japanese or Korean script."""
    return not text.isascii() and _CJK_RUN.search(text) is not None


def stems_of(texts: Iterable[str]) -> set[str]:
    """``stems`` of several texts together."""
    found: set[str] = set()
    for text in texts:
        found |= stems(text)
    return found


def share(of: Set[str], within: Set[str]) -> float:
    """Which part of one set is in another; 1 for an empty set."""
    return len(of & within) / len(of) if of else 1.0


def tongues(text: str) -> frozenset[str]:
    """The languages whose common words a text has most of; empty where it has next to none."""
    found = set(_WORD.findall(text[:MAX_TEXT].lower()))
    counts = {code: len(found & common) for code, common in _COMMON_BY_LANGUAGE.items()}
    most = max(counts.values())
    return frozenset(code for code, count in counts.items() if count == most and count > 1)


def is_familiar(text: str) -> bool:
    """Whether a text is short, or has common words of a language known here.

    Words of two letters are common in many languages: one of them is not enough.
    """
    found = _WORD.findall(text[:MAX_TEXT].lower())
    common = [word for word in found if word in _COMMON]
    return len(found) < MIN_WORD or len(common) > 1 or any(len(w) >= MIN_WORD for w in common)
