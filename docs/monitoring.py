"""Simulate the watching of scores and write the table at the end of docs/monitoring.md."""

import random
import sys
from math import log
from pathlib import Path
from statistics import median

from otel_evaluator.stats.intervals import wilson
from otel_evaluator.stats.sequential import ConfidenceSequence, DropEvidence

RUNS = 200
LOOKS = 5000
MARK = "| | boosted tiers | plain |\n|---|---|---|\n"
"""What the simulated rows follow."""


def main() -> None:
    """Simulate and write."""
    rows = [
        ("bounds of the mean missed it at some look, 1,400 looks", _missed, 1400),
        ("a fixed 95 % interval missed it at some look, 5,000 looks", _missed_fixed, LOOKS),
        ("false alarm without a drop, 5,000 looks", lambda b, n: _found(b, n, 0.0), LOOKS),
    ]
    path = Path(__file__).with_name("monitoring.md")
    page = path.read_text().partition(MARK)[0] + MARK
    for title, simulated, looks in rows:
        page += f"| {title} | {simulated(True, looks)} | {simulated(False, looks)} |\n"
    for drop in (0.05, 0.1, 0.2):
        cells = [_delay(is_boosted, drop) for is_boosted in (True, False)]
        page += f"| drop of {drop}: found, scores until then (median) | {cells[0]} | {cells[1]} |\n"
    path.write_text(page)
    sys.stdout.write(f"wrote {path.name}\n")


MEAN = 0.1 * 0.55 + 0.9 * 0.93


def _items(generator: random.Random, n: int, is_boosted: bool, drop: float = 0.0):  # type: ignore[no-untyped-def]
    while n:
        if not is_boosted:
            yield float(generator.random() < MEAN - drop), 1.0
            n -= 1
            continue
        is_error = generator.random() < 0.1
        if generator.random() < (0.5 if is_error else 0.02):
            rate = (0.55 if is_error else 0.93) - drop
            yield float(generator.random() < rate), 2.0 if is_error else 50.0
            n -= 1


def _generator(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a simulation


def _missed(is_boosted: bool, looks: int) -> str:
    missed = 0
    for seed in range(RUNS):
        sequence, inside = ConfidenceSequence(50.0 if is_boosted else 1.0), True
        for y, w in _items(_generator(seed), looks, is_boosted):
            sequence.add(y, w)
            low, high = sequence.bounds
            inside = inside and low <= MEAN <= high
        missed += not inside
    return f"{missed / RUNS:.1%}"


def _missed_fixed(is_boosted: bool, looks: int) -> str:
    if is_boosted:
        return "–"
    missed = 0
    for seed in range(RUNS):
        passed, inside = 0.0, True
        for n, (y, _) in enumerate(_items(_generator(seed), looks, is_boosted), 1):
            passed += y
            found = wilson(passed / n, n)
            inside = inside and found.low <= MEAN <= found.high
        missed += not inside
    return f"{missed / RUNS:.1%}"


def _delays(is_boosted: bool, looks: int, drop: float) -> list[int]:
    delays = []
    for seed in range(RUNS):
        evidence = DropEvidence(MEAN - 0.02, 50.0 if is_boosted else 1.0)
        for n, (y, w) in enumerate(_items(_generator(seed), looks, is_boosted, drop), 1):
            evidence.add(y, w)
            if evidence.log_value >= log(24 / 0.05):
                delays.append(n)
                break
    return delays


def _found(is_boosted: bool, looks: int, drop: float) -> str:
    return f"{len(_delays(is_boosted, looks, drop)) / RUNS:.1%}"


def _delay(is_boosted: bool, drop: float) -> str:
    delays = _delays(is_boosted, LOOKS, drop)
    return f"{len(delays) / RUNS:.0%}, {median(delays):.0f}" if delays else "0 %"


if __name__ == "__main__":
    main()
