"""What data says by the names of its fields, and weekdays that it names in short."""

import re

from otel_evaluator.evaluators._memo import of_text
from otel_evaluator.evaluators.figures.vocabulary import WEEKDAYS

_FIELD = re.compile(r"[:=]\s{0,3}\"?-?(\d{1,12}(?:\.\d{1,4})?)(?![\w.:-])")
_TAIL = r"[a-z_ ]{0,12}\"?\s?$"
_CENTS = re.compile(rf"(?:cents?|minor|pence){_TAIL}")
_PERCENT = re.compile(rf"(?:percent|pct){_TAIL}")
_PRICE = re.compile(
    r"(?:price|amount|total|cost|fee|refund|balance|paid|charge|credit|value|net|gross|rate|night|"
    r"eur|usd|gbp|chf|jpy|yen|cny|sek|nok|dkk|pln|czk|cad|aud|inr|brl|preis|betrag|summe|netto|"
    rf"brutto|precio|importe|prix|montant|tarif|prezzo|importo|preço|valor|prijs|bedrag){_TAIL}"
)
"""What the key before a field's value says."""
_ABBREVIATIONS = {
    name: number
    for names in (
        "Mon Tue Wed Thu Fri Sat Sun",
        "Mo Di Mi Do Fr Sa So",
        "Lun Mar Mer Jeu Ven Sam Dim",
        "Lun Mar Mié Jue Vie Sáb Dom",
        "Lun Mar Mer Gio Ven Sab Dom",
        "Seg Ter Qua Qui Sex Sáb Dom",
        "Pon Wt Śr Czw Pt Sob Niedz",
    )
    for number, name in enumerate(names.split())
} | {"mar": 1, "mié": 2, "mer": 2, "jue": 3, "jeu": 3, "gio": 3, "vie": 4, "sáb": 5}
_DAYS = {name.lower(): number for name, number in _ABBREVIATIONS.items()} | WEEKDAYS
_NAME = "|".join(sorted(_DAYS, key=len, reverse=True))
_RANGE = re.compile(
    rf"\b({_NAME})\.?\s?(?:[-\u2013\u2014]|to|through|bis|a|al|à|au|tot)\s?({_NAME})\b"
)
_ABBREVIATED = re.compile(rf"\b(?:{'|'.join(_ABBREVIATIONS)})\b")


@of_text
def weekdays_in_short(text: str) -> frozenset[int]:
    """Weekdays that data name in short, or as a range: ``lun.-sam.``, Monday to Friday.

    Short names are too common as words for what an answer says.
    """
    found = {_ABBREVIATIONS[name] for name in _ABBREVIATED.findall(text)}
    for first, last in _RANGE.findall(text.lower()):
        start, length = _DAYS[first], (_DAYS[last] - _DAYS[first]) % 7
        found.update((start + n) % 7 for n in range(length + 1))
    return frozenset(found)


@of_text
def fields(text: str) -> tuple[list[float], list[float], list[float]]:
    """Percentages, amounts in cents as amounts, and amounts, by the keys before the numbers."""
    percentages, cents, prices = [], [], []
    for match in _FIELD.finditer(text):
        key = text[max(0, match.start() - 24) : match.start()].lower()
        value = float(match[1])
        if _PERCENT.search(key):
            percentages.append(value)
        elif _CENTS.search(key):
            cents.append(value / 100)
        elif _PRICE.search(key):
            prices.append(value)
    return percentages, cents, prices
