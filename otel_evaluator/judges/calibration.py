"""What is known of an evaluator's agreement with people: kept in a file, one line a run."""

from pathlib import Path

import msgspec

from otel_evaluator.errors import ConfigError
from otel_evaluator.stats.agreement import Agreement, Pair, agreement, best_threshold

HELD_OUT = 0.3
"""Share of labels on which a suggested threshold is tried, which it was not chosen by."""


class Calibration(msgspec.Struct, frozen=True):
    """One run of ``calibrate`` for one evaluator revision."""

    evaluator: str
    revision: str
    made: str
    """When, ISO 8601 in UTC."""
    threshold: float
    """What counts as a pass, of people's scores and of the judge's."""
    agreement: Agreement
    missing: int = 0
    """Labels that the judge gave no score for."""
    mean_difference: float = 0.0
    """Mean of the judge's score minus people's, on [0, 1]."""


class Suggestion(msgspec.Struct, frozen=True):
    """A threshold for the judge's score, chosen by a part of the labels and tried on the rest."""

    threshold: float
    agreement: Agreement
    """On the labels held out."""


def suggest(scores: list[tuple[float, float]], threshold: float) -> Suggestion | None:
    """A threshold by every label but each third; None where a kind of label is missing.

    ``scores``: people's and the judge's, on [0, 1]; ``threshold`` says what people let pass.
    """
    cases = [(human >= threshold, judged) for human, judged in scores]
    step = round(1 / HELD_OUT)
    chosen = [case for number, case in enumerate(cases) if number % step]
    tried = cases[::step]
    if len({human for human, _ in chosen}) < 2 or not tried:
        return None
    best = best_threshold(chosen)
    pairs: list[Pair] = [(human, judged >= best) for human, judged in tried]
    return Suggestion(best, agreement(pairs))


def append(path: Path, calibration: Calibration) -> None:
    """Add a run to the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(msgspec.json.encode(calibration) + b"\n")


def latest(path: Path) -> dict[str, Calibration]:
    """The last run for each evaluator revision; ConfigError when the file cannot be read."""
    found = {}
    try:
        for line in path.read_bytes().splitlines():
            calibration = msgspec.json.decode(line, type=Calibration)
            found[calibration.revision] = calibration
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError([f"storage.calibrations: {path}: {error}"]) from None
    return found
