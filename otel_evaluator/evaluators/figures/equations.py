"""Equations that an answer writes out: ``28 × 8/12 = 18.67``."""

import operator
import re
from collections.abc import Callable, Sequence
from itertools import permutations

from otel_evaluator.evaluators.figures.chance import CENT
from otel_evaluator.evaluators.figures.quantities import Quantity, quantities

ROUNDED = 0.001
"""How far the result of an equation may be off, because its operands are rounded."""
_SCALES = (1.0, 0.01, 0.001, 100.0)
"""Pence to pounds, watts to kilowatts, shares to percentages."""
KINDS = frozenset({"number", "money", "percentage"})
_EQUATION = re.compile(r"([^=≈→\n]{3,160})[=≈→](?=[^\d=≈→\n]{0,12}(\d[\d.,'\u202f\u00a0 ]*))")
_OPERATIONS: dict[str, tuple[int, Callable[[float, float], float]]] = {
    "+": (1, operator.add),
    "-": (1, operator.sub),
    "\u2212": (1, operator.sub),
    "\u2013": (1, operator.sub),
    "×": (2, operator.mul),
    "x": (2, operator.mul),
    "*": (2, operator.mul),
    "·": (2, operator.mul),
    "/": (2, operator.truediv),
    "÷": (2, operator.truediv),
    ":": (2, operator.truediv),
}
_TOKEN = re.compile(
    r"\d[\d.,'\u202f\u00a0 ]*|[()]|(?<![^\W\d_])[+\-\u2212\u2013×x*·/÷:](?=[\W\d]|$)"
)
MIN_AMOUNTS, MAX_AMOUNTS = 4, 12
"""Amounts of a bill that are added up."""
MAX_TOKENS = 24
"""Numbers, signs and brackets of an expression that are read."""


def right_equations(text: str) -> set[float]:
    """Results of the equations in a text that hold: ``28 × 8/12 = 18.67``."""
    found: set[float] = set()
    if not any(sign in text for sign in "=≈→"):
        return found
    for match in _EQUATION.finditer(text):
        result, exact = figures(match[2].strip(" .,")), _value_of(match[1])
        if not result or exact is None:
            continue
        value = result[0].values[0]
        width = max(CENT / 2, ROUNDED * value, 0.0 if value != int(value) else 0.51)
        if any(abs(value - exact * scale) <= width for scale in _SCALES):
            found.add(value)
    return found


def right_total(amounts: Sequence[float]) -> bool:
    """Whether an amount is the sum of all others, of which one may be taken off.

    One more may be no part of it, such as a limit, where there are cents to tell by.
    """
    if not MIN_AMOUNTS <= len(amounts) <= MAX_AMOUNTS:
        return False
    whole, have_cents = sum(amounts), any(amount != int(amount) for amount in amounts)
    return any(
        abs(whole - 2 * total - 2 * off - aside) < CENT / 2
        for total, off, aside in permutations((*amounts, 0.0, 0.0), 3)
        if total and (have_cents or not aside)
    )


def _value_of(expression: str) -> float | None:
    """Value of the numbers, signs and brackets that an expression ends with; None without any."""
    tokens = _tokens(expression)
    for start in range(max(0, len(tokens) - MAX_TOKENS), len(tokens)):
        rest = tokens[start:]
        if not any(isinstance(token, str) and token in _OPERATIONS for token in rest):
            return None
        try:
            value, end = _sum(rest, 0)
        except (ValueError, IndexError, ZeroDivisionError):
            continue
        if end == len(rest):
            return value
    return None


def _tokens(expression: str) -> list[float | str]:
    """Numbers, signs between them, and brackets; a part of 1 for a percentage."""
    tokens: list[float | str] = []
    for match in _TOKEN.finditer(expression):
        sign = match[0].strip()
        if sign[0].isdigit():
            found = figures(sign.strip(" .,"))
            share = expression[match.end() : match.end() + 2].strip().startswith("%")
            if found:
                tokens.append(found[0].values[0] / (100 if share else 1))
        else:
            tokens.append(sign)
    return tokens


def _sum(tokens: list[float | str], at: int) -> tuple[float, int]:
    value, at = _product(tokens, at)
    while at < len(tokens) and _OPERATIONS.get(str(tokens[at]), (0,))[0] == 1:
        other, end = _product(tokens, at + 1)
        value, at = _OPERATIONS[str(tokens[at])][1](value, other), end
    return value, at


def _product(tokens: list[float | str], at: int) -> tuple[float, int]:
    value, at = _factor(tokens, at)
    while at < len(tokens) and _OPERATIONS.get(str(tokens[at]), (0,))[0] == 2:
        other, end = _factor(tokens, at + 1)
        value, at = _OPERATIONS[str(tokens[at])][1](value, other), end
    return value, at


def _factor(tokens: list[float | str], at: int) -> tuple[float, int]:
    first = tokens[at]
    if isinstance(first, float | int):
        return float(first), at + 1
    if first != "(":
        raise ValueError(first)
    value, at = _sum(tokens, at + 1)
    if tokens[at] != ")":
        raise ValueError(tokens[at])
    return value, at + 1


def figures(text: str) -> list[Quantity]:
    """Numbers, amounts and percentages of a text."""
    return [q for q in quantities(text) if q.kind in KINDS and q.values]
