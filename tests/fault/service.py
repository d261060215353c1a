"""The real service as a child, in front of the real engine, with what a fault test asks of it."""

import json
import os
import re
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.fault.oracle import Row
from tests.support.clickhouse_http import ClickHouseHttp, Request
from tests.support.process import Process, eventually, free_ports, http_ok

ROWS = """
SELECT s.TraceId, s.Evaluator, s.Value, any(p.Output)
FROM {db}.otel_evaluator_scores AS s
LEFT JOIN {db}.otel_evaluator_samples AS p ON p.SubjectKey = s.TraceId
GROUP BY s.ScoreId, s.TraceId, s.Evaluator, s.Value FORMAT JSONCompactEachRow
"""
SPANS = """
SELECT SpanId, count() FROM {db}.otel_traces WHERE SpanName LIKE 'evaluate %'
GROUP BY SpanId HAVING count() > 1 FORMAT JSONCompactEachRow
"""
ROLLUP = "SELECT sum(n) FROM {db}.otel_evaluator_rollup FORMAT JSONCompactEachRow"


ROOT = Path(__file__).parents[2]
PATHS = {"PYTHONPATH": str(ROOT)}
"""For children that import from the tests."""


def a_check(name: str, **arguments: Any) -> dict[str, Any]:
    """An evaluator of ``tests.fault.checks``."""
    return {
        "name": name,
        "type": "python",
        "callable": f"tests.fault.checks:{name}",
        "arguments": arguments,
    }


def sabotaged(how: str) -> dict[str, Any]:
    """Options of a service with one promise broken."""
    return {
        "command": ("-m", "tests.fault.sabotage"),
        "environment": {"FAULT_SABOTAGE": how},
    }


def dsn(front: ClickHouseHttp, port: int | None = None) -> str:
    """The test's database; ``port`` of what is in front of the engine."""
    return f"clickhouse://127.0.0.1:{port or front.port}/{front.database}"


class Service(Process):
    """``otel-evaluator serve`` with a configuration that closes traces fast."""

    def __init__(
        self,
        directory: Path,
        front: ClickHouseHttp,
        sections: Mapping[str, Any] | None = None,
        *,
        wrapper: Sequence[str] = (),
        command: Sequence[str] = ("-m", "otel_evaluator"),
        core: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.grpc_port, self.admin_port = free_ports(2)
        self.file = directory / "evaluator.yaml"
        self.journal = directory / "journal"
        self.config: dict[str, Any] = {
            "receivers": {
                "otlp": {"grpc": {"endpoint": f"127.0.0.1:{self.grpc_port}"}, "http": None}
            },
            "journal": {"path": str(self.journal)},
            "assembly": {"quiet": "200ms", "incomplete_quiet": "300ms"},
            "sampling": {"base_rate": 1.0},
            "evaluators": [{"name": "length", "type": "length", "min": 1}],
            "storage": {
                "clickhouse": {"dsn": dsn(front), "ttl": 0},
                "samples": {"redact": False},
            },
            "admin": {"endpoint": f"127.0.0.1:{self.admin_port}"},
            "workers": 0,
            **(sections or {}),
        }
        self.write()
        line = [*wrapper, sys.executable, *command, "serve", "--config", str(self.file)]
        line += ["--log-format", "json"]
        environment = PATHS | dict(environment or {})
        super().__init__("evaluator", line, directory, core=core, environment=environment)

    def write(self, **sections: Any) -> None:
        """Write the configuration file, with these sections changed."""
        self.config |= sections
        self.file.write_text(yaml.safe_dump(self.config))

    @property
    def admin(self) -> str:
        return f"http://127.0.0.1:{self.admin_port}"

    def serve(self, seconds: float = 60) -> "Service":
        """Start and wait until it is ready."""
        self.start()
        self.wait_ready(http_ok(f"{self.admin}/readyz"), seconds)
        return self

    def reload(self) -> None:
        """SIGHUP for the service itself, not for its workers."""
        os.kill(self.pid, signal.SIGHUP)

    def get(self, path: str) -> Any:
        """JSON of the administration endpoint, whatever the status."""
        try:
            with urllib.request.urlopen(f"{self.admin}{path}", timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def metrics(self) -> dict[str, float]:
        """Every sample by its name with labels."""
        with urllib.request.urlopen(f"{self.admin}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        found = re.findall(r"^otel_evaluator_(\S+?(?:\{.*\})?) (\S+)$", text, re.MULTILINE)
        return {name: float(value) for name, value in found}

    def total(self, name: str) -> float:
        """The sum of a metric over its labels."""
        return sum(v for n, v in self.metrics().items() if n.partition("{")[0] == name)

    def memory(self) -> int:
        """Peak resident bytes of the front process (VmHWM)."""
        return self._status("VmHWM") * 1024

    def resident(self) -> int:
        """Resident bytes of the front process now."""
        return self._status("VmRSS") * 1024

    def descriptors(self) -> int:
        """Open file descriptors of the front process."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def _status(self, field: str) -> int:
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+)", text, re.MULTILINE)[1])  # type: ignore[index]

    def disk(self) -> int:
        """Bytes that the journal's folder takes."""
        return sum(f.stat().st_blocks * 512 for f in self.journal.rglob("*") if f.is_file())

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Log lines of the latest start with this event."""
        lines = [line for line in self.output().splitlines() if line.startswith("{")]
        return [line for line in map(json.loads, lines) if line.get("event") == event]

    def settle(self, seconds: float = 60) -> None:
        """Wait until everything accepted is written."""
        names = ("spans_pending", "outbox_outcomes", "queue_subjects")

        def settled() -> bool:
            metrics = self.metrics()
            return not any(metrics[name] for name in names)

        try:
            eventually(settled, seconds, "everything accepted is written")
        except AssertionError as error:
            metrics = self.metrics()
            error.add_note(str({name: metrics[name] for name in names}))
            error.add_note(str(self.get("/readyz")))
            raise


def balance(metrics: Mapping[str, float]) -> tuple[float, float]:
    """Both sides' differences of the conservation equation P3; zero when the books are even."""

    def total(name: str) -> float:
        return sum(value for key, value in metrics.items() if key.partition("{")[0] == name)

    received = total("spans_received_total")
    accepted = total("spans_accepted_total")
    taken = total("spans_refused_total") + total("spans_dropped_total") + accepted
    open_or_done = total("spans_finished_total") + total("spans_pending")
    return received - taken, accepted + total("spans_recovered_total") - open_or_done


def visible(front: ClickHouseHttp) -> list[Row]:
    """Every visible score with the transcript beside it."""
    return [Row(t, e, v, a) for t, e, v, a in ask(front, ROWS)]


def doubled_spans(front: ClickHouseHttp) -> list[str]:
    """Score spans that the traces table holds more than once."""
    return [span_id for span_id, _ in ask(front, SPANS)]


def rolled_up(front: ClickHouseHttp) -> int:
    """Scores in the rollup."""
    return int(ask(front, ROLLUP)[0][0])


def ask(front: ClickHouseHttp, sql: str) -> list[list[Any]]:
    """Rows of a query, past every fault."""
    answer = front._ask(Request(sql.format(db=front.database), b"", {}, {}, ""))
    assert answer.status == 200, answer.body
    return [json.loads(line) for line in answer.body.splitlines()]
