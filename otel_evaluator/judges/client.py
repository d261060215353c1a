"""Asks one model: in its turn, within its budget, again where that may help."""

import asyncio
import random
import secrets
from collections.abc import Callable
from types import ModuleType

import msgspec
import structlog

from otel_evaluator.api.judge import Answer, Question
from otel_evaluator.clock import Clock
from otel_evaluator.errors import JudgeError, Misconfigured, TooLong, Unavailable
from otel_evaluator.judges import anthropic, openai
from otel_evaluator.judges.breaker import Breaker
from otel_evaluator.judges.budget import Budget, Prices
from otel_evaluator.judges.config import JudgeConfig
from otel_evaluator.judges.limiter import Limiter
from otel_evaluator.judges.prompt import MARKER_BYTES, Prompt, build
from otel_evaluator.judges.shape import SHAPES, Shape
from otel_evaluator.judges.transport import Rejected, Transport
from otel_evaluator.metrics import Metrics

PROTOCOLS: dict[str, ModuleType] = {"openai": openai, "anthropic": anthropic}
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
_log = structlog.get_logger(__name__)


class JudgeClient:
    """Implements ``api.judge.Judge``; one for each configured judge."""

    def __init__(
        self,
        name: str,
        config: JudgeConfig,
        clock: Clock,
        metrics: Metrics,
        uniform: Callable[[], float] = random.random,
    ) -> None:
        self._name = name
        self._config = config
        self._clock = clock
        self._metrics = metrics
        self._uniform = uniform
        self._protocol = PROTOCOLS[config.provider]
        base_url = config.base_url or self._protocol.DEFAULT_BASE_URL
        headers = self._protocol.headers(config.api_key.reveal())
        self._transport = Transport(base_url, headers, config.max_concurrency, config.local)
        self._limiter = Limiter(config.max_concurrency, clock)
        self._breaker = Breaker(clock)
        self._budget = Budget(config.budget, clock)
        self._prices = Prices(config)
        self._shapes: list[Shape] = list(SHAPES)
        self._parameters = dict(config.parameters)

    async def ask(self, question: Question, evaluator: str = "") -> Answer:
        """The answer to one question; a JudgeError when there is none after every attempt."""
        prompt = build(question, secrets.token_hex(MARKER_BYTES))
        estimate = self._prices.estimate(prompt)
        deadline = self._clock.monotonic() + self._config.max_age
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._attempt(prompt, estimate, evaluator)
            except Unavailable as error:
                waiting = self._wait_s(attempt, error.retry_after_s)
                is_last = attempt >= self._config.attempts and not error.is_limit
                if is_last or self._clock.monotonic() + waiting > deadline:
                    raise
            await asyncio.sleep(waiting)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def _attempt(self, prompt: Prompt, estimate: float, evaluator: str) -> Answer:
        reserved = self._budget.reserve(estimate)
        pause = self._breaker.wait_s()
        if pause:
            self._budget.settle(reserved, 0.0)
            raise Unavailable("the endpoint failed several times and is left alone", pause)
        cost, outcome = 0.0, "abandoned"
        started = -1.0
        try:
            started = await self._limiter.acquire()
            answer = await self._call(prompt)
            cost, outcome = self._prices.cost(answer), "answered"
        except Unavailable as error:
            outcome = "rate_limited" if error.is_limit else "unavailable"
            if error.is_limit:
                self._limiter.refused(started, error.retry_after_s)
            raise
        except (Misconfigured, TooLong):
            outcome = "unusable"
            raise
        except JudgeError:
            # The model did answer, and nobody says what that cost.
            cost, outcome = estimate, "unusable"
            raise
        finally:
            self._ended(outcome, started >= 0)
            self._budget.settle(reserved, cost)
            if (remaining := self._budget.remaining) is not None:
                self._metrics.child("judge_budget_remaining_usd", self._name).set(remaining)
            if cost:
                self._metrics.child("judge_cost_usd", self._name, evaluator).inc(cost)
        return msgspec.structs.replace(answer, cost_usd=cost)

    def _ended(self, outcome: str, had_turn: bool) -> None:
        self._metrics.child("judge_requests", self._name, outcome).inc()
        if outcome == "abandoned":
            self._breaker.abandoned()
        elif outcome == "unavailable":
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        if outcome in ("answered", "unusable"):
            self._limiter.answered()
        if had_turn:
            self._limiter.release()

    async def _call(self, prompt: Prompt) -> Answer:
        """One call in the best shape that the endpoint takes; what it rejects is remembered."""
        while True:
            shape = self._shapes[0]
            body = self._protocol.request(
                prompt, self._config.model, shape, self._config.max_tokens, self._parameters
            )
            try:
                content = await self._transport.post(
                    self._protocol.PATH, body, self._config.timeout
                )
            except Rejected as error:
                self._give_way(error, shape)
                continue
            answer: Answer = self._protocol.answer(content)
            count = self._metrics.child
            count("judge_tokens", self._name, "input").inc(answer.input_tokens)
            count("judge_tokens", self._name, "output").inc(answer.output_tokens)
            return answer

    def _give_way(self, error: Rejected, shape: Shape) -> None:
        """Drop the parameter that the endpoint names, or else the shape of the answer."""
        named = [name for name in self._parameters if name.lower() in error.text]
        for name in named:
            del self._parameters[name]
            _log.warning("judge_parameter_dropped", judge=self._name, parameter=name)
        if named:
            return
        if self._shapes[0] != shape:
            return  # another call found out meanwhile
        if len(self._shapes) == 1:
            raise Misconfigured("the endpoint takes the request in no shape; check the model")
        self._shapes.pop(0)
        _log.info("judge_shape", judge=self._name, shape=self._shapes[0])

    def _wait_s(self, attempt: int, asked_s: float | None) -> float:
        doubled = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempt - 1, 30))
        return max(doubled * (0.5 + 0.5 * self._uniform()), asked_s or 0.0)
