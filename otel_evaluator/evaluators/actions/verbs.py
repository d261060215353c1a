"""Actions that answers claim and users ask for, and the tools that would carry them out."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from otel_evaluator.evaluators._lists import words
from otel_evaluator.evaluators._steps import Step
from otel_evaluator.evaluators.actions.verb_words import ACTIONS
from otel_evaluator.evaluators.wording.phrases import delegates, only_reads, parts
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_TEXT = 20_000
"""Characters of a text that are read."""
FIRST_CJK = 0x2E80
"""Code point after which scripts do not separate words."""


_ANYTHING = words(
    "execute exec run invoke request http api command shell bash python code sql workflow "
    "agent task action process perform do call tool computer browser click"
)
"""A tool with such a word in its name may do anything."""


def _words(field: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, action in ACTIONS.items():
        for word in getattr(action, field).split():
            found.setdefault(word, name)
    return found


_DONE, _WANTED = _words("done"), _words("wanted")
_ALONE = words(
    "reservei agendei marquei cancelei reembolsei enviei mandei criei abri atualizei "
    "alterei apaguei removi"
)
"""Verbs that say who did it."""
_ADVERBS = words(
    "just now already also successfully gone went ahead and then bereits schon ya bien "
    "già já al directly manually immediately"
)
_HAVE = words("have ve")
_I = words("i we")
_HAVING = words("he hemos ai avons ho abbiamo")
_HAVING_FAR = frozenset(
    map(
        frozenset,
        (("ich", "habe"), ("ich", "hab"), ("wir", "haben"), ("ik", "heb"), ("we", "hebben")),
    )
)
_CONDITIONS = words(
    "once when if after until unless before whether sobald wenn falls nachdem cuando si "
    "quand lorsque dès quando se als zodra"
)
_NOT = words("no nicht non não niet never nunca nie")
"""Words right before a claim with which it is none."""
_BEEN = frozenset(
    (
        *(("has", "been"), ("have", "been"), ("is", "now"), ("are", "now"), ("is", "all")),
        *(("ha", "sido"), ("han", "sido"), ("a", "été"), ("ont", "été"), ("è", "stato")),
    )
)
MAX_APART = 22
"""Words between a German auxiliary verb and its participle."""
_WORD = re.compile(r"[^\W\d_]+|[.!?\n]")
_CJK = "|".join(word for word in _DONE if ord(word[0]) > FIRST_CJK)
_CJK_CLAIM = re.compile(
    rf"(?:已|已经)(?:为您|帮您|给您|替您|为你|帮你)?({_CJK})"
    rf"|({_CJK})(?:を|は|が)?(?:いたしました|しました|完了しました)"
)
_STATE = compile_linear(
    r"(?i)(?:^|[.!?\n]\s*)(?:(?:ok|okay|great|perfect|done|parfait|perfekt|prima|perfecto|listo)"
    r"[,.!]? )?(?:c'est|vous êtes|it's|it is|that's|you're|you are|(?:ya )?está|queda|è|ist|"
    r"das ist|sie sind|het is|u bent) (?:(?:now|all|bien|hiermit|jetzt|nu) )?(\pL+)"
)
"""What opens a sentence to say that it is done: "C'est réservé", "You're booked"."""
_PLANNED = words("scheduled programado planifié eingeplant geplant programmato agendado ingepland")
_YOU = re.compile(r"(?i)\b(?:you|vous|sie|u)\b")
_HOLD = compile_linear(
    r"(?i)\b(?:i|we)(?:'ve| have)? (?:just |already |now )?(?:put|placed) (?:a|the) hold\b"
)
_PROMISED = compile_linear(
    r"(?i)\b(?:our|the) (?:\w+ ){1,3}will (?:then |also )?(?:contact|call|text|e-?mail|ring|phone|"
    r"message|reach out to|get back to) you\b"
    r"|\b(?:our|a|one of our|my|the|some)\s?(?:\w+ )?(?:courier|colleague|technician|team|"
    r"manager|specialist|driver|representative|engineer|advisor|adviser|agent|one|body)s? "
    r"(?:(?:will|is going to|are going to) )?(?:soon |then |shortly )?(?:contacts?|calls?|"
    r"reach(?:es)? out|be in touch|gets? back|gets? in touch|phones?|visits?)\b"
    r"|\b(?:ein kollege|eine kollegin|unser kurier|unser team|ein techniker|jemand)\b[^.!?\n]{0,30}"
    r"\b(?:meldet sich|ruft|kontaktiert|melden|anrufen|kontaktieren)\b"
    r"|\b(?:un compañero|un técnico|nuestro equipo|nuestro mensajero|alguien) (?:se pondrá|le "
    r"llamará|te llamará|le contactará|te contactará)"
    r"|\b(?:un collègue|un technicien|notre équipe|notre coursier|quelqu'un) (?:vous )?"
    r"(?:contactera|appellera|rappellera|recontactera)"
)
_CONTACT = "contact call reach phone courier pickup pick collect escalat transfer ticket schedul"


MAX_BEFORE = 60
"""Characters before a verb that tell whether it is a request."""
_NOUNS = words(
    "book order schedule reserve change update cancel refund restart move block lock freeze pause"
)
"""Verbs that are nouns as well."""
_TO_DO = compile_linear(
    r"(?:^|[.!?,;:\n]\s*|\b(?:to|please|you|just|and|then|now|me|can|we|let's|me to|ok|okay|yes|"
    r"sure|alright) )(?:\w+ly )?$"
)
_ONLY_ABOUT = compile_linear(
    r"\b(?:if (?:i|we)|can i|could i|may i|do i|how (?:do|can|to|would)|what happens|is it "
    r"possible|"
    r"am i able|when (?:i|can)|before i|not|n't|never|no need to|instead of|wenn ich|kann ich|wie "
    r"(?:kann|lange)|nicht|si (?:yo )?|puedo|cómo|no|si je|puis-je|comment|pas|se |posso|come|"
    r"não)\b"
    r"[^.!?,;\n]{0,40}$"
)


class Claim(NamedTuple):
    """An action that an answer says was done, or will be by somebody."""

    action: str
    words: str


def claims(text: str, with_passive: bool = False) -> list[Claim]:
    """Actions that an answer claims in the first person, and contacts that it promises.

    With the passive, also what "has been" done, which may have been done by anybody.
    """
    plain = encodable(text[:MAX_TEXT]).replace("\u2019", "'")
    words = _WORD.findall(plain.lower())
    found = []
    for place, word in enumerate(words):
        action = _DONE.get(word) or ("book" if word == "down" else None)
        if action is not None:
            start = _subject(words, place, word)
            if start is None and with_passive:
                start = _passive(words, place)
            if start is None or not _NOT.isdisjoint(words[max(0, start - 1) : start]):
                continue
            if _CONDITIONS.isdisjoint(words[max(0, start - 3) : start]):
                found.append(Claim(action, " ".join(words[start : place + 1])))
    for match in _STATE.finditer(plain):
        action = _DONE.get(match[1].lower())
        # Jobs and deliveries are scheduled as well; that is no claim.
        is_plan = match[1].lower() in _PLANNED and _YOU.search(match[0]) is None
        if action is not None and not is_plan:
            found.append(Claim(action, match[0].strip(" .!?\n").lower()))
    if "hold" in plain:
        found += [Claim("book", match[0]) for match in _HOLD.finditer(plain)]
    if not plain.isascii():
        found += [Claim(_DONE[m[1] or m[2]], m[0]) for m in _CJK_CLAIM.finditer(plain)]
    return found + [Claim("contact", match[0]) for match in _PROMISED.finditer(plain)]


def _subject(words: list[str], place: int, word: str) -> int | None:
    """Where the clause begins that says "I have" before a participle; None without one."""
    if word in _ALONE:
        return place
    before = place - 1
    if word == "down":  # I've put you down
        if words[max(0, place - 2) : place - 1] != ["put"]:
            return None
        before = place - 3
    while before >= 0 and words[before] in _ADVERBS:
        before -= 1
    if before < 0:
        return None
    if words[before] in _HAVING and (words[before] != "he" or word.endswith("o")):
        return before
    subject = before - 1 if words[before] in _HAVE else before
    if subject >= 0 and words[subject] in _I:
        return subject
    sentence = words[max(0, place - MAX_APART) : place]
    for end in reversed(range(len(sentence))):
        if sentence[end] in ".!?\n":
            return None
        if frozenset(sentence[end : end + 2]) in _HAVING_FAR:
            return place - len(sentence) + end
    return None


def _passive(words: list[str], place: int) -> int | None:
    """Where the clause begins that says "has been" before a participle; None without one."""
    before = place - 1
    while before >= 0 and words[before] in _ADVERBS:
        before -= 1
    pair = words[max(0, before - 1) : before + 1]
    if tuple(pair) in _BEEN:
        return before - 1
    for far in range(before, max(-1, before - MAX_APART), -1):
        if words[far] in ".!?\n":
            return None
        if words[far] in ("wurde", "wurden", "werd", "werden"):
            return far
    return None


@lru_cache(maxsize=4096)
def wanted(text: str) -> frozenset[str]:
    """Actions that a user's message asks for by name, not only about or against."""
    found = set()
    lowered = text[:MAX_TEXT].lower().replace("\u2019", "'")
    present = set(_WORD.findall(lowered))
    for word, name in _WANTED.items():
        if word not in present and ord(word[0]) <= FIRST_CJK:
            continue
        place = lowered.find(word)
        if place < 0:
            continue
        around = lowered[place - 1 : place] + lowered[place + len(word) : place + len(word) + 1]
        if ord(word[0]) <= FIRST_CJK and any(c.isalpha() for c in around):
            continue
        before = encodable(lowered[max(0, place - MAX_BEFORE) : place])
        if word in _NOUNS and not _TO_DO.search(before):
            continue
        if not _ONLY_ABOUT.search(before):
            found.add(name)
    return frozenset(found)


@lru_cache(maxsize=4096)
def does(tool: str, action: str) -> bool:
    """Whether a tool of this name could carry out an action."""
    beginnings = _CONTACT if action == "contact" else ACTIONS[action].tools
    words = parts(tool)
    if not _ANYTHING.isdisjoint(words):
        return True
    return any(word.startswith(beginning) for word in words for beginning in beginnings.split())


def is_known(tool: str) -> bool:
    """Whether the name of a tool says what it does."""
    return only_reads(tool) or any(does(tool, action) for action in ACTIONS)


_OUTSIDE = frozenset({"book", "cancel", "refund", "send", "order", "hand over", "restart"})
"""Actions that no text of an answer can be; what is created or changed may be the answer itself."""


def takes_a_tool(claim: Claim, offered: Iterable[str]) -> bool:
    """Whether a claim is about something that only a tool can do, by those that are offered."""
    names = list(offered)
    if claim.action == "contact" or claim.action in _OUTSIDE:
        return True
    return any(does(name, claim.action) and not only_reads(name) for name in names)


def attempted(claim: Claim, taken: Iterable[Step]) -> bool:
    """Whether a step could have done what is claimed, whatever came of it."""
    for step in taken:
        if delegates(step.name):
            continue
        if only_reads(step.name):
            if claim.action != "contact" and _tells(step.result, claim.action):
                return True
        elif does(step.name, claim.action) or not is_known(step.name):
            return True
    return False


def _tells(result: str, action: str) -> bool:
    """Whether a result says that the action was done."""
    lowered = result[:MAX_TEXT].lower()
    return any(word in lowered for word in ACTIONS[action].done.split())
