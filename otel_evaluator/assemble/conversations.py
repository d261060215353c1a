"""Conversations under assembly: the normalised traces that share a conversation id."""

import heapq

import msgspec

from otel_evaluator.api.journal import Part
from otel_evaluator.assemble.config import AssemblyConfig

_MAX_TRACES = 1000
"""Traces of one conversation at which it is closed; a bound on memory."""


class ClosedConversation(msgspec.Struct):
    """A conversation that was closed, to be decided on."""

    conversation_id: str
    traces: list[bytes]
    """Encoded trace subjects, one per trace, in order of arrival."""
    parts: set[int]
    """Where the journal keeps its traces."""
    revision: int
    configuration: str
    """Fingerprint of the configuration of its first trace."""


class _Open(msgspec.Struct):
    traces: dict[bytes, bytes]
    parts: set[int]
    last: float
    revision: int
    configuration: str


class ConversationAssembler:
    """All conversations under assembly; pure given the time.

    A conversation closes after ``conversation_idle`` without a new trace. A trace that comes
    later makes the next revision, which holds the traces since the close.
    """

    def __init__(self, config: AssemblyConfig, max_remembered: int = 100_000) -> None:
        self._config = config
        self._max_remembered = max_remembered
        self._open: dict[str, _Open] = {}
        self._revisions: dict[str, int] = {}
        self._checks: list[tuple[float, str]] = []
        self.held_bytes = 0

    def configure(self, config: AssemblyConfig) -> None:
        """Close by another idle time from now on."""
        self._config = config

    def __len__(self) -> int:
        return len(self._open)

    def has(self, conversation_id: str) -> bool:
        """Whether the conversation is open."""
        return conversation_id in self._open

    def configurations(self) -> set[str]:
        """Under which open conversations began."""
        return {conversation.configuration for conversation in self._open.values()}

    def remember(self, conversation_id: str, revision: int) -> None:
        """Know a conversation that was closed before a restart."""
        self._revisions.pop(conversation_id, None)
        self._revisions[conversation_id] = revision
        if len(self._revisions) > self._max_remembered:
            del self._revisions[next(iter(self._revisions))]

    def add(self, part: Part, now: float, configuration: str = "") -> None:
        """Add a trace, or replace it by its newer revision."""
        conversation_id, trace_id, trace = part.conversation_id, part.trace_id, part.body
        conversation = self._open.get(conversation_id)
        if conversation is None:
            revision = self._revisions.get(conversation_id, -1) + 1
            conversation = _Open({}, set(), now, revision, configuration)
            self._open[conversation_id] = conversation
            check = now + self._config.conversation_idle
            heapq.heappush(self._checks, (check, conversation_id))
        self.held_bytes += len(trace) - len(conversation.traces.get(trace_id, b""))
        conversation.traces[trace_id] = trace
        if len(conversation.traces) == _MAX_TRACES:
            heapq.heappush(self._checks, (now, conversation_id))
        conversation.parts.add(part.sequence)
        conversation.last = now

    def due(self, now: float) -> list[ClosedConversation]:
        """Close and return the conversations whose time has come."""
        closed = []
        while self._checks and self._checks[0][0] <= now:
            _, conversation_id = heapq.heappop(self._checks)
            conversation = self._open.get(conversation_id)
            if conversation is None:
                continue
            deadline = conversation.last + self._config.conversation_idle
            if deadline <= now or len(conversation.traces) >= _MAX_TRACES:
                closed.append(self._close(conversation_id))
            else:
                heapq.heappush(self._checks, (deadline, conversation_id))
        return closed

    def flush(self) -> list[ClosedConversation]:
        """Close everything; for the end of a replay."""
        return [self._close(conversation_id) for conversation_id in [*self._open]]

    def _close(self, conversation_id: str) -> ClosedConversation:
        conversation = self._open.pop(conversation_id)
        traces = list(conversation.traces.values())
        self.held_bytes -= sum(map(len, traces))
        self.remember(conversation_id, conversation.revision)
        return ClosedConversation(
            conversation_id,
            traces,
            conversation.parts,
            conversation.revision,
            conversation.configuration,
        )
