"""User feedback that waits for its trace or conversation, and what joined it."""

from collections import OrderedDict

_MAX_WAITING = 100_000


class FeedbackBox:
    """The lowest feedback by trace and by conversation, bounded; -1 (bad) to 1 (good)."""

    def __init__(self, limit: int = _MAX_WAITING) -> None:
        self._limit = limit
        self._traces: OrderedDict[bytes, float] = OrderedDict()
        self._conversations: OrderedDict[str, float] = OrderedDict()

    def on_trace(self, trace_id: bytes, score: float) -> None:
        """Keep feedback on a trace."""
        self._traces[trace_id] = min(score, self._traces.pop(trace_id, score))
        if len(self._traces) > self._limit:
            self._traces.popitem(last=False)

    def on_conversation(self, conversation_id: str, score: float) -> None:
        """Keep feedback on a conversation."""
        waiting = self._conversations
        waiting[conversation_id] = min(score, waiting.pop(conversation_id, score))
        if len(waiting) > self._limit:
            waiting.popitem(last=False)

    @property
    def has_conversations(self) -> bool:
        """Whether some feedback waits for a conversation."""
        return bool(self._conversations)

    def of(self, trace_id: bytes, conversation_id: str) -> float:
        """The lowest feedback for a trace or its conversation; 0 when there is none."""
        scores = [
            score
            for score in (
                self._traces.get(trace_id),
                self._conversations.get(conversation_id) if conversation_id else None,
            )
            if score is not None
        ]
        return min(scores, default=0.0)
