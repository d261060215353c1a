"""The OTLP receiver: both listeners, started and stopped together."""

import asyncio

import structlog

from otel_evaluator.api.intake import Intake
from otel_evaluator.clock import Clock
from otel_evaluator.metrics import Metrics
from otel_evaluator.receive.admission import Admission
from otel_evaluator.receive.config import OtlpReceiverConfig
from otel_evaluator.receive.grpc import GrpcListener
from otel_evaluator.receive.http import HttpListener

logger = structlog.get_logger(__name__)


class Receiver:
    """Listens for OTLP and hands admitted requests to the intake.

    Must be started, used and stopped on one event loop.
    """

    def __init__(
        self,
        config: OtlpReceiverConfig,
        intake: Intake,
        admission: Admission,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._config = config
        self._clock = clock
        self._grpc = (
            GrpcListener(config, config.grpc, intake, admission, metrics) if config.grpc else None
        )
        self._http = (
            HttpListener(config, config.http, intake, admission, metrics) if config.http else None
        )
        self._started = False

    @property
    def ports(self) -> dict[str, int]:
        """The ports in use, by ``grpc`` and ``http``; also where the configuration says 0."""
        listeners = {"grpc": self._grpc, "http": self._http}
        return {name: item.port for name, item in listeners.items() if item is not None}

    async def start(self) -> None:
        """Listen on every configured address, or on none and raise ConfigError."""
        try:
            if self._grpc is not None:
                await self._grpc.start()
            if self._http is not None:
                await self._http.start()
        except BaseException:
            await self._close(0.0)
            raise
        self._started = True
        logger.info("receiving OTLP", **self.ports)

    async def stop(self, grace_s: float = 5.0) -> None:
        """Say NOT_SERVING, stop accepting, let running requests finish; safe to call twice."""
        if not self._started:
            return
        self._started = False
        began = self._clock.monotonic()
        if self._grpc is not None:
            await self._grpc.not_serving()
        await self._close(grace_s)
        logger.info("receiver stopped", seconds=round(self._clock.monotonic() - began, 3))

    async def _close(self, grace_s: float) -> None:
        await asyncio.gather(
            *(item.stop(grace_s) for item in (self._grpc, self._http) if item is not None)
        )
