"""The judges of one evaluator: which of them are asked, how often, and what comes of it."""

import asyncio
from collections.abc import Callable, Mapping
from statistics import variance

import msgspec
import structlog

from otel_evaluator.api.judge import Asked
from otel_evaluator.clock import Clock
from otel_evaluator.config.condition import VERDICT, Condition
from otel_evaluator.errors import ContentRefused, JudgeError, TooLong
from otel_evaluator.judges.budget import Budget, BudgetExhausted
from otel_evaluator.judges.client import Asking, JudgeClient
from otel_evaluator.judges.escalation import variables
from otel_evaluator.judges.evaluator import Questions
from otel_evaluator.judges.evaluator_config import JudgeEvaluatorConfig
from otel_evaluator.judges.verdict import verdict
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.ids import share
from otel_evaluator.model.outcome import Failed, Scored, Unscored, Verdict

_log = structlog.get_logger(__name__)


class Panel:
    """Built once for each evaluator of type ``judge``; ``accept`` applies its threshold."""

    def __init__(
        self,
        config: JudgeEvaluatorConfig,
        revision: str,
        clients: Mapping[str, JudgeClient],
        accept: Callable[[Verdict], Verdict],
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.config = config
        self.revision = revision
        self.budget = Budget(config.budget, clock)
        self.first = clients[config.judge]
        self._accept = accept
        self._metrics = metrics
        confirm = config.confirm
        # Without a second judge the first one is asked again: weaker, but never nobody.
        self._second = clients[confirm.judge] if confirm is not None else self.first
        self._doubtful = Condition(confirm.when, VERDICT) if confirm is not None else None

    def pace(self) -> float:
        """Factor on the evaluator's sampling rate that its budgets ask for."""
        pace = min(each.budget.pace() for each in (self, self.first, self._second))
        self._metrics.child("judge_pace", self.config.name).set(pace)
        return pace

    @property
    def judges(self) -> set[str]:
        """Names of the judges."""
        return {self.first.name, self._second.name}

    async def probe(self) -> dict[str, str]:
        """Ask each judge about the rubric's own example; what is wrong, by judge, or empty."""
        found = {}
        for client in {self.first.name: self.first, self._second.name: self._second}.values():
            asking = Asking(self.config.name, self.budget)
            verdict = await self.one(Questions(self.config).example(), asking, client)
            found[client.name] = "" if isinstance(verdict, Scored) else verdict.explanation
        return found

    async def judge(self, asked: Asked, score_id: str, asking: Asking) -> Verdict:
        """The verdict on one subject; never raises. ``asking`` keeps the calls."""
        first = await self.one(asked, asking, self.first)
        if not isinstance(first, Scored):
            return first
        repeat = self.config.repeat
        if repeat is not None and share(score_id, "repeat") < repeat.fraction:
            await self._repeat(asked, asking, first)
        for kind in asked.injections:
            self._metrics.child("judge_injections", self.config.name, kind).inc()
        if not asked.injections and not self._is_doubtful(first):
            return first
        return self._together(first, await self.one(asked, asking, self._second), asked)

    async def one(self, asked: Asked, asking: Asking, client: JudgeClient) -> Verdict:
        """What one judge says, or why it says nothing."""
        try:
            answer = await client.ask(asked.question, asking)
        except BudgetExhausted as error:
            return Unscored("budget", str(error))
        except ContentRefused as error:
            return Unscored("judge_refused", str(error))
        except TooLong as error:
            return Unscored("too_long", str(error))
        except JudgeError as error:
            _log.warning("judge_failed", judge=client.name, problem=str(error))
            return Failed("judge_error", type(error).__name__, str(error))
        return self._accept(verdict(self.config.rubric, answer))

    def _is_doubtful(self, first: Scored) -> bool:
        if self._doubtful is None:
            return False
        try:
            return self._doubtful.holds(variables(first))
        except ValueError:
            return True  # what cannot be compared is looked at again

    def _together(self, first: Scored, second: Verdict, asked: Asked) -> Verdict:
        """One verdict of two: the first one's score where they agree, no score where not."""
        if not isinstance(second, Scored):
            what = f"the second judge: {second.explanation}"
            return msgspec.structs.replace(second, explanation=what)
        agree = self._agree(first, second)
        outcome = "agreed" if agree else "disagreed"
        self._metrics.child("judge_confirmations", self.config.name, outcome).inc()
        models = f"{first.judge_model} says {first.label}, {second.judge_model} {second.label}"
        signs = ", ".join(asked.injections)
        why = f"the evidence shows signs of instructions to a model ({signs}): " if signs else ""
        if not agree:
            return Unscored("disagreement", f"{why}{models}")
        return msgspec.structs.replace(
            first,
            explanation=f"{first.explanation}\n[{why}{models}]",
            judge_input_tokens=first.judge_input_tokens + second.judge_input_tokens,
            judge_output_tokens=first.judge_output_tokens + second.judge_output_tokens,
            judge_cost_usd=first.judge_cost_usd + second.judge_cost_usd,
        )

    def _agree(self, first: Scored, second: Scored) -> bool:
        if first.passed is not None and second.passed is not None:
            return first.passed == second.passed
        confirm = self.config.confirm
        tolerance = 0.25 if confirm is None else confirm.tolerance
        return abs((first.value or 0.0) - (second.value or 0.0)) <= tolerance

    async def _repeat(self, asked: Asked, asking: Asking, first: Scored) -> None:
        """Ask again for the sake of the variance alone: the score stays the first one."""
        assert self.config.repeat is not None
        again = (self.one(asked, asking, self.first) for _ in range(self.config.repeat.n - 1))
        verdicts = [first, *await asyncio.gather(*again)]
        values = [v.value for v in verdicts if isinstance(v, Scored) and v.value is not None]
        if len(values) > 1:
            name = self.config.name
            self._metrics.child("judge_repeats", name).inc()
            self._metrics.child("judge_repeat_variance_sum", name).inc(variance(values))
