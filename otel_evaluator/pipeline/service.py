"""One running service: start in the order of the data's way back, stop the other way round."""

import asyncio
from collections.abc import Coroutine

import structlog

import otel_evaluator
from otel_evaluator.api.journal import Journal
from otel_evaluator.clock import Clock, SystemClock
from otel_evaluator.errors import Busy
from otel_evaluator.expose.server import AdminServer
from otel_evaluator.metrics import Metrics
from otel_evaluator.pipeline import build, gauges
from otel_evaluator.pipeline.engine import Engine
from otel_evaluator.pipeline.evaluation import Parts
from otel_evaluator.pipeline.intake import PipelineIntake
from otel_evaluator.pipeline.reader import PipelineReader
from otel_evaluator.pipeline.recovery import Recovery, remember
from otel_evaluator.pipeline.reload import prepare
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.pipeline.state import PipelineState, dump, load
from otel_evaluator.receive.admission import Admission
from otel_evaluator.receive.kafka import KafkaReceiver
from otel_evaluator.receive.server import Receiver
from otel_evaluator.write.clickhouse.sink import ClickHouseWriter
from otel_evaluator.write.deliver import Delivery

STATE_EVERY_S = 5.0
RETIRE_EVERY_S = 1.0
_log = structlog.get_logger(__name__)


class Service:
    """Builds, starts and stops the rooms of one configuration."""

    def __init__(self, config: RootConfig, clock: Clock | None = None) -> None:
        self.config = config
        self._clock = clock or SystemClock()
        self.metrics = Metrics()
        self.metrics["build_info"].labels(otel_evaluator.__version__).set(1)
        self._writers = build.writers(config, self._clock, self.metrics)
        self._first = build.generation(config, PipelineState(), self.metrics, self._clock)
        self._journal: Journal | None = None
        self._engine: Engine | None = None
        self._parts: Parts | None = None
        self._intake: PipelineIntake | None = None
        self._receiver: Receiver | None = None
        self._kafka: KafkaReceiver | None = None
        self._admin: AdminServer | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    @property
    def ports(self) -> dict[str, int]:
        """Ports in use: grpc, http and admin."""
        ports = dict(self._receiver.ports) if self._receiver else {}
        return {**ports, "admin": self._admin.port} if self._admin else ports

    async def start(self) -> None:
        """Start every room; ConfigError, JournalError or SinkError when one cannot.

        Worker processes come first: neither gRPC nor the embedded database may exist when a
        process is spawned.
        """
        config, metrics, clock = self.config, self.metrics, self._clock
        await self._first.start()
        journal = self._journal = build.journal(config.journal)
        state = load(journal.load_state())
        self._first.restore(state)
        delivery = Delivery(self._writers, journal, clock, metrics)
        parts = self._parts = build.parts(config, journal, delivery, metrics, clock)
        engine = self._engine = Engine(parts, self._first, config.assembly.max_memory)
        engine.evaluation.agents.update(state.agents)
        remember(parts)
        await delivery.start()
        # The rates in force decide what of the journal can still be selected.
        self._first.sampler.advance(clock.time_ns())
        intake = self._intake = PipelineIntake(
            parts, engine, lambda: self._closing, config.journal.overflow
        )
        recovery = Recovery(parts, engine, intake)
        await recovery.begin()
        admission = Admission(config.receivers.otlp.limits, metrics, clock, pressure=self.pressure)
        self._receiver = Receiver(config.receivers.otlp, intake, admission, metrics, clock)
        if config.receivers.kafka is not None:
            self._kafka = KafkaReceiver(config.receivers.kafka, intake, admission, metrics)
        self._admin = AdminServer(config.admin, PipelineReader(engine, parts, self), metrics, clock)
        gauges.bind(metrics, parts, engine, intake)
        await self._admin.start()
        await self._receiver.start()
        if self._kafka is not None:
            await self._kafka.start()
        self._run(engine.run(), recovery.run(), self._keep_state(), self._retire())
        _log.info("service_ready", durability=journal.durability, **self.ports)
        if journal.durability == "none":
            _log.warning("journal_not_durable", hint="acknowledged spans do not survive a crash")

    def _run(self, *loops: Coroutine[None, None, None]) -> None:
        self._tasks += [asyncio.create_task(loop) for loop in loops]

    def pressure(self) -> Busy | None:
        """Why no request can be taken now."""
        if self._closing:
            return Busy("the service is shutting down; send again", 1.0, reason="shutdown")
        engine = self._engine
        if engine is None or self.is_behind:
            # What is taken while older entries wait on disk joins them there.
            return None
        is_durable = self._parts is not None and self._parts.journal.durability != "none"
        if engine.is_full and not (is_durable and engine.awaits_judges):
            return Busy(
                "spans in memory are at assembly.max_memory; send again later",
                reason="held_bytes",
            )
        return None

    @property
    def is_closing(self) -> bool:
        """Whether new requests are refused because the service stops."""
        return self._closing

    @property
    def is_behind(self) -> bool:
        """Whether entries on disk are still to be assembled."""
        return self._intake is not None and self._intake.behind

    @property
    def storage(self) -> ClickHouseWriter | None:
        """The sink that scores can be read from."""
        return next((w for w in self._writers if isinstance(w, ClickHouseWriter)), None)

    async def reload(self, config: RootConfig) -> None:
        """Go on with another configuration; ConfigError or SinkError leaves all as it was.

        Everything new is built and started before anything is replaced. What was accepted
        is finished as the configuration of its time says.
        """
        engine, parts = self._engine, self._parts
        assert engine is not None
        assert parts is not None
        change = await prepare(self.config, config, engine, self._clock, self.metrics)
        if change.generation is not None:
            engine.switch(change.generation)
        if change.writers is not None:
            self._writers = change.writers
            await parts.delivery.replace(change.writers)
        engine.max_held = config.assembly.max_memory
        parts.traces.configure(config.assembly)
        parts.conversations.configure(config.assembly)
        engine.current.judging.calibrate(build.calibrations(config), self.metrics)
        self.config = config

    async def stop(self, grace_s: float = 10.0) -> None:
        """Refuse new work at once, evaluate and write what is closed, keep the rest."""
        self._closing = True
        deadline = self._clock.monotonic() + grace_s
        if self._kafka is not None:
            await self._kafka.stop()
        if self._receiver is not None:
            await self._receiver.stop(min(1.0, grace_s))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._drain(deadline)
        generations = self._engine.generations.values() if self._engine else [self._first]
        await asyncio.gather(*(generation.aclose() for generation in generations))
        if self._journal is not None:
            self._save_state()
            await self._journal.aclose()
        if self._admin is not None:
            await self._admin.aclose()

    async def _drain(self, deadline: float) -> None:
        """Finish within the deadline; without a journal open traces are closed as they are."""
        engine, parts = self._engine, self._parts
        if engine is None or parts is None:
            return
        durable = parts.journal.durability != "none"
        if not durable:
            engine.flush()
        # A part of the time is left for closing what is open to the outside.
        left = (deadline - self._clock.monotonic()) * 0.8
        try:
            async with asyncio.timeout(max(0.1, left)):
                await engine.evaluation.finish()
        except TimeoutError:
            _log.warning("drain_incomplete", subjects=engine.pending)
            await engine.evaluation.cancel()
        left = (deadline - self._clock.monotonic()) * 0.7
        await parts.delivery.drain(max(0.1, left), wait_for_failing=not durable)

    async def _keep_state(self) -> None:
        while True:
            await asyncio.sleep(STATE_EVERY_S)
            if self._engine is not None:
                self._engine.current.monitoring.show()
            self._save_state()

    async def _retire(self) -> None:
        while True:
            await asyncio.sleep(RETIRE_EVERY_S)
            if self._engine is not None:
                await self._engine.retire()

    def _save_state(self) -> None:
        if self._journal is not None and self._engine is not None:
            state = self._engine.current.state
            state.agents = self._engine.evaluation.agents
            self._journal.save_state(dump(state))
