"""Parts of results and passages that are about shops and offices, not about persons."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from otel_evaluator.evaluators._lists import words
from otel_evaluator.evaluators._memo import of_text

MAX_TEXT = 100_000
"""Characters of a result or passage that are read."""
_PLACES = words(
    "branch branches store stores shop shops office offices clinic clinics practice department "
    "departments restaurant restaurants hotel hotels venue venues station stations garage workshop "
    "workshops pharmacy pharmacies library museum school support helpdesk helpline hotline desk "
    "reception emergency company contractor vendor supplier carrier filiale filialen praxis "
    "werkstatt büro geschäft laden apotheke kundendienst störungsdienst zentrale sucursal "
    "sucursales tienda oficina clínica farmacia taller atención agence agences magasin bureau "
    "cabinet pharmacie garage accueil negozio ufficio farmacia officina loja escritório winkel "
    "kantoor apotheek"
)
_PERSONS = words(
    "customer user person owner patient tenant buyer seller passenger guest employee driver member "
    "caller recipient contact kunde patient mieter cliente paciente client patiente"
)
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def of_places(texts: Iterable[str]) -> Iterator[str]:
    """Records and sentences that speak of a place and of no person."""
    for text in texts:
        yield from _places(text[:MAX_TEXT])


@of_text
def _places(text: str) -> tuple[str, ...]:
    try:
        value = json.loads(text) if text.lstrip().startswith(("{", "[")) else None
    except (ValueError, RecursionError):
        value = None
    if value is not None:
        return tuple(_records(value))
    return tuple(s for s in _SENTENCE.split(text) if _is_place(_WORD.findall(s.lower())))


def _records(value: Any) -> Iterator[str]:
    """Values of the records whose keys, or the key of whose list, name a place."""
    unread: list[tuple[str, Any]] = [("", value)]
    while unread:
        key, value = unread.pop()
        if isinstance(value, dict):
            if _is_place(_WORD.findall(f"{key} {' '.join(map(str, value))}".lower())):
                yield " ".join(str(v) for v in value.values() if isinstance(v, str))
            unread += [(str(k), v) for k, v in value.items()]
        elif isinstance(value, list):
            unread += [(key, item) for item in value]


def _is_place(found: list[str]) -> bool:
    parts = {part for word in found for part in (word, *word.split("_"))}
    return not parts.isdisjoint(_PLACES) and parts.isdisjoint(_PERSONS)
