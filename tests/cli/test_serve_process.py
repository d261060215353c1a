"""The commands together, each in a process of its own, as an operator uses them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_evaluator.cli.demo import free_port
from otel_evaluator.cli.traffic import load_samples

pytestmark = pytest.mark.e2e

CONFIG = """
receivers:
  otlp:
    grpc: {endpoint: "127.0.0.1:%(grpc)d"}
    http: null
    auth: {bearer_tokens: ["${env:OTEL_EVALUATOR_TOKEN}"]}
journal: {path: ./data/journal, durability: process}
assembly: {quiet: 300ms, incomplete_quiet: 500ms}
sampling: {base_rate: 1.0}
evaluators:
  - {name: pii, type: pii}
  - {name: no_secret, type: contains, phrases: [sentinel], match: none, when: "signals.turns > 99"}
storage: {clickhouse: {dsn: "chdb://./data/clickhouse"}}
admin: {endpoint: "127.0.0.1:%(admin)d", bearer_tokens: ["${file:admin-token}"]}
workers: 1
"""


class Service:
    """A served configuration, and commands against it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.grpc, self.admin_port = free_port(), free_port()
        self.admin = f"http://127.0.0.1:{self.admin_port}"
        (folder / "admin-token").write_text("adm1n\n")
        values = {"grpc": self.grpc, "admin": self.admin_port}
        (folder / "config.yaml").write_text(CONFIG % values)
        self.environ = {
            **os.environ,
            "OTEL_EVALUATOR_TOKEN": "s3nd",
            "OTEL_EVALUATOR_ADMIN": self.admin,
            "OTEL_EVALUATOR_ADMIN_TOKEN": "adm1n",
            "COLUMNS": "200",
        }
        self.log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "otel_evaluator", "serve", "--config", "config.yaml"],
            cwd=folder,
            env=self.environ,
            stderr=self.log,
        )
        self.wait_ready()

    def wait_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.logged()
            try:
                urllib.request.urlopen(f"{self.admin}/readyz", timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"not ready: {self.logged()}")

    def logged(self) -> str:
        return (self.folder / "log").read_text()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "otel_evaluator", *arguments],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            self.log.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("serve"))
    yield running
    running.stop()


def wait_for_scores(service: Service, least: int) -> list[dict[str, str]]:
    deadline = time.monotonic() + 30
    while True:
        ran = service.run("scores", "--evaluator", "pii", "--format", "json", "--limit", "1000")
        assert ran.returncode == 0, ran.stderr
        rows = json.loads(ran.stdout)
        if len(rows) >= least or time.monotonic() > deadline:
            return rows
        time.sleep(0.2)


def test_replayed_traffic_is_scored_and_explained(service: Service):
    samples = [s for s in load_samples() if s.scenario == "shop-006-pii-other-customer"]
    files = []
    for sample in samples:
        for name, body in sample.bodies.items():
            file = service.folder / f"{sample.name}.{name}"
            file.write_bytes(body)
            files.append(str(file))
    ran = service.run(
        "replay", *files, "--endpoint", f"127.0.0.1:{service.grpc}",
        "--header", "authorization=Bearer s3nd", "--shift-time", "--new-ids",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert re.match(r"sent \d+ spans and \d+ log records in 2 requests", ran.stdout)
    (row,) = wait_for_scores(service, 1)
    assert row["Passed"] is False
    assert row["ServiceName"] == "shopdesk-chat"
    assert bytes.fromhex(row["TraceId"]) not in samples[0].trace_ids

    ran = service.run("why", row["TraceId"], "--format", "json")
    assert ran.returncode == 0, ran.stderr
    outcomes = {
        outcome["evaluator"]: (outcome["outcome"], outcome.get("reason"))
        for subject in json.loads(ran.stdout)["subjects"]
        for outcome in subject["outcomes"]
    }
    assert outcomes["pii"][0] == "scored"
    assert outcomes["no_secret"] == ("skipped", "filtered")
    assert "pii" in service.run("why", row["TraceId"]).stdout


def test_a_sender_without_the_token_is_told(service: Service):
    file = service.folder / "traces"
    file.write_bytes(load_samples()[0].bodies["traces"])
    ran = service.run("replay", str(file), "--endpoint", f"127.0.0.1:{service.grpc}")
    assert ran.returncode == 1
    assert "UNAUTHENTICATED" in ran.stderr
    assert "--header" in ran.stderr


def test_the_log_is_json_and_without_content(service: Service):
    lines = [json.loads(line) for line in service.logged().splitlines()]
    assert any(line["event"] == "service_ready" for line in lines)
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
    assert "@" not in service.logged()


def test_a_second_service_on_the_same_journal_says_why_it_stops(service: Service):
    other = (service.folder / "config.yaml").read_text()
    for port in (service.grpc, service.admin_port):
        other = other.replace(str(port), str(free_port()))
    (service.folder / "other.yaml").write_text(other)
    ran = service.run("serve", "--config", "other.yaml")
    assert ran.returncode == 1
    assert "start_failed" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_sigterm_ends_it_with_0(tmp_path: Path):
    running = Service(tmp_path)
    assert running.stop() == 0
    last = json.loads(running.logged().splitlines()[-1])
    assert last["event"] == "service_stopped"
