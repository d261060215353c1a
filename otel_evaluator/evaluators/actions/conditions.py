"""Conditions that users set: what they would pay, weekdays and things that they rule out."""

import re
from collections.abc import Iterator
from typing import Any

from otel_evaluator.evaluators.figures.quantities import Quantity, quantities
from otel_evaluator.evaluators.wording.overlap import STEM
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

Said = list[tuple[int, str]]
"""Messages of the user with their positions."""
MAX_BEFORE = 40
"""Characters before a time that may deny it."""
NOON = 12 * 60
"""In minutes since midnight."""
_EXCLUDED = compile_linear(
    r"(?i)(?:^|[^\pL])(?:nothing with|without(?: any)?|no|not|anything but|except|free of|avoid|"
    r"allergic to|(?:do not|don't) (?:want|like|eat|need)|"
    r"(?:can't|cannot|can not) (?:have|eat|drink|drive|use|take)(?: an?)?|"
    r"keine?[mnrs]?|ohne|"
    r"nichts mit|allergisch gegen|sin|nada (?:de|con)|alérgic[oa] (?:a|al)|sans|pas de|rien avec|"
    r"allergique (?:à|aux?)|senza|niente|allergic[oa] (?:a|al)|sem|nada com|geen|zonder) "
    r"(?:the |a |an |any )?([\pL-]{4,})"
)
_DIGIT = re.compile(r"\d")
_LIMIT = compile_linear(
    r"(?i)\b(?:max(?:imum|imal|\.)?|at most|no more than|not more than|up to|under|below|"
    r"budget(?: of| is|:)?|limit(?: of| is|:)?|höchstens|bis zu|unter|budget von|limit von|"
    r"máximo(?: de)?|como mucho|hasta|límite(?: de)?|presupuesto(?: de)?|pasar de|au plus|"
    r"budget de|jusqu'à|massimo|budget di|até|maximaal|hoogstens|onder)\s+"
    r"([€£$]?\s?\d[\d.,]*\s?(?:\pL{1,6}|[€£$])?)"
)
"""How users say what they would pay at most."""
_DAY = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|montags?|dienstags?|mittwochs?|donnerstags?|"
    r"freitags?|samstags?|sonntags?|lunes|martes|miércoles|jueves|viernes|sábados?|domingos?|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|luned[iì]|marted[iì]|mercoled[iì]|"
    r"gioved[iì]|venerd[iì]|sabato|domenica"
)
_NOT_ON = compile_linear(
    r"(?i)\b(?:except|but not|not(?: on)?|never on|no|can't(?: do| make)?|cannot(?: do| make)?|"
    r"avoid|außer|nicht(?: am)?|kein\w*|excepto|menos|salvo|sauf|pas(?: le)?|tranne|non(?: di)?) "
    rf"(?:on |am |el |le |il )?(?:{_DAY})\b|\b(?:{_DAY}) (?:is (?:out|impossible)|doesn't work|"
    r"does not work|won't work|isn't possible|geht nicht|passt nicht|no puedo|no me va|"
    r"ne me va pas|n'est pas possible|non va bene)\b"
)
"""How users rule a weekday out."""
_TIME = r"(?:las? |le |les |alle |as |às )?(\d{1,2}(?:[:.h]\d\d)? ?(?:h\b|uhr\b|uur\b|[ap]\.?m\b)?)"
_NOT_BEFORE = compile_linear(
    r"(?i)\b(?:from|after|not before|no earlier than|ab|nach|nicht vor|a partir d[ae]s?|después de|"
    r"desde|à partir de|après|pas avant|dalle|dopo|a partire dalle|depois d[ae]s?|vanaf|na) "
    rf"{_TIME}(?P<end> ?(?:to|until|till|bis|a|à|até|alle|tot|-|\x{{2013}}) ?\d)?"
    rf"|{_TIME} (?:or later|onwards?|oder später|en adelante|ou plus tard|o más tarde|of later)\b"
)
_NOT_AFTER = compile_linear(
    r"(?i)\b(?:(?:not|nicht|no|non|não|niet|pas) (?:later than|after|nach|después de|dopo|na|après|"
    r"depois d[ae]s?|plus tard que)|before|by|until|no later than|vor|bis|spätestens|antes de|"
    rf"hasta|avant|jusqu'à|prima delle|entro|antes d[ae]s?|até|voor|tot) {_TIME}"
)
_NOTHING = compile_linear(
    r"(?i)\b(?:nothing|no|not|n't|nix|nichts|nicht|kein\w*|nada|rien|pas|niente|non|niets|geen)\b"
    r"[^.!?\n]{0,25}$"
)
_AWAY = compile_linear(
    r"(?i)\b(?:away|gone|busy|leav\w+|unavailable|weg|nicht da|unterwegs|fuera|ocupad\w|absent|"
    r"occupée?|fuori|impegnat\w|ausente|bezet)\b"
)
"""Who says when they are away does not ask for that time."""
_CONDITION = compile_linear(
    r"(?i)\b(?:only|nothing but|no more than|at most|max(?:imum|\.)?|under|below|within|up to|"
    r"budget|limit|everything|together|must(?: not)?|(?:has|have|needs?) to be|without|except|"
    r"avoid|allergic|until|till|no later than|nur|ausschließlich|höchstens|maximal|bis|ohne|außer|"
    r"allergisch|alles|muss|müssen|zusammen|solo|sólo|únicamente|como mucho|máximo|sin|salvo|"
    r"excepto|alérgic[oa]|hasta|todo|juntos|tiene que|seulement|uniquement|au plus|sans|sauf|"
    r"allergique|jusqu\w*|tout|ensemble|doit|pas plus de|soltanto|al massimo|senza|tranne|entro|"
    r"tutto|insieme|deve|apenas|no máximo|sem|exceto|até|tudo|tem que|alleen|hoogstens|zonder|"
    r"behalve|tot|samen|moet)\b|只|不超过|以内|不要|必须|だけ|なし|必ず"
)
"""How users limit what they want."""


def limits(users: Said) -> list[tuple[int, float]]:
    """What the user would pay at most, with the position of the message that says so."""
    return [
        (place, quantity.values[0])
        for place, said in users
        if _DIGIT.search(said)
        for match in _LIMIT.finditer(encodable(said))
        for quantity in quantities(match[1])[:1]
        if quantity.kind == "money"
    ]


def ruled_out_days(users: Said) -> list[tuple[int, int]]:
    """Weekdays that the user ruled out and did not come back to, each with its position."""
    return [
        (place, day)
        for place, said in users
        if weekdays(said)
        for match in _NOT_ON.finditer(encodable(said))
        for day in weekdays(match[0])
        if not any(at > place and day in weekdays(later) for at, later in users)
    ]


def earliest(users: Said) -> list[tuple[int, float]]:
    """Minutes since midnight before which the user wants nothing, each with its position."""
    return list(_bounds(users, _NOT_BEFORE))


def latest(users: Said) -> list[tuple[int, float]]:
    """Minutes since midnight after which the user wants nothing, each with its position."""
    return list(_bounds(users, _NOT_AFTER))


def _bounds(users: Said, pattern: Any) -> Iterator[tuple[int, float]]:
    """Times of the messages that say which half of the day they mean; no ranges, none denied."""
    for place, said in users:
        if not _DIGIT.search(said):
            continue
        for match in pattern.finditer(encodable(said)):
            before = encodable(said)[: match.start()]
            if match.groupdict().get("end") or _NOTHING.search(before[-MAX_BEFORE:]):
                continue
            if _AWAY.search(encodable(said)):
                break
            written = str(match[1] or match[match.lastindex or 1]).strip().lower()
            for quantity in quantities(written):
                if quantity.kind == "time" and is_told(quantity):
                    yield place, quantity.values[0]
                elif quantity.kind == "number" and written.endswith("h"):  # 19h
                    yield place, 60 * quantity.values[0]


def is_told(time: Quantity) -> bool:
    """Whether a time says which half of the day it means."""
    return time.unit == "24" or time.values[0] >= NOON


def excluded(users: Said) -> list[tuple[int, str]]:
    """Beginnings of words for what the user ruled out, each with its position."""
    return [
        (place, match[1][:STEM].lower())
        for place, said in users
        for match in _EXCLUDED.finditer(encodable(said))
    ]


def sets_others(users: Said) -> bool:
    """Whether the user sets conditions that none of the functions here reads."""
    return any(
        _CONDITION.search(encodable(said)) and _CONDITION.search(_without_read(said))
        for _, said in users
    )


def weekdays(text: str) -> set[int]:
    """Weekdays that a text names, 0 for Monday."""
    return {int(q.values[0]) for q in quantities(text) if q.kind == "weekday"}


def without_ruled_out_days(text: str) -> str:
    """A text without the phrases that rule a weekday out."""
    return str(_NOT_ON.sub(" ", encodable(text)))


def _without_read(text: str) -> str:
    for pattern in (_LIMIT, _EXCLUDED, _NOT_ON):
        text = str(pattern.sub(" ", encodable(text)))
    return text
