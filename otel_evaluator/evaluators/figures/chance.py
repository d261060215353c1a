"""How likely it is by chance that some result of other numbers is a figure.

Any figure is the sum, difference, product or quotient of some two of enough numbers. A match
tells something only where few results of the same numbers lie near it: their density times the
width that rounding leaves is the number of matches to be expected by chance (a Poisson mean).
"""

from collections.abc import Iterable, Iterator

CENT = 0.0102
"""Width of a cent, and a little for binary fractions."""
NEAR = 1.25
"""Results within this factor of a figure tell how dense they are there."""


def by_chance(
    value: float, results: Iterable[float], have_cents: bool = False, is_about: bool = False
) -> float | None:
    """Matches to be expected by chance, where some result is the value; None where none is."""
    if value <= 0:
        return None
    low, high = value / NEAR, value * NEAR
    close = {round(r, 4) for r in results if low <= r <= high}
    for width, step in _precisions(value, have_cents, is_about):
        if any(abs(r - value) <= width for r in close):
            return len(close) * step / (high - low)
    return None


def _precisions(value: float, have_cents: bool, is_about: bool) -> Iterator[tuple[float, float]]:
    """How far an exact figure may be from one written so, and what separates figures so written.

    Round figures are few: any two of them are the same more often than by their density.
    """
    if value != int(value):
        yield CENT / 2, CENT
        if round(value, 1) == value:
            yield 0.051, 0.1
        return
    if have_cents:
        yield CENT / 2, CENT
    step = next((s for s in (100.0, 50.0, 10.0, 5.0) if value % s == 0 and value > s), 1.0)
    yield CENT / 2, step
    yield (step / 2 if is_about and value >= 10 * step else 0.51), step
