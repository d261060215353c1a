"""Recording rules: weighted sums into means, rates, intervals and coverage.

The formulas are those of ``stats.weighted`` and ``stats.intervals``: the ratio mean of Hájek 1971
with its linearised variance, Kish's effective size, Wilson's interval on the variance-based size.
"""

from collections.abc import Iterator
from typing import Any

from otel_evaluator.metrics import PREFIX, SEGMENT_LABELS
from otel_evaluator.stats.intervals import z

Rule = dict[str, Any]
LEVELS = {
    "evaluator": ("evaluator",),
    "segment": ("evaluator", *SEGMENT_LABELS),
}
"""Recorded levels and the labels they keep; the tier never is: weights make up for it."""
WINDOWS = {"evaluator": ("30m", "1h", "6h", "1d", "3d"), "segment": ("1h", "1d")}
SUMS = {
    "w": "score_weight",
    "wy": "score_weighted_sum",
    "ww": "score_weight_square",
    "wwy": "score_weight_square_sum",
    "wwyy": "score_weight_square_square_sum",
    "vw": "verdict_weight",
    "vww": "verdict_weight_square",
    "pw": "passed_weight",
    "pww": "passed_weight_square",
    "missing": "missing_weight",
}
"""Short name to counter."""


def name(level: str, what: str, window: str) -> str:
    """The name of a recorded series: ``level:metric:operation``."""
    return f"{level}:{PREFIX}{what}:{window}"


def rules(level: str, window: str) -> list[Rule]:
    """All series of one level and window, those that others need first."""
    return [*_sums(level, window), *_means(level, window), *_rates(level, window)]


def _rule(level: str, what: str, window: str, expression: str) -> Rule:
    return {"record": name(level, what, window), "expr": expression}


def _sums(level: str, window: str) -> Iterator[Rule]:
    by = ", ".join(LEVELS[level])
    for short, counter in SUMS.items():
        increase = f"increase({PREFIX}{counter}_total[{window}])"
        yield _rule(level, f"sum_{short}", window, f"sum by ({by}) ({increase})")


def _means(level: str, window: str) -> Iterator[Rule]:
    def of(what: str) -> str:
        return name(level, what, window)

    w, wy, ww = of("sum_w"), of("sum_wy"), of("sum_ww")
    yield _rule(level, "score", window, f"{wy} / ({w} > 0)")
    mean = of("score")
    squares = f"{of('sum_wwyy')} - 2 * {mean} * {of('sum_wwy')} + {mean} ^ 2 * {ww}"
    yield _rule(level, "score_variance", window, f"clamp_min({squares}, 0) / {w} ^ 2")
    half = f"{z():.6g} * sqrt({of('score_variance')})"
    yield _rule(level, "score_low", window, f"{mean} - {half}")
    yield _rule(level, "score_high", window, f"{mean} + {half}")
    yield _rule(level, "score_effective", window, f"{w} ^ 2 / ({ww} > 0)")
    whole = f"({w} + ({of('sum_missing')} or 0 * {w}))"
    yield _rule(level, "coverage", window, f"{w} / ({whole} > 0)")
    # What is missing could all be 0, or all be 1.
    yield _rule(level, "score_worst", window, f"{wy} / ({whole} > 0)")
    missing = f"({of('sum_missing')} or 0 * {w})"
    yield _rule(level, "score_best", window, f"({wy} + {missing}) / ({whole} > 0)")


def _rates(level: str, window: str) -> Iterator[Rule]:
    def of(what: str) -> str:
        return name(level, what, window)

    vw, vww = of("sum_vw"), of("sum_vww")
    pw, pww = (f"({of(s)} or 0 * {vw})" for s in ("sum_pw", "sum_pww"))
    yield _rule(level, "pass_rate", window, f"{pw} / ({vw} > 0)")
    p = of("pass_rate")
    variance = f"clamp_min({pww} - 2 * {p} * {pww} + {p} ^ 2 * {vww}, 0) / {vw} ^ 2"
    kish = f"{vw} ^ 2 / ({vww} > 0)"
    yield _rule(
        level, "pass_effective", window, f"({p} * (1 - {p}) / (({variance}) > 0)) > 0 or {kish}"
    )
    n, q = of("pass_effective"), f"{z() ** 2:.6g}"
    centre = f"({p} + {q} / (2 * {n})) / (1 + {q} / {n})"
    half = f"sqrt({q} / {n} * {p} * (1 - {p}) + ({q} / {n}) ^ 2 / 4) / (1 + {q} / {n})"
    yield _rule(level, "pass_rate_low", window, f"clamp_min({centre} - {half}, 0)")
    yield _rule(level, "pass_rate_high", window, f"clamp_max({centre} + {half}, 1)")
    if level == "evaluator":
        yield _rule(level, "pass_rate_corrected", window, _corrected(p))


def _corrected(p: str) -> str:
    """As people would have judged (Rogan and Gladen 1978), by the evaluator's calibration."""
    sensitivity = f"max by (evaluator) ({PREFIX}judge_sensitivity)"
    specificity = f"max by (evaluator) ({PREFIX}judge_specificity)"
    informative = f"({sensitivity} + {specificity} - 1) > 0"
    return f"clamp(({p} + {specificity} - 1) / ({informative}), 0, 1)"
