"""What an evaluator gives back, and the record that is written for it.

A verdict is exactly one of Scored, Unscored, Skipped and Failed. Only Scored carries a
value: a failure never becomes a number.
"""

from typing import Literal

import msgspec

from otel_evaluator.model.subject import SubjectKind

OutcomeName = Literal["scored", "unscored", "skipped", "failed"]

REASONS = frozenset(
    {
        "no_content",
        "not_applicable",
        "uncertain",
        "unmapped",
        "incomplete",
        "invalid_verdict",
        "filtered",
        "sampled_out",
        "budget",
        "overload",
        "late",
        "duplicate",
        "timeout",
        "exception",
        "crash",
        "judge_error",
        "judge_refused",
        "too_long",
        "cascade",
        "disagreement",
    }
)
"""The closed set of reasons; metrics and the decision ledger use nothing else."""


class Scored(msgspec.Struct, frozen=True, tag="scored"):
    """A verdict. ``value`` is in [0, 1] unless the evaluator documents another unit."""

    value: float | None = None
    label: str = ""
    passed: bool | None = None
    explanation: str = ""
    judge_model: str = ""
    judge_input_tokens: int = 0
    judge_output_tokens: int = 0
    judge_cost_usd: float = 0.0
    span_id: str = ""
    """The step to blame, a span of the evaluated trace; empty where there is none."""


class Unscored(msgspec.Struct, frozen=True, tag="unscored"):
    """The evaluator looked and cannot tell; ``reason`` is one of REASONS."""

    reason: str
    explanation: str = ""
    probability: float | None = None
    """How likely the subject is good, where the evaluator can say so much."""


class Skipped(msgspec.Struct, frozen=True, tag="skipped"):
    """The evaluator does not apply; ``reason`` is one of REASONS."""

    reason: str
    explanation: str = ""


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The evaluator broke. ``reason`` is one of REASONS, ``error_type`` the exception's class."""

    reason: str
    error_type: str
    explanation: str = ""


Verdict = Scored | Unscored | Skipped | Failed


class Sampling(msgspec.Struct, frozen=True):
    """Why a subject was selected: its tier and its inclusion probability."""

    tier: str = "base"
    probability: float = 1.0
    """Own rate in force times the upstream probability; 0 < probability <= 1."""
    u: float = 0.0

    @property
    def weight(self) -> float:
        """1 / probability (Horvitz and Thompson 1952)."""
        return 1.0 / self.probability


class JudgeCall(msgspec.Struct, frozen=True):
    """One request to a judge, for a span of it."""

    judge: str
    provider: str
    request_model: str
    model: str
    """The answering model as the endpoint names it; empty without an answer."""
    started_ns: int
    ended_ns: int
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    error_type: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """One subject x evaluator, complete: what every sink writes."""

    score_id: str
    """32 lowercase hexadecimal characters (BLAKE2b-128)."""
    verdict: Verdict
    evaluator: str
    evaluator_type: str
    evaluator_revision: str
    subject_kind: SubjectKind
    subject_key: str
    subject_revision: int
    complete: bool
    trace_id: str
    span_id: str
    """The evaluated span, or the root span of the trace; empty when unknown."""
    sampling: Sampling
    started_ns: int
    """Wall clock: when the evaluation started."""
    duration_ms: float
    subject_end_ns: int
    conversation_id: str = ""
    response_id: str = ""
    service: str = ""
    environment: str = ""
    agent: str = ""
    model: str = ""
    prompt_name: str = ""
    prompt_version: str = ""
    trace_state: str = ""
    calls: tuple[JudgeCall, ...] = ()
    """Requests to judges that are to be written as spans."""

    @property
    def name(self) -> OutcomeName:
        """scored, unscored, skipped or failed."""
        tag: OutcomeName = self.verdict.__struct_config__.tag  # type: ignore[assignment]
        return tag

    @property
    def reason(self) -> str:
        """The reason of an outcome without a score; empty when scored."""
        return "" if isinstance(self.verdict, Scored) else self.verdict.reason
