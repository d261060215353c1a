"""Numbers in other units of measure."""

from collections.abc import Collection

from otel_evaluator.evaluators._lists import words
from otel_evaluator.evaluators.figures.quantities import quantities
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

_METRIC = (1, 1000, 1e6, 0.001, 1e-6, 1e-9, 100, 0.01, 2**-10, 2**-20, 2**-30)
_TIME = (60, 3600, 1 / 60, 1 / 3600, 24, 1 / 24)
"""Factors between units of measure, where numbers are rounded, and of time."""
_FACTORS = {
    unit: factors
    for units, factors in (
        ("km kilometer kilometers kilometre kilometres kilómetros quilômetros", (1.609344,)),
        ("m meter meters metre metres metros mètres metri", (0.3048, 0.9144)),
        ("cm", (2.54, 30.48)),
        ("mm", (25.4,)),
        ("mi mile miles", (1 / 1.609344,)),
        ("ft foot feet", (1 / 0.3048, 1 / 30.48)),
        ("in inch inches", (1 / 2.54, 1 / 25.4)),
        ("kg kilo kilos kilogram kilograms", (0.45359237,)),
        ("g gram grams", (28.35, 453.59237)),
        ("lb lbs pound pounds", (1 / 0.45359237,)),
        ("oz ounce ounces", (1 / 28.35,)),
        ("l liter liters litre litres litros litri", (3.785, 4.546, 0.568)),
        ("gallon gallons", (1 / 3.785, 1 / 4.546)),
    )
    for unit in units.split()
}
"""Factors to a unit from those of the other system of measures."""
_DEGREES = words("° degree degrees fahrenheit celsius grad grados degrés gradi graus")
_IN_UNIT = compile_linear(r"(\d[\d.,]*)[ -]?(°|\pL+)")
ROUNDED = 0.02
"""How far a rounded number may be from the exact one."""
CONVERTED, LEAST = 0.005, 0.06
"""The same of a number in another system of units; a tenth of a degree is kept."""


def is_rescaled(value: float, known: Collection[float]) -> bool:
    """Whether a number is a known one in larger or smaller units, perhaps rounded."""
    return any(abs(value - n * unit) <= ROUNDED * value for n in known for unit in _METRIC)


def is_time(value: float, known: Collection[float]) -> bool:
    """Whether a number is a known one in other units of time."""
    return any(value == n * unit for n in known for unit in _TIME)


def converted(text: str, known: Collection[float]) -> set[float]:
    """Numbers before a unit in a text that are a known one in the other system of measures."""
    return {
        quantity.values[0]
        for number, unit in _IN_UNIT.findall(encodable(text))
        for quantity in quantities(number)
        if quantity.kind == "number" and _is_converted(quantity.values[0], unit.lower(), known)
    }


def _is_converted(value: float, unit: str, known: Collection[float]) -> bool:
    near = max(CONVERTED * value, LEAST)
    if unit in _DEGREES:
        return any(
            abs(value - exact) <= near for n in known for exact in ((n - 32) / 1.8, 1.8 * n + 32)
        )
    factors = _FACTORS.get(unit, ())
    return any(abs(value - n * factor) <= near for n in known for factor in factors)
