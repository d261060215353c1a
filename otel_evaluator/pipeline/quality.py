"""Sums of stored scores to estimates with intervals, as ``/api/quality`` gives them."""

from typing import Any

from otel_evaluator.judges.calibration import Calibration
from otel_evaluator.stats.agreement import corrected
from otel_evaluator.stats.intervals import Estimate
from otel_evaluator.stats.weighted import Sums, sums_of_passes
from otel_evaluator.write.clickhouse.reading import Quality


def estimates(found: Quality, calibration: Calibration | None) -> dict[str, Any]:
    """Mean and pass rate of one evaluator revision; None where nothing supports one."""
    mean = passes = None
    if found.w > 0:
        mean = Sums(found.w, found.wy, found.wyy, found.ww, found.wwy, found.wwyy)
    if found.passes_w > 0:
        passes = sums_of_passes(found.passes_w, found.passed_w, found.passes_ww, found.passed_ww)
    people = None
    if passes is not None and calibration is not None:
        people = corrected(passes.mean, passes.effective, calibration.agreement)
    return {
        "evaluator": found.evaluator,
        "revision": found.revision,
        "scored": found.scored,
        "missing": found.missing,
        "mean": None if mean is None else plain(mean.estimate()),
        "pass_rate": None if passes is None else plain(passes.rate()),
        "corrected_pass_rate": None if people is None else plain(people),
        "effective_n": None if passes is None else passes.effective,
        "kish_n": None if mean is None else mean.kish,
        "calibrated": None if calibration is None else calibration.made,
    }


def plain(estimate: Estimate) -> dict[str, float]:
    """An estimate as JSON has it."""
    return estimate._asdict()
