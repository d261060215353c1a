"""Money: what a question costs at most, what an answer did cost, and what may be spent."""

from genai_prices import Usage, calc_price

from otel_evaluator.api.judge import Answer
from otel_evaluator.clock import Clock
from otel_evaluator.errors import ConfigError, JudgeError
from otel_evaluator.judges.config import JudgeBudgetConfig, JudgeConfig, PriceConfig
from otel_evaluator.judges.prompt import Prompt

_DAY_NS = 86_400_000_000_000
_MILLION = 1e6
CHARACTERS_PER_TOKEN = 2
"""Fewer than any common tokenizer needs for any script but rare ones: estimates err upwards."""


class BudgetExhausted(JudgeError):
    """The judge has spent what it may in this window."""


class Prices:
    """What the configured model costs; ConfigError when nobody knows."""

    def __init__(self, config: JudgeConfig) -> None:
        self._most_output = config.max_tokens
        self._price = config.price or _listed(config)

    def estimate(self, prompt: Prompt) -> float:
        """US dollars that the question costs at most."""
        characters = len(prompt.system) + len(prompt.user)
        return self._of(characters // CHARACTERS_PER_TOKEN + 1, self._most_output)

    def cost(self, answer: Answer) -> float:
        """US dollars of an answer by its token counts."""
        return self._of(answer.input_tokens, answer.output_tokens)

    def _of(self, input_tokens: int, output_tokens: int) -> float:
        price = self._price
        return (input_tokens * price.input + output_tokens * price.output) / _MILLION


def _listed(config: JudgeConfig) -> PriceConfig:
    if config.local:
        return PriceConfig(input=0.0, output=0.0)
    found = []
    for usage in (Usage(input_tokens=1000), Usage(output_tokens=1000)):
        try:
            price = calc_price(usage, config.model)
        except LookupError:
            raise ConfigError(
                [
                    f"judges: no price is known for {config.model!r};"
                    " set price: {input: …, output: …}"
                ]
            ) from None
        found.append(float(price.total_price) * 1000)
    return PriceConfig(input=found[0], output=found[1])


class Budget:
    """Reserved before a call and settled after it, so that calls in flight are counted."""

    def __init__(self, config: JudgeBudgetConfig, clock: Clock) -> None:
        self._most = config.usd_per_day
        self._clock = clock
        self._day = 0
        self._spent = 0.0
        self._reserved = 0.0

    @property
    def remaining(self) -> float | None:
        """US dollars left today (UTC); None where there is no limit."""
        self._advance()
        return None if self._most is None else max(0.0, self._most - self._spent - self._reserved)

    def reserve(self, estimate: float) -> float:
        """Set the estimate aside; BudgetExhausted when it is more than what is left."""
        remaining = self.remaining
        if remaining is not None and estimate > remaining:
            raise BudgetExhausted(f"less than {estimate:.4g} US dollars are left for today")
        self._reserved += estimate
        return estimate

    def settle(self, reserved: float, cost: float) -> None:
        """Replace what was set aside by what it did cost."""
        self._advance()
        self._reserved -= reserved
        self._spent += cost

    def _advance(self) -> None:
        day = self._clock.time_ns() // _DAY_NS
        if day != self._day:
            self._day, self._spent = day, 0.0
