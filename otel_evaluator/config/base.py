"""The base of every configuration model, and the unit types users write."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

_DURATION_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE_UNITS = {
    "B": 1,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)")


class ComponentConfig(BaseModel):
    """Frozen; unknown keys are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True
    )


def parse_duration(value: Any) -> Any:
    """Seconds from ``10s``, ``5m``, ``1h30m``; a bare number is seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        parts = _QUANTITY.findall(value)
        whole = "".join(number + unit for number, unit in parts) == value.replace(" ", "")
        if parts and whole and all(unit in _DURATION_UNITS for _, unit in parts):
            return sum(float(number) * _DURATION_UNITS[unit] for number, unit in parts)
    raise ValueError(f"{value!r} is not a duration; write a number and ms, s, m, h or d, as in 10s")


def parse_size(value: Any) -> Any:
    """Bytes from ``64MiB``, ``4GB``; a bare integer is bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        match = _QUANTITY.fullmatch(value.strip())
        if match and match[2] in _SIZE_UNITS:
            return int(float(match[1]) * _SIZE_UNITS[match[2]])
    raise ValueError(f"{value!r} is not a size; write a number with KiB, MiB or GiB, such as 64MiB")


Duration = Annotated[float, BeforeValidator(parse_duration)]
"""Seconds; users write ``10s``."""

Size = Annotated[int, BeforeValidator(parse_size)]
"""Bytes; users write ``64MiB``."""
