"""What became of the traces lately closed, for ``why``; bounded, in memory."""

from collections import OrderedDict
from typing import Any

import msgspec

from otel_evaluator.pipeline import stories


class SampledOut(msgspec.Struct, frozen=True):
    """A trace that was set aside without decoding it."""

    u: float
    conversation_id: str


class Ledger:
    """The last ``limit`` traces by id; sampled-out ones are kept apart, they are many."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._told: OrderedDict[str, list[bytes]] = OrderedDict()
        self._sampled_out: OrderedDict[bytes, SampledOut] = OrderedDict()
        self._given_up: OrderedDict[bytes, str] = OrderedDict()

    def add(self, trace_id: str, told: bytes) -> None:
        """Keep the packed stories of one closed trace; a later revision is added."""
        self._told.setdefault(trace_id, []).append(told)
        self._told.move_to_end(trace_id)
        if len(self._told) > self._limit:
            self._told.popitem(last=False)

    def sampled_out(self, trace_id: bytes, u: float, conversation_id: str) -> None:
        """Note a trace that no rate could select."""
        self._sampled_out[trace_id] = SampledOut(u, conversation_id)
        if len(self._sampled_out) > self._limit:
            self._sampled_out.popitem(last=False)

    def set_aside(self, trace_id: bytes, reason: str) -> None:
        """Note a trace that was given up before it was evaluated."""
        self._given_up[trace_id] = reason
        if len(self._given_up) > self._limit:
            self._given_up.popitem(last=False)

    def why(self, trace_id: str) -> dict[str, Any] | None:
        """The story of a trace as plain values; None when it is not remembered."""
        told = self._told.get(trace_id)
        if told is not None:
            subjects = [subject for packed in told for subject in stories.unpack(packed)]
            return {"trace_id": trace_id, "subjects": subjects}
        if bytes.fromhex(trace_id) in self._given_up:
            return {"trace_id": trace_id, "subjects": [self._dropped(trace_id)]}
        out = self._sampled_out.get(bytes.fromhex(trace_id))
        if out is None:
            return None
        subject = {
            "kind": "trace",
            "key": trace_id,
            "decision": "sampled_out",
            "u": out.u,
            "conversation_id": out.conversation_id,
            "explanation": "u is at or above every rate that could apply; it was not decoded",
            "outcomes": [],
        }
        return {"trace_id": trace_id, "subjects": [subject]}

    def _dropped(self, trace_id: str) -> dict[str, Any]:
        return {
            "kind": "trace",
            "key": trace_id,
            "decision": "dropped",
            "reason": self._given_up[bytes.fromhex(trace_id)],
            "explanation": "the journal was full and journal.overflow says to drop",
            "outcomes": [],
        }
