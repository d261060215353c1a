"""Money that answers promise in words: to refund, to waive a fee."""

from collections.abc import Iterable

from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_SOURCE = 40_000
"""Characters of a source that are read."""
_REFUNDS = (
    r"(?i)\b(?:we|i)(?:'ll| will| are going to|'re going to| am going to|'m going to)(?: \pL+ly| "
    r"also| then| of course)? (?:refund|reimburse|credit|compensate|pay (?:you )?back)\b"
    r"|\b(?:will|'ll) (?:\pL+ly |also )?be (?:\pL+ly )?(?:refunded|reimbursed|credited|"
    r"compensated)\b"
    r"|\b(?:will|'ll) (?:have|see|get|receive) [^!?\n]{0,50}\bback (?:on|in|to|into) your \pL"
    r"|\bwieder auf (?:ihrem|deinem) (?:konto|bankkonto)\b|\bde vuelta en su (?:cuenta|tarjeta)\b"
    r"|\bde retour sur votre (?:compte|carte)\b"
    r"|\b(?:erstatten|ersetzen) (?:wir|ich)\b|\b(?:wir|ich) (?:erstatten?|ersetzen?)\b"
    r"|\b(?:wird|werden) (?:ihnen |dir )?(?:[\pL\d,.€]+ ){0,6}(?:erstattet|gutgeschrieben|"
    r"ersetzt)\b"
    r"|\b(?:le|les|te|os|nos) (?:devolvemos|devolveremos|reembolsamos|reembolsaremos|abonamos|"
    r"abonaremos|compensaremos)\b"
    r"|\bnous (?:vous )?(?:remboursons|rembourserons|créditons|créditerons|indemniserons)\b"
    r"|\bvous (?:serez|sera) (?:remboursée?s?|créditée?s?|indemnisée?s?)\b"
    r"|\b(?:le|ti|vi) (?:rimborsiamo|rimborseremo|accreditiamo|accrediteremo)\b"
    r"|\b(?:vamos|iremos) (?:reembolsar|devolver|creditar)|\b(?:reembolsaremos|devolveremos)\b"
    r"|\bvergoeden (?:wij|we)\b|\b(?:wij|we) (?:vergoeden|crediteren)\b"
    r"|\b(?:wij|we) (?:betalen|storten) (?:[\pL\d,.€]+ ){0,6}terug\b"
)
_REFUND_WORDS = compile_linear(
    r"(?i)refund|reimburs|credit|compensat|money.?back|pa(?:y|id).?back|payout|cover|erstatt|gutschr|"
    r"gutgeschr|ersetz|entschädig|reembols|abon|devol|devuel|indemni|rembours|avoir|rimbors|accredit|"
    r"terugbeta|terugstort|vergoed|退款|返金|赔"
)
_WAIVES = (
    r"(?i)\b(?:we|i)(?:'ll| will|'ve| have| are going to|'re going to)(?: \pL+ly| also)? "
    r"(?:waived?|drop(?:ped)? the (?:fee|charge)|wr(?:ite|itten) (?:it |that |this )?off)\b"
    r"|\b(?:will|'ll) (?:come off|be (?:waived|written off|taken off|removed from)) (?:your|the)\b"
    r"|\b(?:erlassen|streichen) (?:wir|ich) (?:ihnen|dir)\b|\b(?:wir|ich) erlassen? (?:ihnen|dir)\b"
    r"|\b(?:le|te) (?:condonamos|condonaremos|eximimos|quitamos|perdonamos)\b"
    r"|\bnous (?:vous )?(?:exonérons|exonérerons|faisons grâce)\b"
    r"|\b(?:wij|we) (?:schelden|strepen) (?:[\pL\d,.€]+ ){0,6}(?:kwijt|weg)\b"
)
_WAIVE_WORDS = compile_linear(
    r"(?i)waive|exempt|goodwill|write.?off|remov|free of charge|no (?:fee|charge)|erlass|erläss|"
    r"kulan|kostenlos|kostenfrei|condon|exim|exento|gratuit|exonér|geste commercial|kwijt|gratis|"
    r"isent|免"
)
_KINDS = {"refund": _REFUND_WORDS, "waiver": _WAIVE_WORDS}
_PROMISES = compile_linear(f"(?P<refund>{_REFUNDS})|(?P<waiver>{_WAIVES})")
"""One search tells of most answers that they promise neither."""


def favours(text: str) -> list[str]:
    """What a text promises: ``refund``, ``waiver``."""
    plain = encodable(text).replace("\u2019", "'")
    found = (match.lastgroup for match in _PROMISES.finditer(plain))
    return list(dict.fromkeys(filter(None, found)))


def speaks_of(favour: str, sources: Iterable[str]) -> bool:
    """Whether a source has a word of the kind, in any language: sources may be in another."""
    return any(_KINDS[favour].search(encodable(source[:MAX_SOURCE])) for source in sources)
