"""Counts of one metric over rows of labelled traces; runs in a peer's environment."""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

THRESHOLD = 0.5
Row = dict[str, Any]


def counted(
    metric: str,
    defects: tuple[str, ...],
    rows: list[Row],
    score: Callable[[Row], float],
    applies: Callable[[Row], bool],
) -> dict[str, Any]:
    """A file is flagged when any of its traces is below the threshold."""
    lowest: dict[str, float] = defaultdict(lambda: 1.0)
    seconds = calls = 0.0
    for row in rows:
        if not applies(row):
            continue
        began = time.perf_counter()
        value = score(row)
        seconds += time.perf_counter() - began
        calls += 1
        lowest[row["path"]] = min(lowest[row["path"]], value)
    files = {row["path"]: row for row in rows}
    has = {path for path, row in files.items() if set(defects) & set(row["defects"])}
    flagged = {path for path, value in lowest.items() if value < THRESHOLD}
    return {
        "metric": metric,
        "defects": list(defects),
        "with_defect": len(has),
        "hits": len(flagged & has),
        "false": len(flagged - has),
        "good": sum(files[path]["good"] for path in flagged - has),
        "us": 1e6 * seconds / max(1.0, calls),
    }
