"""What the lists of a JSON result count and add up to."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from otel_evaluator.evaluators._memo import of_text

MAX_FIGURES = 1_000
"""Lengths and sums of one result."""
_DECIMAL = re.compile(r"-?\d{1,12}(?:\.\d{1,4})?")


class Sums(NamedTuple):
    """Of the lists of one result."""

    lengths: frozenset[float] = frozenset()
    totals: frozenset[float] = frozenset()
    """Sums of two or more numbers of a column, a list or a record."""


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
        for column in (items, *_columns(items)):
            numbers = [n for n in map(_number, column) if n is not None]
            if len(numbers) > 1:
                totals.add(round(abs(sum(numbers)), 4))
        unread += [item for item in items if isinstance(item, dict | list)]
    return Sums(frozenset(lengths), frozenset(totals))


def _columns(items: list[Any]) -> Iterator[list[Any]]:
    records = [item for item in items if isinstance(item, dict)]
    for key in sorted({key for record in records for key in record}):
        yield [record.get(key) for record in records]
    rows = [item for item in items if isinstance(item, list)]
    for place in range(max(map(len, rows), default=0)):
        yield [row[place] for row in rows if place < len(row)]


def _number(value: Any) -> float | None:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return float(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
