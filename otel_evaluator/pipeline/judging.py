"""Has judges answer the questions of evaluators, and puts their verdicts where they belong."""

import asyncio
import time
from collections.abc import Mapping

import msgspec
import structlog

from otel_evaluator.api.judge import Judge
from otel_evaluator.errors import ContentRefused, JudgeError, TooLong
from otel_evaluator.evaluate.runner import accept, failure
from otel_evaluator.judges.budget import BudgetExhausted
from otel_evaluator.judges.client import JudgeClient
from otel_evaluator.judges.evaluator import JudgeEvaluatorConfig
from otel_evaluator.judges.verdict import verdict
from otel_evaluator.model.outcome import Failed, Outcome, Unscored, Verdict
from otel_evaluator.pipeline import stories
from otel_evaluator.pipeline.work import Pending, Processed

_log = structlog.get_logger(__name__)


class Judging:
    """The judges of one configuration, and which evaluator measures by which rubric."""

    def __init__(
        self, clients: Mapping[str, JudgeClient], evaluators: Mapping[str, JudgeEvaluatorConfig]
    ) -> None:
        self._clients = clients
        self._evaluators = evaluators

    async def answer(self, processed: Processed) -> None:
        """Replace every outcome that waits for a judge."""
        if not processed.pending:
            return
        answered = await asyncio.gather(*(self._one(processed, p) for p in processed.pending))
        for pending, outcome in zip(processed.pending, answered, strict=True):
            story = processed.stories[pending.story]
            outcomes = [*story.outcomes]
            outcomes[pending.outcome] = outcome
            story.outcomes = tuple(outcomes)
        processed.told = stories.pack(processed.stories)

    async def aclose(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(client.aclose() for client in self._clients.values()))

    async def _one(self, processed: Processed, pending: Pending) -> Outcome:
        outcome = processed.stories[pending.story].outcomes[pending.outcome]
        started = time.perf_counter()
        found = await self._verdict(pending, outcome.evaluator)
        duration_ms = outcome.duration_ms + (time.perf_counter() - started) * 1e3
        return msgspec.structs.replace(outcome, verdict=found, duration_ms=duration_ms)

    async def _verdict(self, pending: Pending, evaluator: str) -> Verdict:
        config, asked = self._evaluators[evaluator], pending.asked
        client: Judge = self._clients[asked.judge]
        try:
            answer = await client.ask(asked.question, evaluator)
        except BudgetExhausted as error:
            return Unscored("budget", str(error))
        except ContentRefused as error:
            return Unscored("judge_refused", str(error))
        except TooLong as error:
            return Unscored("too_long", str(error))
        except JudgeError as error:
            _log.warning("judge_failed", judge=asked.judge, problem=str(error))
            return Failed("judge_error", type(error).__name__, str(error))
        except Exception as error:
            _log.error("judging_failed", judge=asked.judge, error_type=type(error).__name__)
            return failure(error)
        return accept(config, verdict(config.rubric, answer))
