"""The real service as a child process, and a client for its ports."""

import json
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml

from tests.support.process import Process, eventually, free_ports, http_ok

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


class Evaluator(Process):
    """``otel-evaluator serve`` with a configuration of its own and free ports."""

    def __init__(self, directory: Path, sections: dict[str, Any]) -> None:
        self.grpc_port, self.http_port, self.admin_port = free_ports(3)
        self.file = directory / "evaluator.yaml"
        config = {
            "receivers": {
                "otlp": {
                    "grpc": {"endpoint": f"127.0.0.1:{self.grpc_port}"},
                    "http": {"endpoint": f"127.0.0.1:{self.http_port}"},
                }
            },
            "journal": {"path": str(directory / "journal")},
            "assembly": {"quiet": "500ms", "incomplete_quiet": "1s"},
            "sampling": {"base_rate": 1.0},
            "evaluators": [{"name": "length", "type": "length", "min": 1}],
            "storage": {"clickhouse": {"dsn": f"chdb://{directory / 'clickhouse'}"}},
            "admin": {"endpoint": f"127.0.0.1:{self.admin_port}"},
        }
        self.file.write_text(yaml.safe_dump(config | sections))
        command = [sys.executable, "-m", "otel_evaluator", "serve", "--config", self.file]
        super().__init__("otel-evaluator", command, directory)

    @property
    def admin(self) -> str:
        return f"http://127.0.0.1:{self.admin_port}"

    def serve(self) -> "Evaluator":
        self.start()
        self.wait_ready(http_ok(f"{self.admin}/readyz"), 60)
        return self

    def send(self, body: bytes) -> None:
        with grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}") as channel:
            channel.unary_unary(TRACES)(body, timeout=10, wait_for_ready=True)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.admin}{path}", timeout=10) as answer:
            return json.load(answer)

    def scores(self) -> list[dict[str, Any]]:
        return list(self.get("/api/scores?limit=1000")["scores"])

    def metrics(self) -> str:
        with urllib.request.urlopen(f"{self.admin}/metrics", timeout=10) as answer:
            return str(answer.read().decode())

    def wait_for_scores(self, count: int, seconds: float = 30) -> list[dict[str, Any]]:
        eventually(lambda: len(self.scores()) >= count, seconds, f"{count} scores")
        return self.scores()


@pytest.fixture
def evaluator(tmp_path: Path) -> Iterator[Callable[..., Evaluator]]:
    """Make a service; whatever was started is stopped."""
    made: list[Evaluator] = []

    def make(**sections: Any) -> Evaluator:
        made.append(Evaluator(tmp_path, sections))
        return made[-1]

    yield make
    for each in made:
        each.stop()
