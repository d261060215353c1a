"""Equations that an answer writes out: ``28 × 8/12 = 18.67``."""

import operator
import re
from collections.abc import Callable

from otel_evaluator.evaluators._chance import CENT
from otel_evaluator.evaluators._quantities import Quantity, quantities

ROUNDED = 0.001
"""How far the result of an equation may be off, because its operands are rounded."""
_SCALES = (1.0, 0.01, 0.001, 100.0)
"""Pence to pounds, watts to kilowatts, shares to percentages."""
KINDS = frozenset({"number", "money", "percentage"})
_EQUATION = re.compile(r"([^=≈→\n]{3,160})[=≈→](?=[^\d=≈→\n]{0,12}(\d[\d.,'\u202f\u00a0 ]*))")
_FIGURE = re.compile(r"\d[\d.,'\u202f\u00a0 ]*")
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
_OPERATOR = re.compile(r"(?:^|[^\w])([+\-\u2212\u2013×x*·/÷:])(?=\W|\d|$)")


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


def _value_of(expression: str) -> float | None:
    """Value of the numbers and signs that an expression ends with; None without any sign."""
    tokens: list[float | str] = []
    end = 0
    for match in _FIGURE.finditer(expression):
        between = expression[end : match.start()]
        sign = _OPERATOR.findall(between)
        if tokens and len(sign) != 1:
            tokens = []
        if tokens:
            tokens.append(sign[0])
        figure = figures(match[0].strip(" ."))
        if not figure:
            return None
        share = expression[match.end() : match.end() + 2].strip().startswith("%")
        tokens.append(figure[0].values[0] / (100 if share else 1))
        end = match.end()
    return _evaluate(tokens) if len(tokens) >= 3 else None


def _evaluate(tokens: list[float | str]) -> float | None:
    """Numbers with signs between them, products before sums."""
    terms: list[float] = [float(tokens[0])]
    for sign, number in zip(tokens[1::2], tokens[2::2], strict=True):
        rank, run = _OPERATIONS[str(sign)]
        value = float(number)
        if rank == 2:
            if run is operator.truediv and not value:
                return None
            terms[-1] = run(terms[-1], value)
        else:
            terms.append(run(0.0, value))
    return sum(terms)


def figures(text: str) -> list[Quantity]:
    return [q for q in quantities(text) if q.kind in KINDS and q.values]
