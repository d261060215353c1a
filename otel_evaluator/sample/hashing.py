"""The sampling decision's uniform value, and rates as thresholds on it.

``u`` is 56 bits of a keyed BLAKE2b (RFC 7693) over the sampling key. It is independent of
the trace id's own randomness that upstream samplers use (W3C trace context level 2, OTEP
235), so own and upstream probabilities multiply. A key is kept iff ``u < threshold(rate)``;
the sets kept at two rates are nested.
"""

import hashlib

BITS = 56
ONE = 1 << BITS
"""The threshold of rate 1: every key is kept."""


def threshold(rate: float) -> int:
    """The smallest u that is not kept at ``rate`` (0 to 1)."""
    return round(rate * ONE)


def probability(threshold_value: int) -> float:
    """The exact inclusion probability of a threshold."""
    return threshold_value / ONE


class KeyHash:
    """u of conversation and trace keys under one seed (a 64-bit integer)."""

    def __init__(self, seed: int) -> None:
        key = seed.to_bytes(8, "big", signed=seed < 0)
        self._trace = hashlib.blake2b(digest_size=7, key=key, person=b"otel-eval trace")
        self._conversation = hashlib.blake2b(digest_size=7, key=key, person=b"otel-eval convo")

    def trace(self, trace_id: bytes) -> int:
        """The u of a 16-byte trace id."""
        state = self._trace.copy()
        state.update(trace_id)
        return int.from_bytes(state.digest(), "big")

    def traces_at_or_above(self, trace_ids: set[bytes], limit: int) -> set[bytes]:
        """Those 16-byte trace ids whose u is at or above a threshold below ONE.

        Big-endian digests of one length compare as their numbers do.
        """
        bound, copy = limit.to_bytes(7, "big"), self._trace.copy
        above = set()
        for trace_id in trace_ids:
            state = copy()
            state.update(trace_id)
            if state.digest() >= bound:
                above.add(trace_id)
        return above

    def conversation(self, conversation_id: str) -> int:
        """The u of a conversation id."""
        state = self._conversation.copy()
        state.update(conversation_id.encode())
        return int.from_bytes(state.digest(), "big")
