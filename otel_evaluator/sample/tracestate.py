"""Upstream sampling thresholds from W3C ``tracestate``.

OpenTelemetry specification, "TraceState: Probability Sampling": entry ``ot`` carries
``th:T`` (rejection threshold) and ``rv:R`` (randomness), 56-bit values written big-endian in
hexadecimal; trailing zeros of ``th`` may be cut, leading zeros may not.
"""

import re
from typing import NamedTuple

_BITS = 56
_TH = re.compile(r"[0-9a-f]{1,14}")
_RV = re.compile(r"[0-9a-f]{14}")
_MAX_VALUE = 256


class Upstream(NamedTuple):
    """What upstream samplers wrote; None where absent or invalid."""

    threshold: int | None
    """Rejection threshold T: kept iff R >= T."""
    randomness: int | None

    @property
    def probability(self) -> float | None:
        """(2**56 - T) / 2**56; None (unknown) without a threshold."""
        if self.threshold is None:
            return None
        return ((1 << _BITS) - self.threshold) / (1 << _BITS)


def parse(tracestate: str) -> Upstream:
    """Read the ``ot`` entry; unknown keys and other vendors' entries are passed over."""
    threshold = randomness = None
    for member in tracestate.split(","):
        key, _, value = member.strip().partition("=")
        if key != "ot" or len(value) > _MAX_VALUE:
            continue
        for pair in value.split(";"):
            name, _, text = pair.partition(":")
            if name == "th" and _TH.fullmatch(text):
                threshold = int(text.ljust(14, "0"), 16)
            elif name == "rv" and _RV.fullmatch(text):
                randomness = int(text, 16)
        break
    return Upstream(threshold, randomness)


def encode_threshold(probability: float) -> str:
    """The ``th`` value of a probability in (0, 1]: 14 digits less trailing zeros, or "0".

    Zero-padding to 14 digits keeps the leading zeros that probabilities above 15/16 need.
    """
    # Scaling by a power of two is exact; 1 - probability would lose small probabilities.
    threshold = (1 << _BITS) - max(1, round(probability * (1 << _BITS)))
    return format(threshold, "014x").rstrip("0") or "0"


def is_consistent(upstream: Upstream, trace_id: bytes) -> bool:
    """Whether the arriving threshold agrees with the randomness of this 16-byte trace id."""
    if upstream.threshold is None:
        return True
    randomness = upstream.randomness
    if randomness is None:
        randomness = int.from_bytes(trace_id[9:16], "big")
    return randomness >= upstream.threshold
