"""Replicas before one ClickHouse, with the real Collector in front."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.collector import build
from tests.fault.service import Service
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.process import Process, free_ports, port_open
from tests.support.required import unavailable


@pytest.fixture
def replica(tmp_path: Path, front: ClickHouseHttp) -> Iterator[Callable[..., Service]]:
    """Make a replica; whatever was started is killed."""
    made: list[Service] = []

    def make(**sections: Any) -> Service:
        made.append(Service(tmp_path / f"replica-{len(made)}", front))
        made[-1].write(**sections)
        return made[-1]

    yield make
    for each in made:
        each.kill()


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Callable[[dict[str, Any]], int]]:
    """Start a Collector with one exporter; the port it listens on."""
    if reason := build.why_not():
        unavailable(reason)
    started: list[Process] = []

    def start(exporters: dict[str, Any]) -> int:
        (port,) = free_ports(1)
        config = {
            "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": f"127.0.0.1:{port}"}}}},
            "exporters": exporters,
            "service": {
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {"traces": {"receivers": ["otlp"], "exporters": [*exporters]}},
            },
        }
        file = tmp_path / "collector.yaml"
        file.write_text(yaml.safe_dump(config))
        process = Process("collector", [build.binary(), "--config", file], tmp_path)
        started.append(process)
        process.start().wait_ready(port_open(port), 30)
        return port

    yield start
    for each in started:
        each.kill()
