"""Collector and evaluator wired as the documentation recommends, as child processes."""

import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.support.process import Process, free_ports, http_ok, port_open

EVALUATORS = ("length", "commitments", "tool_calls")


@dataclass(frozen=True)
class Ports:
    """Where everything listens."""

    collector: int
    collector_health: int
    evaluator: int
    admin: int
    sink: int

    @classmethod
    def choose(cls, sink: int) -> "Ports":
        """Free ports for everything but the sink."""
        return cls(*free_ports(4), sink)


def collector_config(ports: Ports, queue: Path) -> dict[str, Any]:
    """One pipeline: to the evaluator, with retry and a persistent queue, and to a trace store."""
    evaluator = {
        "endpoint": f"127.0.0.1:{ports.evaluator}",
        "tls": {"insecure": True},
        "compression": "none",
        "retry_on_failure": {
            "initial_interval": "200ms",
            "max_interval": "1s",
            "max_elapsed_time": "0s",
        },
        "sending_queue": {
            "queue_size": 10_000,
            "storage": "file_storage",
            "batch": {
                "sizer": "bytes",
                "flush_timeout": "200ms",
                "min_size": 1_000_000,
                "max_size": 8_000_000,
            },
        },
    }
    listen = {"endpoint": f"127.0.0.1:{ports.collector}"}
    store = {"endpoint": f"127.0.0.1:{ports.sink}", "tls": {"insecure": True}}
    return {
        "extensions": {
            "health_check": {"endpoint": f"127.0.0.1:{ports.collector_health}"},
            "file_storage": {"directory": str(queue), "create_directory": True},
        },
        "receivers": {"otlp": {"protocols": {"grpc": listen}}},
        "exporters": {"otlp_grpc/evaluator": evaluator, "otlp_grpc/store": store},
        "service": {
            "telemetry": {"metrics": {"level": "none"}},
            "extensions": ["health_check", "file_storage"],
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "exporters": ["otlp_grpc/evaluator", "otlp_grpc/store"],
                },
                "logs": {"receivers": ["otlp"], "exporters": ["otlp_grpc/evaluator"]},
            },
        },
    }


def evaluator_config(ports: Ports, data: Path) -> dict[str, Any]:
    """Everything evaluated; scores to the embedded ClickHouse and back to the Collector."""
    return {
        "receivers": {"otlp": {"grpc": {"endpoint": f"127.0.0.1:{ports.evaluator}"}, "http": None}},
        "journal": {"path": str(data / "journal"), "durability": "process"},
        "assembly": {"quiet": "3s", "incomplete_quiet": "4s", "max_wait": "20s"},
        "sampling": {"key": "trace", "base_rate": 1.0},
        "evaluators": [{"name": name, "type": name} for name in EVALUATORS],
        "storage": {"clickhouse": {"dsn": f"chdb://{data / 'clickhouse'}", "database": "otel"}},
        "exporters": {"otlp": {"endpoint": f"127.0.0.1:{ports.collector}", "insecure": True}},
        "admin": {"endpoint": f"127.0.0.1:{ports.admin}"},
        "workers": 1,
    }


class System:
    """Both processes; a context manager that starts and stops them."""

    def __init__(self, otelcol: Path, directory: Path, sink_port: int) -> None:
        self.ports = Ports.choose(sink_port)
        self.data = directory / "data"
        self.data.mkdir()
        self.collector = Process(
            "collector",
            [otelcol, "--config", self._write(directory / "collector.yaml",
                                              collector_config(self.ports, directory / "queue"))],
            directory,
        )  # fmt: skip
        config = self._write(directory / "evaluator.yaml", evaluator_config(self.ports, self.data))
        self.evaluator = Process(
            "evaluator",
            [sys.executable, "-m", "otel_evaluator", "serve", "--config", config],
            directory,
        )

    @staticmethod
    def _write(file: Path, content: dict[str, Any]) -> Path:
        file.write_text(yaml.safe_dump(content))
        return file

    @property
    def admin(self) -> str:
        return f"http://127.0.0.1:{self.ports.admin}"

    @property
    def clickhouse(self) -> Path:
        return self.data / "clickhouse"

    def start_evaluator(self) -> None:
        """Start, or restart after a kill, and wait until it takes traffic."""
        self.evaluator.start().wait_ready(http_ok(f"{self.admin}/readyz"), 60)

    def metric(self, name: str, **labels: str) -> float:
        """Sum of the samples with these labels; 0 while the endpoint is not there."""
        with urllib.request.urlopen(f"{self.admin}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == f"otel_evaluator_{name}" and labels.items() <= sample.labels.items()
        )

    def __enter__(self) -> "System":
        try:
            self.collector.start().wait_ready(port_open(self.ports.collector))
            self.start_evaluator()
        except BaseException:
            self.collector.stop()
            raise
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        for process in (self.evaluator, self.collector):
            process.__exit__(kind, error, traceback)
