"""Asks one model: in its turn, within its budgets, again where that may help."""

import asyncio
import random
import re
import secrets
from collections.abc import Callable

import msgspec
import structlog

from otel_evaluator.api.judge import Answer, Question
from otel_evaluator.clock import Clock, backoff_s
from otel_evaluator.errors import JudgeError, Misconfigured, TooLong, Unavailable
from otel_evaluator.judges.budget import Budget
from otel_evaluator.judges.config import JudgeConfig
from otel_evaluator.judges.endpoint import Endpoint
from otel_evaluator.judges.prices import NOTHING, Prices, Spent
from otel_evaluator.judges.prompt import MARKER_BYTES, Prompt, build
from otel_evaluator.judges.shape import SHAPES, Shape
from otel_evaluator.judges.transport import Rejected
from otel_evaluator.metrics import Metrics
from otel_evaluator.model.outcome import JudgeCall

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
_SNAPSHOT = re.compile(r"(?:-?\d{2,4}){1,3}|-latest")
"""What providers append to a model's name to say which edition answered."""
_log = structlog.get_logger(__name__)


class Asking(msgspec.Struct):
    """Who asks, and what that means for money; keeps the calls it took."""

    evaluator: str = ""
    budget: Budget | None = None
    """The evaluator's own."""
    pace: float = 1.0
    """The budgets' factor on the sampling rate when the subject was selected."""
    calls: list[JudgeCall] = msgspec.field(default_factory=list)


class JudgeClient:
    """One for each configured judge."""

    def __init__(
        self,
        name: str,
        config: JudgeConfig,
        endpoint: Endpoint,
        clock: Clock,
        metrics: Metrics,
        uniform: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.budget = Budget(config.budget, clock)
        self._config = config
        self._endpoint = endpoint
        self._clock = clock
        self._metrics = metrics
        self._uniform = uniform
        self._prices = Prices(config)
        self._shapes: list[Shape] = list(SHAPES)
        self._parameters = dict(config.parameters)

    @property
    def shape(self) -> Shape:
        """In which shape the endpoint is asked for answers."""
        return self._shapes[0]

    async def ask(self, question: Question, asking: Asking | None = None) -> Answer:
        """The answer to one question; a JudgeError when there is none after every attempt."""
        asking = asking or Asking()
        prompt = build(question, secrets.token_hex(MARKER_BYTES))
        deadline = self._clock.monotonic() + self._config.max_age
        failures = attempt = 0
        while True:
            attempt += 1
            try:
                return await self._attempt(prompt, asking)
            except Unavailable as error:
                failures += error.is_failure
                waiting = backoff_s(
                    FIRST_WAIT_S, LONGEST_WAIT_S, attempt, error.retry_after_s, self._uniform
                )
                is_last = failures >= self._config.attempts
                if is_last or self._clock.monotonic() + waiting > deadline:
                    raise
            await asyncio.sleep(waiting)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._endpoint.transport.aclose()

    async def _attempt(self, prompt: Prompt, asking: Asking) -> Answer:
        breaker = self._endpoint.breaker
        pause = breaker.wait_s()
        if pause:
            raise Unavailable(
                "the endpoint failed several times and is left alone", pause, is_failure=False
            )
        call = _Call(self, asking, is_probe=breaker.is_open)
        try:
            call.reserve(self._prices.most(prompt))
            call.started = await self._endpoint.limiter.acquire()
            answer = await self._post(prompt)
            call.spent, call.outcome = self._prices.of(answer), "answered"
            call.answer = answer = msgspec.structs.replace(answer, cost_usd=call.spent.usd)
        except Unavailable as error:
            call.failed(error, "rate_limited" if error.is_limit else "unavailable")
            if error.is_limit:
                self._endpoint.limiter.refused(call.started, error.retry_after_s)
            raise
        except (Misconfigured, TooLong) as error:
            call.failed(error, "unusable")
            raise
        except JudgeError as error:
            call.failed(error, "unusable" if call.started >= 0 else "abandoned")
            if call.started >= 0:
                # The model did answer, and nobody says what that cost.
                call.spent = call.reserved
            raise
        finally:
            call.end()
        return answer

    async def _post(self, prompt: Prompt) -> Answer:
        """One call in the best shape that the endpoint takes; what it rejects is remembered."""
        protocol, transport = self._endpoint.protocol, self._endpoint.transport
        while True:
            shape = self._shapes[0]
            body = protocol.request(
                prompt, self._config.model, shape, self._config.max_tokens, self._parameters
            )
            try:
                content = await transport.post(protocol.PATH, body, self._config.timeout)
            except Rejected as error:
                self._give_way(error, shape)
                continue
            answer: Answer = protocol.answer(content)
            count = self._metrics.child
            count("judge_tokens", self.name, "input").inc(answer.input_tokens)
            count("judge_tokens", self.name, "output").inc(answer.output_tokens)
            if not is_model(answer.model, self._config.model):
                count("judge_model_mismatches", self.name).inc()
            return answer

    def _give_way(self, error: Rejected, shape: Shape) -> None:
        """Drop the parameter that the endpoint names, or else the shape of the answer."""
        named = [name for name in self._parameters if name.lower() in error.text]
        for name in named:
            del self._parameters[name]
            _log.warning("judge_parameter_dropped", judge=self.name, parameter=name)
        if named:
            return
        if self._shapes[0] != shape:
            return  # another call found out meanwhile
        if len(self._shapes) == 1:
            raise Misconfigured("the endpoint takes the request in no shape; check the model")
        self._shapes.pop(0)
        _log.info("judge_shape", judge=self.name, shape=self._shapes[0])


def is_model(answering: str, configured: str) -> bool:
    """Whether the answering model is the configured one, or an edition of it.

    An endpoint that names none tells nothing; a path or vendor before the name does not count.
    """
    name = answering.rpartition("/")[2].lower()
    wanted = configured.rpartition("/")[2].lower()
    if not name or name == wanted:
        return True
    return name.startswith(wanted) and _SNAPSHOT.fullmatch(name[len(wanted) :]) is not None


class _Call:
    """Keeps the books of one attempt, however it ends."""

    def __init__(self, client: JudgeClient, asking: Asking, is_probe: bool) -> None:
        self._client = client
        self._asking = asking
        self._is_probe = is_probe
        self._budgets: list[Budget] = []
        self._started_ns = client._clock.time_ns()
        self.reserved = self.spent = NOTHING
        self.started = -1.0
        """When the limiter gave it its turn; negative before."""
        self.outcome = "abandoned"
        self.answer: Answer | None = None
        self._error = ""

    def reserve(self, most: Spent) -> None:
        """Set aside in the judge's and the evaluator's budget."""
        self.reserved = most
        for budget in (self._client.budget, self._asking.budget):
            if budget is not None:
                budget.reserve(most)
                self._budgets.append(budget)

    def failed(self, error: JudgeError, outcome: str) -> None:
        """Note how it failed."""
        self.outcome, self._error = outcome, type(error).__name__

    def end(self) -> None:
        """Settle everything."""
        client, asking = self._client, self._asking
        for budget in self._budgets:
            budget.settle(self.reserved, self.spent, asking.pace)
        client._metrics.child("judge_requests", client.name, self.outcome).inc()
        self._tell_endpoint()
        if self.outcome != "abandoned":
            client._metrics.child("judge_up", client.name).set(self.outcome == "answered")
        remaining = client.budget.remaining_usd
        if remaining is not None:
            client._metrics.child("judge_budget_remaining_usd", client.name).set(remaining)
        if self.spent.usd:
            cost = client._metrics.child("judge_cost_usd", client.name, asking.evaluator)
            cost.inc(self.spent.usd)
        if client._config.trace and self.started >= 0:
            asking.calls.append(self._record())

    def _tell_endpoint(self) -> None:
        endpoint = self._client._endpoint
        if self.outcome == "unavailable":
            endpoint.breaker.failed()
        elif self.outcome != "abandoned":
            endpoint.breaker.succeeded()
        elif self._is_probe:
            endpoint.breaker.abandoned()
        if self.outcome in ("answered", "unusable"):
            endpoint.limiter.answered()
        if self.started >= 0:
            endpoint.limiter.release()

    def _record(self) -> JudgeCall:
        config, answer = self._client._config, self.answer
        return JudgeCall(
            judge=self._client.name,
            provider=config.provider,
            request_model=config.model,
            model=answer.model if answer else "",
            started_ns=self._started_ns,
            ended_ns=self._client._clock.time_ns(),
            input_tokens=answer.input_tokens if answer else 0,
            output_tokens=answer.output_tokens if answer else 0,
            cost_usd=self.spent.usd,
            error_type=self._error,
        )
