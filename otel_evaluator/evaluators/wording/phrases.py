"""How answers ask, admit that something failed, and how tools are named."""

import re
from functools import lru_cache

from otel_evaluator.evaluators._lists import words
from otel_evaluator.evaluators._memo import of_text
from otel_evaluator.evaluators.wording.overlap import is_familiar
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_TEXT = 4_000
"""Characters of an answer that are read."""

_ADMITS = compile_linear(
    r"(?i)(?:^|[^\pL])(?:not|cannot|\w+n't|unable|fail(?:s|ed|ing|ure)?|errors?|problems?|issues?|"
    r"trouble|"
    r"unfortunately|unavailable|invalid|missing|wrong|without success|unsuccessful(?:ly)?|"
    r"conflict|no longer|nothing|none|another|instead|somebody (?:just )?took|taken|declined|"
    r"rejected|no (?:\w+ ){0,2}(?:found|match(?:es)?|records?|results?|available|such)|"
    # German, Dutch
    r"nicht|keine?[nmrs]?|leider|fehler|fehlgeschlagen|problem|ungültig|fehlt|fehlen|stattdessen|"
    r"niet|geen|fout|helaas|mislukt|probleem|"
    # Spanish, Portuguese, Italian
    r"no (?:se |me |le |te |lo |la )?(?:pud[eo]|puedo|podemos|pudimos|ha|he|hay|encuentr\w+|"
    r"funciona|est[aá]|existe|es posible|fue)|falló|fallo|fallado|lamentablemente|"
    r"desafortunadamente|imposible|problema|não|erro|infelizmente|falhou|impossível|nenhum\w?|"
    r"non|errore|purtroppo|impossibile|nessun\w?|"
    # French
    r"ne|n'\w+|pas|erreur|problème|échou\pL+|échec|malheureusement|impossible|indisponible|"
    r"aucun\w?)(?:[^\pL]|$)"
    r"|无法|不能|没有|未能|失败|错误|问题|找不到|抱歉|できません|できない|ません|エラー|失敗|問題"
    r"|없|못|실패|오류|문제"
)
_NO_ADMISSION = compile_linear(
    r"(?i)\b(?:no|not a|keine?|sin|ningún|pas de|aucun|nessun|sem|geen) (?:problem\pL*|worries)"
    r"|\binstead of\b"
    r"|\b(?:don't|do not|won't|will not|needn't) (?:have to|need to|hesitate|worry)\b"
    r"|\bnothing (?:else |more |further )?(?:to do|is needed|you need)\b"
)
"""What denies a problem, or a duty of the user's."""
_ASKS = compile_linear(
    r"(?i)[?？؟]|\b(?:please (?:provide|tell|give|share|confirm|send|enter|specify|check|let me)|"
    r"let me know|tell me|i(?:'ll| will)? need (?:your|a|an|the)|"
    r"bitte (?:nennen|geben|teilen|schicken|bestätigen)|sagen sie mir|"
    r"por favor,? (?:ind\w+|proporcion\w+|dígame|dime|confirm\w+|envíe\w*|informe|diga)|"
    r"veuillez|merci de|dites-moi|per favore|mi dica|graag uw)\b"
    r"|请(?:提供|告诉|确认)|教えて|お知らせ"
)

_KNOWN_SCRIPT = compile_linear(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_READS = words(
    "get list find search lookup look check read query fetch show retrieve grep describe "
    "count view calculate compute estimate validate verify load browse inspect status "
    "info available availability weather track explain compare summarize summarise "
    "translate convert suggest recommend ls cat diff history plan preview simulate forecast"
)
_HANDS_OVER = words(
    "escalate escalation handoff handover human person operator callback supervisor colleague "
    "representative"
)
_TO_WHOM = words("agent desk support team staff department specialist queue live call caller")
"""With them a transfer is one of the user; without, perhaps of money."""


@of_text
def admits_failure(text: str) -> bool:
    """Whether an answer says that something did not work, or went another way."""
    plain = _plain(text)
    found = _ADMITS.search(plain)
    return found is not None and (
        _NO_ADMISSION.search(plain) is None
        or _ADMITS.search(_NO_ADMISSION.sub(" ", plain)) is not None
    )


@of_text
def asks(text: str) -> bool:
    """Whether an answer asks the user for something."""
    return _ASKS.search(_plain(text)) is not None


def is_read(text: str) -> bool:
    """Whether the text is in a language whose words are known here."""
    return is_familiar(text) or _KNOWN_SCRIPT.search(_plain(text)) is not None


@lru_cache(maxsize=1024)
def parts(name: str) -> tuple[str, ...]:
    """The words of a tool's name, lower case: ``bookAppointment``, ``book_appointment``."""
    return tuple(part.lower() for part in _PART.findall(name))


def only_reads(name: str) -> bool:
    """Whether a tool of this name changes nothing, as far as a name can tell."""
    return not _READS.isdisjoint(parts(name))


def hands_over(name: str) -> bool:
    """Whether a tool of this name brings in a person."""
    found = parts(name)
    if "transfer" in found:
        return not (_HANDS_OVER | _TO_WHOM).isdisjoint(found)
    return not _HANDS_OVER.isdisjoint(found)


def delegates(name: str) -> bool:
    """Whether a tool of this name only passes control to another agent."""
    found = parts(name)
    moves = not {"transfer", "handoff", "handover", "delegate"}.isdisjoint(found)
    return moves and "human" not in found and ("agent" in found or "to" in found)


def _plain(text: str) -> str:
    return encodable(text[:MAX_TEXT]).replace("\u2019", "'")
