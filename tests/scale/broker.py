"""A real Kafka broker (KRaft, one node): jars from Maven, once a machine."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import cache
from tests.support.process import Process, free_ports, port_open

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>broker</groupId><artifactId>broker</artifactId><version>1</version>
<dependencies><dependency>
<groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.1.0</version>
</dependency></dependencies>
</project>
"""
PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={logs}
num.partitions={partitions}
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
message.max.bytes=10000000
"""


def jars() -> Path:
    """The folder of the broker's jars; skips where they cannot be had."""
    for command in ("java", "mvn"):
        if shutil.which(command) is None:
            pytest.skip(f"a broker needs {command} on the PATH")
    folder = cache.directory() / "kafka-4.1.0"
    if not (folder / ".complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pom.xml").write_text(POM)
        done = subprocess.run(
            ["mvn", "-q", "dependency:copy-dependencies", "-DoutputDirectory=lib"],
            cwd=folder, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"Maven could not fetch the broker: {done.stdout[-300:]}")
        (folder / ".complete").touch()
    return folder / "lib"


class Broker(Process):
    """Started and ready; topics come into being with so many partitions."""

    def __init__(self, directory: Path, partitions: int) -> None:
        self.partitions = partitions
        self.port, controller = free_ports(2)
        directory.mkdir(parents=True, exist_ok=True)
        settings = directory / "server.properties"
        settings.write_text(
            PROPERTIES.format(
                port=self.port,
                controller=controller,
                logs=directory / "logs",
                partitions=partitions,
            )
        )
        java = ["java", "-Xmx512m", "-cp", f"{jars()}/*"]
        storage = [*java, "kafka.tools.StorageTool"]
        run = {"capture_output": True, "text": True, "check": True, "cwd": directory}
        cluster = subprocess.run([*storage, "random-uuid"], **run).stdout.split()[-1]  # type: ignore[call-overload]
        subprocess.run([*storage, "format", "-t", cluster, "-c", str(settings)], **run)  # type: ignore[call-overload]
        super().__init__("kafka", [*java, "kafka.Kafka", settings], directory)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def create(self, topic: str) -> None:
        """Create a topic, so that consumers find it when they start."""
        from aiokafka.admin import AIOKafkaAdminClient, NewTopic

        admin = AIOKafkaAdminClient(bootstrap_servers=self.address)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(topic, self.partitions, 1)])
        finally:
            await admin.close()

    def serve(self) -> "Broker":
        self.start().wait_ready(port_open(self.port), 60)
        return self
