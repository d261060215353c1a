"""Booking references and lengths of time that an answer gives."""

import re
from collections.abc import Iterator

from otel_evaluator.evaluators.figures.quantities import Quantity
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

_CODE = re.compile(r"(?<![\w.-])(?=[A-Z0-9-]*\d)(?:[A-Z][A-Z0-9-]{3,}|\d[A-Z0-9-]{4,})(?![\w.]\w)")
_NAMED = re.compile(
    r"(?<![^\W\d_])(?:order|booking|reservation|confirmation|reference|ref|ticket|case|incident|"
    r"invoice|tracking|refund|claim|request|label|code|pnr|number|no|id|nr|bestell\w*|buchung\w*|"
    r"vorgang\w*|referenz\w*|rechnung\w*|auftrag\w*|pedido|reserva|referencia|factura|commande|"
    r"réservation|référence|facture|dossier|ordine|prenotazione|riferimento|encomenda|bestelling|"
    r"boeking|opened|cancelled|booked)(?:[^\w.!?]{1,3}\w+){0,2}[^\w.!?]{0,4}$",
    re.IGNORECASE,
)
MAX_BEFORE = 40
"""Characters before a code that may say what it is."""
_DURATION = compile_linear(
    r"(?i)(?:^|[^\d.,:])(\d{1,3})(?: ?(?:-|\x{2013}|to|or|bis|a|à|o) ?(\d{1,3}))? ?"
    r"(?:(?:business|working|full|more|volle|hábiles|ouvrés)[ -])?"
    r"(minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|minuten?|stunden?|tagen?|tage|"
    r"werktagen?|wochen?|monaten?|jahren?|minutos?|horas?|días?|semanas?|mes(?:es)?|años?|heures?|"
    r"jours?|semaines?|mois|ans?|minuti|ore|giorn[oi]|settiman[ae]|dias?|anos?|uur|dagen|weken)"
    r"(?:$|[^\pL])"
    r"|(\d{1,3})(?:[-~\x{2013}](\d{1,3}))?个?(?:工作日|分钟|小时|天|周|个月|分|時間|日間|日以内|営業日|週間)"
)


def references(text: str) -> list[str]:
    """Codes with a digit that follow a word such as order, booking or ticket."""
    found = (
        match[0].rstrip("-")
        for match in _CODE.finditer(text)
        if _NAMED.search(text[max(0, match.start() - MAX_BEFORE) : match.start()])
    )
    return list(dict.fromkeys(found))


def durations(text: str) -> Iterator[Quantity]:
    """Numbers of minutes, hours, days and longer; both ends of a range."""
    for match in _DURATION.finditer(encodable(text)):
        for value in (match[1] or match[4], match[2] or match[5]):
            if value:
                yield Quantity("number", (float(value),))
