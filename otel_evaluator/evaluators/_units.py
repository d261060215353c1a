"""Numbers in other units of measure."""

from collections.abc import Collection

from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

_METRIC = (1, 1000, 1e6, 0.001, 1e-6, 1e-9, 100, 0.01, 2**-10, 2**-20, 2**-30)
_TIME = (60, 3600, 1 / 60, 1 / 3600, 24, 1 / 24)
"""Factors between units of measure, where numbers are rounded, and of time."""
_OTHER = (2.54, 30.48, 0.3048, 1.609344, 0.45359237, 28.35, 3.785, 4.546)
"""Inches, feet, miles, pounds, ounces and gallons in metric units."""
_FACTORS = (*_OTHER, *(1 / factor for factor in _OTHER))
_IN_UNITS = compile_linear(
    r"(?i)°|\b(?:degrees|fahrenheit|celsius|inch(?:es)?|feet|foot|ft|miles?|km|cm|pounds?|lbs?|kg|"
    r"ounces?|oz|gallons?|lit(?:er|re)s?)\b"
)
ROUNDED = 0.02
"""How far a rounded number may be from the exact one."""
CONVERTED, LEAST = 0.005, 0.06
"""The same of a number in another system of units; a tenth of a degree is kept."""


def has_units(text: str) -> bool:
    """Whether a text speaks of temperature, length, mass or volume."""
    return _IN_UNITS.search(encodable(text)) is not None


def is_rescaled(value: float, known: Collection[float]) -> bool:
    """Whether a number is a known one in larger or smaller units, perhaps rounded."""
    return any(abs(value - n * unit) <= ROUNDED * value for n in known for unit in _METRIC)


def is_time(value: float, known: Collection[float]) -> bool:
    """Whether a number is a known one in other units of time."""
    return any(value == n * unit for n in known for unit in _TIME)


def is_converted(value: float, known: Collection[float]) -> bool:
    """Whether a number is a known one in Fahrenheit, inches, miles, pounds, or back."""
    near = max(CONVERTED * value, LEAST)
    return any(
        abs(value - exact) <= near
        for n in known
        for exact in ((n - 32) / 1.8, 1.8 * n + 32, *(n * factor for factor in _FACTORS))
    )
