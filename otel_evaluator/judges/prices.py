"""What a question costs at most, and what an answer did cost."""

from typing import NamedTuple

from genai_prices import Usage, calc_price

from otel_evaluator.api.judge import Answer
from otel_evaluator.errors import ConfigError
from otel_evaluator.judges.config import JudgeConfig, PriceConfig
from otel_evaluator.judges.prompt import Prompt

_MILLION = 1e6
CHARACTERS_PER_TOKEN = 2
"""Fewer than any common tokenizer needs for any script but rare ones: estimates err upwards."""


class Spent(NamedTuple):
    """What a call takes from a budget."""

    usd: float
    tokens: int


NOTHING = Spent(0.0, 0)


class Prices:
    """What the configured model costs; ConfigError when nobody knows."""

    def __init__(self, config: JudgeConfig) -> None:
        self._most_output = config.max_tokens
        self._price = config.price or _listed(config)

    def most(self, prompt: Prompt) -> Spent:
        """What the question takes at most."""
        characters = len(prompt.system) + len(prompt.user)
        return self._of(characters // CHARACTERS_PER_TOKEN + 1, self._most_output)

    def of(self, answer: Answer) -> Spent:
        """What an answer took, by its token counts."""
        return self._of(answer.input_tokens, answer.output_tokens)

    def _of(self, input_tokens: int, output_tokens: int) -> Spent:
        price = self._price
        usd = (input_tokens * price.input + output_tokens * price.output) / _MILLION
        return Spent(usd, input_tokens + output_tokens)


def _listed(config: JudgeConfig) -> PriceConfig:
    if config.local or config.local_only:
        return PriceConfig(input=0.0, output=0.0)
    found = []
    for usage in (Usage(input_tokens=1000), Usage(output_tokens=1000)):
        try:
            price = calc_price(usage, config.model)
        except LookupError:
            if config.unknown_price is not None:
                return config.unknown_price
            raise ConfigError(
                [
                    f"judges: no price is known for {config.model!r};"
                    " set price: {input: …, output: …}"
                ]
            ) from None
        found.append(float(price.total_price) * 1000)
    return PriceConfig(input=found[0], output=found[1])
