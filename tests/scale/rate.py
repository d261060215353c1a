"""How fast consumer groups of one, two and four members read: ``python -m tests.scale.rate``.

A topic with four partitions is filled first; then a fresh group reads it through the durable
journal. One machine: the members share its cores with the broker, so this shows what they cost
together, not what machines of their own would give.
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from aiokafka import AIOKafkaProducer

from otel_evaluator.testing.builders import an_export_request
from tests.fault.service import Service
from tests.scale.broker import Broker
from tests.support.clickhouse_http import ClickHouseHttp

MESSAGES, TRACES = 1200, 50
TOPIC, PARTITIONS = "otlp_spans", 4


async def fill(broker: Broker) -> None:
    await broker.create(TOPIC)
    producer = AIOKafkaProducer(bootstrap_servers=broker.address, max_request_size=8_000_000)
    await producer.start()
    for number in range(MESSAGES):
        body = an_export_request(TRACES, first=TRACES * number, other_spans=0)
        await producer.send(TOPIC, body, partition=number % PARTITIONS)
    await producer.stop()


def read(folder: Path, front: ClickHouseHttp, broker: Broker, members: int) -> float:
    """Seconds from the first message read to the last."""
    services = []
    for number in range(members):
        service = Service(folder / f"{members}-{number}", front)
        kafka = {
            "brokers": [broker.address],
            "group_id": f"{folder.name}-{members}",
            "initial_offset": "earliest",
        }
        otlp = service.config["receivers"]["otlp"]
        service.write(receivers={"otlp": otlp, "kafka": kafka}, sampling={"base_rate": 0.01})
        services.append(service.start())
    total, began, first = MESSAGES * TRACES * 2, 0.0, 0.0
    try:
        while True:
            received = 0.0
            for service in services:
                try:
                    received += service.total("spans_received_total")
                except OSError:
                    continue
            if received and not began:
                began, first = time.monotonic(), received
            if received >= total:
                return (total - first) / (time.monotonic() - began)
            time.sleep(0.1)
    finally:
        for service in services:
            service.kill()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker = Broker(folder / "broker", PARTITIONS).serve()
        try:
            asyncio.run(fill(broker))
            with ClickHouseHttp(str(folder / "clickhouse")) as front:
                for round_ in range(2):
                    for members in (1, 2, 4):
                        front.database = f"rate_{round_}_{members}"
                        rate = read(folder / str(round_), front, broker, members)
                        print(f"{members} members: {rate:,.0f} spans/s, {rate / 2:,.0f} GenAI")
        finally:
            broker.kill()
    print(f"{os.cpu_count()} cores", file=sys.stderr)


if __name__ == "__main__":
    main()
