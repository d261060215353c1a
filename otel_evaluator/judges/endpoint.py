"""Where judges are reached: one limiter and one breaker for each endpoint and key."""

from collections.abc import Mapping
from types import ModuleType

from otel_evaluator.clock import Clock
from otel_evaluator.judges import anthropic, openai
from otel_evaluator.judges.breaker import Breaker
from otel_evaluator.judges.config import JudgeConfig
from otel_evaluator.judges.limiter import Limiter
from otel_evaluator.judges.transport import Reach, Transport

PROTOCOLS: dict[str, ModuleType] = {"openai": openai, "anthropic": anthropic}


class Endpoint:
    """Shared by every judge that uses it with the same key."""

    def __init__(self, config: JudgeConfig, most: int, clock: Clock) -> None:
        self.protocol = PROTOCOLS[config.provider]
        headers = self.protocol.headers(config.api_key.reveal())
        self.transport = Transport(_base_url(config), headers, most, _reach(config))
        self.limiter = Limiter(most, clock)
        self.breaker = Breaker(clock)


def endpoints(configs: Mapping[str, JudgeConfig], clock: Clock) -> dict[str, Endpoint]:
    """The endpoint of each judge by the judge's name."""
    keys = {name: _key(config) for name, config in configs.items()}
    made: dict[tuple[object, ...], Endpoint] = {}
    for name, config in configs.items():
        if keys[name] not in made:
            sharing = (other for each, other in configs.items() if keys[each] == keys[name])
            most = min(other.max_concurrency for other in sharing)
            made[keys[name]] = Endpoint(config, most, clock)
    return {name: made[key] for name, key in keys.items()}


def _key(config: JudgeConfig) -> tuple[object, ...]:
    return (config.provider, _base_url(config), config.api_key.reveal(), _reach(config))


def _reach(config: JudgeConfig) -> Reach:
    if config.local_only:
        return "local_only"
    return "local" if config.local else "public"


def _base_url(config: JudgeConfig) -> str:
    base_url = config.base_url or PROTOCOLS[config.provider].DEFAULT_BASE_URL
    return str(base_url).rstrip("/")
