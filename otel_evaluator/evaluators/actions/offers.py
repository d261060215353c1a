"""Records of tool results that answers offer, and conditions that they break."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from otel_evaluator.evaluators._lists import words
from otel_evaluator.evaluators._steps import Step
from otel_evaluator.evaluators.wording.overlap import STEM
from otel_evaluator.evaluators.wording.phrases import only_reads, parts

MAX_RECORDS = 200
"""Records of tool results that are looked at."""
_NAMES = (
    *("name", "title", "label", "model", "item", "product"),
    *("titel", "naam", "nombre", "título", "nom", "titre", "nome", "titolo"),
    *("modell", "modelo", "modello"),
)
"""Keys under which a record says what it is."""
MIN_NAME = 4
"""Shorter names are words; in characters."""
_PRICES = words(
    "price cost budget eur usd gbp chf preis kosten precio prix prezzo preço prijs amount"
)
"""Parts of keys that all mean a price."""


def named_in(text: str, steps: Iterable[Step]) -> Iterator[dict[str, Any]]:
    """Records of results whose name is in a text of lower case."""
    for record in _records(step.result for step in steps):
        name = next((str(record[key]).lower() for key in _NAMES if record.get(key)), "")
        if len(name) >= MIN_NAME and name in text:
            yield record


def dropped_constraint(position: int, text: str, taken: list[Step]) -> str:
    """A condition of an earlier call of a tool that its last call left out, and the answer breaks.

    Conditions are arguments that are true, or named as the least or the most of something.
    """
    before = [step for step in taken if step.position < position]
    latest = {step.name: step for step in before}
    for step in before:
        last = latest[step.name]
        if step is last or not (isinstance(step.arguments, dict) and last.arguments):
            continue
        given = last.arguments if isinstance(last.arguments, dict) else {}
        dropped = {key: value for key, value in step.arguments.items() if key not in given}
        offered = list(named_in(text.lower(), [last])) if dropped else []
        for key, value in dropped.items():
            if any(_breaks(record, key, value) for record in offered):
                return str(key)
    return ""


def above_limit(position: int, text: str, limit: float, taken: list[Step]) -> str:
    """The name of a record that an answer offers, or a step chose, all dearer than a limit."""
    before = [step for step in taken if step.position < position]
    for record in (*named_in(text.lower(), before), *_chosen(before)):
        prices = [
            float(value)
            for key, value in record.items()
            if isinstance(value, int | float)
            and not isinstance(value, bool)
            and not _PRICES.isdisjoint(parts(str(key)))
        ]
        if prices and min(prices) > limit:
            names = (str(record[key]) for key in (*_NAMES, *record) if record.get(key))
            return next(names, "")
    return ""


def _chosen(taken: list[Step]) -> Iterator[dict[str, Any]]:
    """Records, each one of several, that a later changing step names by a value with digits."""
    by_value: dict[str, list[dict[str, Any]]] = {}
    for step in taken:
        if not only_reads(step.name) and not step.failed and isinstance(step.arguments, dict):
            for value in step.arguments.values():
                yield from by_value.get(value, ()) if isinstance(value, str) else ()
        records = list(_records([step.result]))
        times = Counter(key for record in records for key in record)
        for record in records:
            for key, value in record.items():
                if times[key] > 1 and isinstance(value, str) and any(map(str.isdigit, value)):
                    by_value.setdefault(value, []).append(record)


def _breaks(record: dict[str, Any], key: str, value: Any) -> bool:
    """Whether a record breaks a condition, as far as one of its fields tells."""
    if value is True:
        return record.get(key) is False
    named = parts(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not named:
        return False
    most, least = named[0].startswith("max"), named[0].startswith("min")
    about = {word[:STEM] for word in named[1:]}
    is_price = not _PRICES.isdisjoint(named[1:])
    if not (most or least) or not about:
        return False
    for field, figure in record.items():
        if isinstance(figure, bool) or not isinstance(figure, int | float):
            continue
        what = parts(str(field))
        same = not about.isdisjoint(word[:STEM] for word in what)
        if same or (is_price and not _PRICES.isdisjoint(what)):
            return figure > value if most else figure < value
    return False


def _records(results: Iterable[str]) -> Iterator[dict[str, Any]]:
    left = MAX_RECORDS
    for result in results:
        try:
            value = json.loads(result)
        except (ValueError, RecursionError):
            continue
        unread = [value]
        while unread and left:
            value = unread.pop()
            if isinstance(value, dict):
                left -= 1
                yield value
                unread += value.values()
            elif isinstance(value, list):
                unread += value
