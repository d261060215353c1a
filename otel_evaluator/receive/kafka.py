"""OTLP from Kafka: offsets are committed once the journal has the messages before them.

A message is one ``otlp_proto`` request. What cannot be a request is counted and passed over, as
there is nobody to tell; where there is no room it is tried again, and the broker keeps the rest.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

import structlog

from otel_evaluator.api.intake import Intake
from otel_evaluator.errors import Busy, ConfigError, Refused, TooLarge
from otel_evaluator.metrics import Metrics
from otel_evaluator.receive.admission import Admission
from otel_evaluator.receive.kafka_config import KafkaReceiverConfig
from otel_evaluator.wire.prescan import Signal

POLL_MS = 500
MAX_MESSAGES = 100
"""Messages taken from the brokers at once, before their offsets are committed."""
RECONNECT_S = 5.0
_log = structlog.get_logger(__name__)


class KafkaReceiver:
    """One member of a consumer group; must be started, used and stopped on one event loop."""

    def __init__(
        self, config: KafkaReceiverConfig, intake: Intake, admission: Admission, metrics: Metrics
    ) -> None:
        self._config = config
        self._intake = intake
        self._admission = admission
        self._metrics = metrics
        self._signals: dict[str, Signal] = {}
        if config.traces_topic:
            self._signals[config.traces_topic] = "traces"
        if config.logs_topic:
            self._signals[config.logs_topic] = "logs"
        self._consumer: Any = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Begin to read, waiting for brokers that are away; ConfigError without the library."""
        try:
            import aiokafka  # noqa: F401
        except ImportError:
            raise ConfigError(
                ["receivers.kafka: aiokafka is not installed; pip install 'otel-evaluator[kafka]'"]
            ) from None
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish the message in hand, commit, leave the group; safe to call twice."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._consume()
            except Exception as error:
                _log.warning("kafka_waiting", error_type=type(error).__name__)
            finally:
                await self._leave()
            await self._pause(RECONNECT_S)

    async def _consume(self) -> None:
        from aiokafka import AIOKafkaConsumer

        self._consumer = consumer = AIOKafkaConsumer(
            *self._signals, **_settings(self._config), **_security(self._config)
        )
        await consumer.start()
        _log.info("kafka_receiving", topics=sorted(self._signals))
        while not self._stopping.is_set():
            found = await consumer.getmany(timeout_ms=POLL_MS, max_records=MAX_MESSAGES)
            taken: dict[Any, int] = {}
            for partition, messages in found.items():
                for message in messages:
                    if not await self._take(message.value or b"", partition.topic):
                        break
                    taken[partition] = message.offset + 1
            await self._commit(taken)

    async def _commit(self, taken: Mapping[Any, int]) -> None:
        from aiokafka.errors import CommitFailedError

        if taken:
            try:
                await self._consumer.commit(dict(taken))
            except CommitFailedError:
                # The partitions went to another member, which reads these messages again; their
                # spans are recognised, or give the same score ids.
                _log.warning("kafka_rebalanced")
                return
            for partition in taken:
                end = self._consumer.highwater(partition)
                if end is not None:
                    labels = (partition.topic, str(partition.partition))
                    lag = max(0, end - taken[partition])
                    self._metrics.child("kafka_lag_messages", *labels).set(lag)

    async def _take(self, body: bytes, topic: str) -> bool:
        """Whether a message is kept, or passed over; False when we stop before either."""
        signal = self._signals[topic]
        take = self._intake.traces if signal == "traces" else self._intake.logs
        while not self._stopping.is_set():
            try:
                if len(body) > self._config.max_message_size:
                    raise TooLarge(f"the message has {len(body)} bytes (max_message_size)")
                self._admission.check()
                with self._admission.hold() as held:
                    held.add(len(body))
                    self._admission.inspect(body, signal)
                    receipt = await take(body, "kafka")
            except Busy as error:
                # The broker keeps what waits: this is no refusal that a sender hears of.
                await self._pause(min(1.0, self._admission.delay(error)))
                continue
            except Refused as error:
                self._admission.refused(error, signal, "kafka")
                _log.warning("kafka_message_passed_over", reason=error.reason)
                return True
            self._admission.accepted()
            if receipt.rejected:
                _log.warning("kafka_message_partly_rejected", rejected=receipt.rejected)
            return True
        return False

    async def _leave(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            try:
                await consumer.stop()
            except Exception as error:
                _log.warning("kafka_left_badly", error_type=type(error).__name__)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass


def _settings(config: KafkaReceiverConfig) -> dict[str, Any]:
    return {
        "bootstrap_servers": list(config.brokers),
        "group_id": config.group_id,
        "auto_offset_reset": config.initial_offset,
        "enable_auto_commit": False,
        "max_partition_fetch_bytes": config.max_message_size,
        "fetch_max_bytes": max(config.max_message_size, 50 * 2**20),
        # A topic that comes into being is found this soon.
        "metadata_max_age_ms": 30_000,
        # Waiting for room may take long; the broker must not think we are gone.
        "max_poll_interval_ms": 3_600_000,
    }


def _security(config: KafkaReceiverConfig) -> dict[str, Any]:
    found: dict[str, Any] = {}
    protocol = "SASL_" if config.sasl is not None else ""
    found["security_protocol"] = protocol + ("SSL" if config.tls is not None else "PLAINTEXT")
    if found["security_protocol"] == "PLAINTEXT":
        return found
    if config.tls is not None:
        tls = config.tls
        context = ssl.create_default_context(cafile=str(tls.ca_file) if tls.ca_file else None)
        if tls.cert_file is not None:
            context.load_cert_chain(tls.cert_file, tls.key_file)
        found["ssl_context"] = context
    if config.sasl is not None:
        found |= {
            "sasl_mechanism": config.sasl.mechanism,
            "sasl_plain_username": config.sasl.username,
            "sasl_plain_password": config.sasl.password.reveal(),
        }
    return found
