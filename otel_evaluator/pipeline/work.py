"""What the front process gives to a worker and what it gets back; both are pickled."""

import msgspec

from otel_evaluator.api.judge import Asked
from otel_evaluator.api.writer import Sample
from otel_evaluator.model.outcome import Outcome
from otel_evaluator.model.raw import RawTrace


class Work(msgspec.Struct):
    """One closed trace or conversation to decide on and evaluate."""

    u: int
    """The key's uniform value, 56 bits."""
    multiplier: float
    """The budget's factor in force."""
    paces: dict[str, float] = {}
    """Further factors by evaluator, where money for judges runs out too fast."""
    raw: RawTrace | None = None
    conversation_id: str = ""
    traces: list[bytes] = []
    """Encoded trace subjects of a conversation."""
    revision: int = 0
    feedback: float = 0.0
    """The lowest feedback that joined, -1 to 1."""
    want_trace: bool = False
    """Return the encoded trace subject: a conversation will need it."""
    agents: dict[str, int] = {}
    """When each agent name was first seen, nanoseconds since the Unix epoch."""
    now_ns: int = 0
    excluded: dict[int, str] = {}
    """Steps that took a worker with them, and how; they fail without being run."""


class Story(msgspec.Struct):
    """What became of one subject, for ``why``."""

    kind: str
    key: str
    revision: int
    complete: bool
    tier: str
    rate: float
    u: float
    dialects: tuple[str, ...]
    conversation_id: str
    spans: int
    notes: tuple[str, ...]
    signals: dict[str, float | str | bool]
    skipped: dict[str, str]
    """Evaluators that did not run: filtered or sampled_out."""
    outcomes: tuple[Outcome, ...]
    seen: float = 0.0
    """Probability of being before any evaluator; 0 when it is not."""
    cost_usd: float | None = None
    """What its model calls cost; None when nobody knows."""


class Pending(msgspec.Struct):
    """An outcome that waits for a judge: the place of it, and the question."""

    story: int
    outcome: int
    asked: Asked


class Processed(msgspec.Struct):
    """The result of one Work."""

    stories: list[Story] = []
    told: bytes = b""
    """The same, packed for the ledger."""
    samples: list[Sample] = []
    pending: list[Pending] = []
    """Outcomes that stand for failures until a judge has answered."""
    trace: bytes | None = None
    spans_by_dialect: dict[str, int] = {}
    unmapped: dict[str, int] = {}
    """Unmapped attributes by dialect."""
    repaired: int = 0
    undecodable: int = 0
    agents: tuple[str, ...] = ()
    error: str = ""
    """Why nothing could be made of the spans; a type name."""
