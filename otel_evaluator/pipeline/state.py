"""The small state that decisions depend on and that survives a restart with the journal."""

import msgspec

from otel_evaluator.pipeline.judging import JudgingState
from otel_evaluator.pipeline.monitoring import MonitoringState
from otel_evaluator.sample.budget import BudgetState


class PipelineState(msgspec.Struct):
    """Budget counts by epoch, first sight of agents, what judges have spent, past windows."""

    offered: dict[int, float] = {}
    agents: dict[str, int] = {}
    judging: JudgingState = msgspec.field(default_factory=JudgingState)
    monitoring: MonitoringState = msgspec.field(default_factory=MonitoringState)

    @property
    def budget(self) -> BudgetState:
        """The budget's part."""
        return BudgetState(self.offered)


def load(encoded: bytes) -> PipelineState:
    """Decode a state; one that cannot be read counts as none."""
    if not encoded:
        return PipelineState()
    try:
        return msgspec.msgpack.decode(encoded, type=PipelineState)
    except msgspec.DecodeError:
        return PipelineState()


def dump(state: PipelineState) -> bytes:
    """Encode a state."""
    return msgspec.msgpack.encode(state)
