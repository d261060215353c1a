"""One running service: start in the order of the data's way back, stop the other way round."""

import asyncio

import structlog

import otel_evaluator
from otel_evaluator.api.journal import Journal
from otel_evaluator.clock import Clock, SystemClock
from otel_evaluator.errors import Busy
from otel_evaluator.expose.server import AdminServer
from otel_evaluator.metrics import Metrics
from otel_evaluator.pipeline import build
from otel_evaluator.pipeline.engine import Engine, Parts
from otel_evaluator.pipeline.intake import PipelineIntake
from otel_evaluator.pipeline.reader import PipelineReader
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.pipeline.state import PipelineState, dump, load
from otel_evaluator.receive.admission import Admission
from otel_evaluator.receive.server import Receiver
from otel_evaluator.write.clickhouse.sink import ClickHouseWriter
from otel_evaluator.write.deliver import Delivery

STATE_EVERY_S = 5.0
_log = structlog.get_logger(__name__)


class Service:
    """Builds, starts and stops the rooms of one configuration."""

    def __init__(self, config: RootConfig, clock: Clock | None = None) -> None:
        self._config = config
        self._clock = clock or SystemClock()
        self.metrics = Metrics()
        self.metrics["build_info"].labels(otel_evaluator.__version__).set(1)
        self._pool = build.pool(config, self.metrics)
        self._writers = build.writers(config, self._clock, self.metrics)
        self._journal: Journal | None = None
        self._delivery: Delivery | None = None
        self._engine: Engine | None = None
        self._parts: Parts | None = None
        self._receiver: Receiver | None = None
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
        config, metrics, clock = self._config, self.metrics, self._clock
        await self._pool.start()
        self._journal = build.journal(config.journal)
        state = load(self._journal.load_state())
        self._delivery = Delivery(
            self._writers, clock, metrics, on_confirmed=lambda batch: engine.confirmed(batch)
        )
        self._parts = build.parts(
            config, state, self._journal, self._pool, self._delivery, metrics, clock
        )
        engine = self._engine = Engine(self._parts)
        engine.agents.update(state.agents)
        await self._delivery.start()
        intake = self._intake(self._parts)
        # The rates in force decide what of the journal can still be selected.
        self._parts.sampler.advance(clock.time_ns())
        self._recover(intake)
        admission = Admission(config.receivers.otlp.limits, metrics, clock, pressure=self.pressure)
        self._receiver = Receiver(config.receivers.otlp, intake, admission, metrics, clock)
        reader = PipelineReader(config, engine, self._parts, self._writers, self._journal, self)
        self._admin = AdminServer(config.admin, reader, metrics, clock)
        self._gauges()
        await self._admin.start()
        await self._receiver.start()
        self._tasks = [asyncio.create_task(engine.run()), asyncio.create_task(self._keep_state())]
        _log.info("service_ready", durability=self._journal.durability, **self.ports)
        if config.judges:
            _log.warning("judges_not_used", hint="no evaluator of this version asks a judge")
        if self._journal.durability == "none":
            _log.warning("journal_not_durable", hint="acknowledged spans do not survive a crash")

    def pressure(self) -> Busy | None:
        """Why no request can be taken now."""
        if self._closing:
            return Busy("the service is shutting down; send again", 1.0, reason="shutdown")
        if self._engine is not None and self._engine.held_bytes > self._config.assembly.max_memory:
            return Busy(
                "spans in memory are at assembly.max_memory; send again later",
                reason="held_bytes",
            )
        return None

    @property
    def is_closing(self) -> bool:
        """Whether new requests are refused because the service stops."""
        return self._closing

    async def stop(self, grace_s: float = 10.0) -> None:
        """Refuse new work at once, evaluate and write what is closed, keep the rest."""
        self._closing = True
        deadline = self._clock.monotonic() + grace_s
        if self._receiver is not None:
            await self._receiver.stop(min(1.0, grace_s))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._drain(deadline)
        await self._pool.aclose()
        if self._journal is not None:
            self._save_state()
            await self._journal.aclose()
        for writer in self._writers:
            await writer.aclose()
        if self._admin is not None:
            await self._admin.aclose()

    async def _drain(self, deadline: float) -> None:
        """Finish within the deadline; without a journal open traces are closed as they are."""
        engine = self._engine
        if engine is None or self._delivery is None:
            return
        if self._journal is not None and self._journal.durability == "none":
            engine.flush()
        left = max(0.1, deadline - self._clock.monotonic())
        try:
            async with asyncio.timeout(left):
                await engine.finish()
        except TimeoutError:
            _log.warning("drain_incomplete", subjects=engine.pending)
        await self._delivery.drain(max(0.1, deadline - self._clock.monotonic()))

    def _intake(self, parts: Parts) -> PipelineIntake:
        assert self._journal is not None
        return PipelineIntake(
            build.selector(self._config, parts.sampler),
            parts.sampler,
            self._journal,
            parts.entries,
            parts.traces,
            parts.metrics,
            parts.clock,
            lambda: self._closing,
        )

    def _recover(self, intake: PipelineIntake) -> None:
        assert self._journal is not None
        count, oldest_ns = 0, self._clock.time_ns()
        for entry in self._journal.recover():
            intake.replay(entry)
            count += 1
            oldest_ns = min(oldest_ns, entry.arrived_ns)
        if count:
            _log.info("journal_recovered", entries=count)
            for writer in self._writers:
                if isinstance(writer, ClickHouseWriter):
                    writer.expect_repeats(oldest_ns, self._repeat_s)

    @property
    def _repeat_s(self) -> float:
        """How long recovered traces and conversations may take to be written again."""
        assembly = self._config.assembly
        return assembly.max_wait + assembly.conversation_idle + 600.0

    async def _keep_state(self) -> None:
        while True:
            await asyncio.sleep(STATE_EVERY_S)
            self._save_state()

    def _save_state(self) -> None:
        if self._journal is not None and self._parts is not None and self._engine is not None:
            budget = self._parts.sampler.budget_state
            self._journal.save_state(dump(PipelineState(budget.offered, self._engine.agents)))

    def _gauges(self) -> None:
        parts, journal, clock = self._parts, self._journal, self._clock
        engine, delivery = self._engine, self._delivery
        assert parts is not None
        assert journal is not None
        assert engine is not None
        assert delivery is not None

        def oldest() -> float:
            oldest_ns = journal.statistics().oldest_ns
            return max(0.0, (clock.time_ns() - oldest_ns) / 1e9) if oldest_ns else 0.0

        gauges = self.metrics
        gauges["journal_bytes"].set_function(lambda: journal.statistics().bytes)
        gauges["journal_oldest_seconds"].set_function(oldest)
        gauges["queue_subjects"].set_function(lambda: engine.pending)
        gauges["open_traces"].set_function(lambda: len(parts.traces.open))
        gauges["held_bytes"].set_function(lambda: engine.held_bytes)
        gauges["sampling_rate_multiplier"].set_function(lambda: parts.sampler.multiplier)
