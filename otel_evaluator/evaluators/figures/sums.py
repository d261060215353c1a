"""What the lists of a JSON result count and add up to."""

import json
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from otel_evaluator.evaluators._memo import of_text

MAX_FIGURES = 1_000
"""Lengths and sums of one result."""
MAX_MEANS = 24
"""Numbers of a column whose means are looked at."""
MAX_RECORDS = 100
_COUNTS = re.compile(
    r"(?i)(?:qty|quantity|count|units?|pieces|menge|anzahl|stück|cantidad|unidades|quantité|"
    r"quantità|quantidade|aantal|cases|seats|nights)$"
)
_PRICES = re.compile(
    r"(?i)(?:price|rate|cost|amount|preis|precio|prix|prezzo|preço|prijs|net|units_per)"
)
_DECIMAL = re.compile(r"-?\d{1,12}(?:\.\d{1,4})?")


class Sums(NamedTuple):
    """Of the lists of one result."""

    lengths: frozenset[float] = frozenset()
    totals: frozenset[float] = frozenset()
    """Sums of two or more numbers of a column, a list or a record; their means, also of the first
    or last ones; what so many pieces of each record come to, for all and for each kind."""


@of_text
def sums(result: str) -> Sums:
    """Lengths of the lists of a JSON result, and sums of the numbers in them, by column.

    A column is a key of the records of a list, or a place in its rows.
    """
    if not result.lstrip().startswith(("{", "[")):
        return Sums()
    try:
        unread = [json.loads(result)]
    except (ValueError, RecursionError):
        return Sums()
    lengths: set[float] = set()
    totals: set[float] = set()
    while unread and len(totals) < MAX_FIGURES:
        value = unread.pop()
        if isinstance(value, dict):
            items = list(value.values())
        elif isinstance(value, list):
            items = value
        else:
            continue
        lengths.add(float(len(items)))
        for column in (items, *_columns(items), *_amounts(items)):
            numbers = [n for n in map(_number, column) if n is not None]
            if len(numbers) > 1:
                totals.add(round(abs(sum(numbers)), 4))
                totals.update(_means(numbers))
        unread += [item for item in items if isinstance(item, dict | list)]
    return Sums(frozenset(lengths), frozenset(totals))


def _columns(items: list[Any]) -> Iterator[list[Any]]:
    records = [item for item in items if isinstance(item, dict)]
    for key in sorted({key for record in records for key in record}):
        yield [record.get(key) for record in records]
    rows = [item for item in items if isinstance(item, list)]
    for place in range(max(map(len, rows), default=0)):
        yield [row[place] for row in rows if place < len(row)]


def _means(numbers: list[float]) -> Iterator[float]:
    for some in (numbers[:MAX_MEANS], numbers[::-1][:MAX_MEANS]):
        for count, total in enumerate(accumulate(some), 1):
            if count > 1:
                yield round(abs(total) / count, 4)


def _amounts(items: list[Any]) -> Iterator[list[Any]]:
    """Quantity times price of each record, and the same of the records of each kind."""
    records = [item for item in items[:MAX_RECORDS] if isinstance(item, dict)]
    amounts: list[tuple[dict[str, Any], float]] = []
    for record in records:
        counts = [_number(v) for k, v in record.items() if _COUNTS.match(str(k))]
        prices = [_number(v) for k, v in record.items() if _PRICES.search(str(k))]
        if len(counts) == 1 and prices and counts[0] is not None and prices[0] is not None:
            amounts.append((record, counts[0] * prices[0]))
    if not amounts:
        return
    yield [amount for _, amount in amounts]
    for amount in amounts:
        yield [amount[1], 0]
    for key in {key for record, _ in amounts for key in record}:
        kinds: dict[str, list[float]] = {}
        for record, one in amounts:
            if isinstance(record.get(key), str):
                kinds.setdefault(record[key], []).append(one)
        yield from (some for some in kinds.values() if len(some) > 1)


def _number(value: Any) -> float | None:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return float(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
