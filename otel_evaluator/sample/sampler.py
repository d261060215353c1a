"""Sampling as the front process sees it: u of a trace, early exclusion, the budget."""

from collections.abc import Iterable, Mapping, Sequence

from otel_evaluator.sample.budget import Budget, BudgetState
from otel_evaluator.sample.config import SamplingConfig
from otel_evaluator.sample.decide import EvaluatorRule
from otel_evaluator.sample.hashing import ONE, KeyHash
from otel_evaluator.sample.screen import Screen

_REMEMBERED = 100_000
"""Excluded traces per generation; two generations are remembered (about 20 MB)."""


class Sampler:
    """One configuration's sampling; the same answer on every replica and after a restart."""

    def __init__(
        self,
        config: SamplingConfig,
        rules: Sequence[EvaluatorRule],
        hints: Mapping[str, tuple[bytes, ...]],
        budget_state: BudgetState | None = None,
    ) -> None:
        self.by_trace = config.key == "trace"
        """Whether conversations do not matter for decisions."""
        self._hash = KeyHash(config.seed)
        self._screen = Screen(config, rules, hints)
        self._budget_config = config.budget
        self._budget = Budget(config.budget, budget_state)
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()

    def restore(self, state: BudgetState) -> None:
        """Go on with the budget of an earlier run."""
        self._budget = Budget(self._budget_config, state)

    @property
    def multiplier(self) -> float:
        """The budget's factor on tier rates in force."""
        return self._budget.multiplier

    @property
    def budget_state(self) -> BudgetState:
        """What must survive a restart."""
        return self._budget.state

    def advance(self, time_ns: int) -> None:
        """Follow the wall clock into a new budget epoch."""
        if self._budget.advance(time_ns):
            self._screen.set_multiplier(self._budget.multiplier)

    def offer(self, rate: float, kept_probability: float) -> None:
        """Tell the budget of one selected subject.

        Its tier rate over its own inclusion probability estimates, without bias, what all
        subjects like it would select at unscaled rates (Horvitz and Thompson 1952).
        """
        self._budget.offer(rate / kept_probability)

    def u(self, trace_id: bytes, conversation_id: str) -> int:
        """The u of the sampling key; traces that name no conversation use their trace id."""
        if self.by_trace or not conversation_id:
            return self._hash.trace(trace_id)
        return self._hash.conversation(conversation_id)

    def u_of_conversation(self, conversation_id: str) -> int:
        """The u of a conversation subject, whatever the key of its traces."""
        return self._hash.conversation(conversation_id)

    @property
    def excludes_any(self) -> bool:
        """Whether there are keys that no evaluator can ever select."""
        return self._screen.ceiling < ONE

    def excluded_traces(self, trace_ids: set[bytes]) -> set[bytes]:
        """Those traces that no evaluator can ever select, whatever they contain."""
        if self._screen.ceiling >= ONE:
            return set()
        if self.by_trace:
            return self._hash.traces_at_or_above(trace_ids, self._screen.ceiling)
        return (trace_ids & self._young) | (trace_ids & self._old)

    def excludes_conversation(self, conversation_id: str) -> bool:
        """Whether no evaluator can ever select a trace of this conversation."""
        if self.by_trace or self._screen.ceiling >= ONE:
            return False
        return self._hash.conversation(conversation_id) >= self._screen.ceiling

    def remember_excluded(self, trace_ids: Iterable[bytes]) -> None:
        """Exclude the rest of traces that name an excluded conversation."""
        self._young.update(trace_ids)
        if len(self._young) > _REMEMBERED:
            self._old, self._young = self._young, set()

    def may_select(self, u: int, joined: bytes) -> bool:
        """Whether some evaluator could select a trace; ``joined`` is its encoded items in one."""
        return self._screen.may_select(u, joined)
