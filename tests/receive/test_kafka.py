"""What is committed, tried again and passed over; the broker is scripted."""

import asyncio
from collections import namedtuple

import aiokafka
import pytest

from otel_evaluator.api.intake import Receipt
from otel_evaluator.errors import Busy, ConfigError
from otel_evaluator.metrics import Metrics
from otel_evaluator.receive.admission import Admission
from otel_evaluator.receive.config import LimitsConfig
from otel_evaluator.receive.kafka import KafkaReceiver, _security
from otel_evaluator.receive.kafka_config import KafkaReceiverConfig
from otel_evaluator.testing.builders import an_export_request
from otel_evaluator.testing.doubles import ManualClock

Message = namedtuple("Message", "offset value")
Partition = namedtuple("Partition", "topic partition")
PARTITION = Partition("otlp_spans", 0)


class Consumer:
    """A member of a group that is given these messages, then nothing."""

    def __init__(self, *messages):
        self.waiting = [Message(n, value) for n, value in enumerate(messages)]
        self.committed = {}
        self.failures = []
        self.is_stopped = False

    def __call__(self, *topics, **settings):
        self.topics, self.settings = topics, settings
        return self

    async def start(self):
        if self.failures:
            raise self.failures.pop(0)

    async def getmany(self, timeout_ms, max_records):
        await asyncio.sleep(0.001)
        found, self.waiting = self.waiting[:max_records], self.waiting[max_records:]
        return {PARTITION: found} if found else {}

    async def commit(self, offsets):
        self.committed |= offsets

    def highwater(self, partition):
        return 10

    async def stop(self):
        self.is_stopped = True


class Intake:
    """Keeps requests; ``answers`` are raised first."""

    def __init__(self, *answers):
        self.answers, self.bodies = [*answers], []

    async def traces(self, body, protocol):
        assert protocol == "kafka"
        if self.answers:
            raise self.answers.pop(0)
        self.bodies.append(body)
        return Receipt()

    logs = traces


@pytest.fixture
def receive(monkeypatch):
    """Run a receiver until ``done`` holds; the consumer, the intake and the metrics."""

    async def run(consumer, intake=None, done=lambda c, i: bool(c.committed), **settings):
        monkeypatch.setattr(aiokafka, "AIOKafkaConsumer", consumer)
        intake, metrics = intake or Intake(), Metrics()
        admission = Admission(LimitsConfig(), metrics, ManualClock(), resident=lambda: 0)
        config = KafkaReceiverConfig.model_validate({"brokers": ["b:9092"], **settings})
        receiver = KafkaReceiver(config, intake, admission, metrics)
        await receiver.start()
        async with asyncio.timeout(10):
            while not done(consumer, intake):
                await asyncio.sleep(0.001)
        await receiver.stop()
        assert consumer.is_stopped
        return intake, metrics

    return run


async def test_offsets_are_committed_after_the_intake_has_the_messages(receive):
    bodies = [an_export_request(1, first=n) for n in range(3)]
    consumer = Consumer(*bodies)
    intake, metrics = await receive(consumer)
    assert intake.bodies == bodies
    assert consumer.committed == {PARTITION: 3}
    assert consumer.settings["enable_auto_commit"] is False
    assert metrics.value("kafka_lag_messages", topic="otlp_spans", partition="0") == 7


async def test_without_room_nothing_is_committed_until_there_is(receive):
    busy = [Busy("full", 0.01), Busy("full", 0.01)]
    intake = Intake(*busy)
    consumer = Consumer(an_export_request(1))
    await receive(consumer, intake)
    assert len(intake.bodies) == 1
    assert consumer.committed == {PARTITION: 1}


async def test_what_was_not_taken_is_not_committed_at_a_stop(receive):
    class Full(Intake):
        async def traces(self, body, protocol):
            self.answers.append(1)
            raise Busy("full", 0.01)

    consumer, intake = Consumer(an_export_request(1)), Full()
    await receive(consumer, intake, done=lambda c, i: len(i.answers) > 2)
    assert consumer.committed == {}


async def test_what_is_no_request_is_counted_and_passed_over(receive):
    good = an_export_request(1)
    consumer = Consumer(b"\x0a\xff\xff", good, b"x" * 5000, good)
    intake, metrics = await receive(
        consumer, done=lambda c, i: len(i.bodies) == 2, max_message_size="4KiB"
    )
    assert intake.bodies == [good, good]
    assert metrics.value("requests_refused_total", reason="malformed") == 1
    assert metrics.value("requests_refused_total", reason="too_large") == 1


async def test_a_broker_that_is_away_is_tried_again(receive, monkeypatch):
    monkeypatch.setattr("otel_evaluator.receive.kafka.RECONNECT_S", 0.01)
    consumer = Consumer(an_export_request(1))
    consumer.failures = [aiokafka.errors.KafkaConnectionError("away")] * 3
    intake, _ = await receive(consumer)
    assert len(intake.bodies) == 1


async def test_a_rebalance_is_no_end(receive, monkeypatch):
    consumer = Consumer(an_export_request(1), *[an_export_request(1, first=1)] * 200)
    failed = []

    async def commit(offsets):
        if not failed:
            failed.append(offsets)
            raise aiokafka.errors.CommitFailedError("rebalanced")
        consumer.committed |= offsets

    consumer.commit = commit
    intake, _ = await receive(consumer)
    assert failed
    assert len(intake.bodies) > 100


async def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "aiokafka", None)
    config = KafkaReceiverConfig(brokers=("b:9092",))
    metrics = Metrics()
    admission = Admission(LimitsConfig(), metrics, ManualClock())
    with pytest.raises(ConfigError, match=r"otel-evaluator\[kafka\]"):
        await KafkaReceiver(config, Intake(), admission, metrics).start()


def test_security():
    plain = KafkaReceiverConfig(brokers=("b:9092",))
    assert _security(plain) == {"security_protocol": "PLAINTEXT"}
    sasl = {"username": "u", "password": "secret"}
    safe = KafkaReceiverConfig.model_validate({"brokers": ["b"], "tls": {}, "sasl": sasl})
    found = _security(safe)
    assert found["security_protocol"] == "SASL_SSL"
    assert found["sasl_plain_password"] == "secret"
    assert "secret" not in str(safe)
    with pytest.raises(ValueError, match="traces_topic or logs_topic"):
        KafkaReceiverConfig.model_validate({"brokers": ["b"], "traces_topic": ""})
