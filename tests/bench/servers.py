"""The servers that are measured, each pinned to the server core: ours, rotel, the Collector."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.collector import build
from tests.support import cache
from tests.support.process import Process, free_ports, http_ok, port_open

SERVER_CORE = 0
TAIL_POLICIES = [
    {"name": "errors", "type": "status_code", "status_code": {"status_codes": ["ERROR"]}},
    {
        "name": "escalated",
        "type": "and",
        "and": {
            "and_sub_policy": [
                {
                    "name": "attribute",
                    "type": "string_attribute",
                    "string_attribute": {"key": "app.channel", "values": ["voice"]},
                },
                {
                    "name": "quarter",
                    "type": "probabilistic",
                    "probabilistic": {"sampling_percentage": 25},
                },
            ]
        },
    },
    {"name": "base", "type": "probabilistic", "probabilistic": {"sampling_percentage": 1}},
]


class Server(Process):
    """A running server and where it takes OTLP/gRPC."""

    port: int
    admin: str = ""

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"


def write(file: Path, content: Mapping[str, Any]) -> Path:
    """Write a YAML file; its path."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(dict(content), sort_keys=False), encoding="utf-8")
    return file


def configured(directory: Path, config: Mapping[str, Any]) -> tuple[Path, int, int]:
    """A configuration file below ``directory``, its gRPC and its admin port.

    ``config`` overrides sections of the defaults.
    """
    port, admin = free_ports(2)
    full: dict[str, Any] = {
        "receivers": {"otlp": {"grpc": {"endpoint": f"127.0.0.1:{port}"}, "http": None}},
        "journal": {"path": str(directory / "journal"), "durability": "none"},
        "assembly": {"quiet": "1s", "incomplete_quiet": "1s", "max_wait": "10s"},
        "sampling": {"key": "trace", "base_rate": 0.01},
        "evaluators": [{"name": "length", "type": "length"}],
        "storage": {"clickhouse": {"dsn": f"chdb://{directory / 'clickhouse'}"}},
        "admin": {"endpoint": f"127.0.0.1:{admin}"},
        "workers": 1,
    }
    for section, values in config.items():
        merge = isinstance(values, dict) and isinstance(full.get(section), dict)
        full[section] = {**full[section], **values} if merge else values
    return write(directory / "evaluator.yaml", full), port, admin


def evaluator(directory: Path, config: Mapping[str, Any], name: str = "otel-evaluator") -> Server:
    """The whole service: workers, evaluators and the embedded ClickHouse included."""
    file, port, admin = configured(directory, config)
    command: list[str | Path] = [
        sys.executable, "-m", "otel_evaluator", "serve", "--config", file,
        "--log-level", "warning",
    ]  # fmt: skip
    server = Server(name, command, directory, core=SERVER_CORE)
    server.port, server.admin = port, f"http://127.0.0.1:{admin}"
    server.start()
    server.wait_ready(http_ok(f"{server.admin}/readyz"), 60)
    return server


def front(directory: Path, config: Mapping[str, Any], name: str = "otel-evaluator") -> Server:
    """Receiver, select and assembly; what would be evaluated is dropped, as by a nop exporter."""
    file, port, _ = configured(directory, config)
    server = Server(
        name,
        [sys.executable, "-m", "tests.bench.front", file],
        directory,
        environment={"PYTHONPATH": str(cache.ROOT)},
        core=SERVER_CORE,
    )
    server.port = port
    server.start()
    server.wait_ready(lambda: "ready" in server.output(), 60)
    return server


def rotel(directory: Path) -> Server:
    """rotel with an exporter that throws everything away."""
    port, http = free_ports(2)
    python = cache.environment("rotel")
    agent = next(python.parent.parent.glob("lib/python*/site-packages/rotel/rotel-agent"))
    command: list[str | Path] = [
        agent, "start", "--otlp-grpc-endpoint", f"127.0.0.1:{port}",
        "--otlp-http-endpoint", f"127.0.0.1:{http}", "--exporter", "blackhole",
        "--otlp-grpc-max-recv-msg-size-mib", "64",
    ]  # fmt: skip
    server = Server("rotel", command, directory, core=SERVER_CORE)
    server.port = port
    server.start()
    server.wait_ready(port_open(port))
    return server


def collector(directory: Path, name: str, processor: str, settings: Mapping[str, Any]) -> Server:
    """The built Collector with one processor in front of an exporter that does nothing."""
    (port,) = free_ports(1)
    config = {
        "receivers": {
            "otlp": {
                "protocols": {
                    "grpc": {"endpoint": f"127.0.0.1:{port}", "max_recv_msg_size_mib": 64}
                }
            }
        },
        "processors": {processor: dict(settings)},
        "exporters": {"nop": {}},
        "service": {
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn"}},
            "pipelines": {
                "traces": {"receivers": ["otlp"], "processors": [processor], "exporters": ["nop"]}
            },
        },
    }
    file = write(directory / f"{name}.yaml", config)
    server = Server(
        name,
        [build.binary(), "--config", file],
        directory,
        environment={"GOMAXPROCS": "1"},
        core=SERVER_CORE,
    )
    server.port = port
    server.start()
    server.wait_ready(port_open(port))
    return server


def sampling_collector(directory: Path) -> Server:
    """The Collector with its probabilistic sampler at one per cent."""
    settings = {"sampling_percentage": 1}
    return collector(directory, "collector-probabilistic", "probabilistic_sampler", settings)


def tail_sampling_collector(directory: Path) -> Server:
    """The Collector with tail sampling: three policies, and a wait of one second."""
    settings = {"decision_wait": "1s", "num_traces": 200_000, "policies": TAIL_POLICIES}
    return collector(directory, "collector-tail-sampling", "tail_sampling", settings)


def missing() -> dict[str, str]:
    """Reference servers that this machine cannot run, and why."""
    out = {}
    if reason := build.why_not():
        out["collector"] = reason
    try:
        cache.environment("rotel")
    except (RuntimeError, OSError) as error:
        out["rotel"] = str(error)
    return out
