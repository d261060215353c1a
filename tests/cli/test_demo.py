"""The demo: ports, report, and the whole thing in a process of its own."""

import asyncio
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from otel_evaluator.cli import demo_report, play
from otel_evaluator.cli.demo import PORTS, choose_ports, environment, free_port, is_free
from otel_evaluator.cli.output import Failure
from otel_evaluator.cli.traffic import load_samples
from otel_evaluator.metrics import Metrics

UNSET = {"grpc": None, "http": None, "admin": None}


def console(width: int = 160) -> Console:
    return Console(file=io.StringIO(), width=width, highlight=False)


def printed(to: Console) -> str:
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


class TestPorts:
    def test_a_port_in_use_is_replaced_and_said(self, taken: int, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(PORTS, "grpc", taken)
        to = console()
        ports = choose_ports(UNSET, to)
        assert ports["grpc"] not in (taken, 0)
        assert f"port {taken} is taken; using {ports['grpc']} for grpc" in printed(to)

    def test_a_port_that_was_asked_for_is_not_replaced(self, taken: int):
        with pytest.raises(Failure, match=f"port {taken} is taken"):
            choose_ports({**UNSET, "admin": taken}, console())

    def test_the_configuration_gets_them(self):
        environ = environment({"HOME": "/x"}, {"grpc": 1, "http": 2, "admin": 3}, Path("d"))
        assert environ["HOME"] == "/x"
        assert environ["OTEL_EVALUATOR_GRPC_PORT"] == "1"
        assert environ["OTEL_EVALUATOR_DATA"] == "d"

    def test_free_means_free(self, taken: int):
        assert not is_free(taken)
        assert is_free(free_port())


def row(
    evaluator: str = "pii", *, trace: int = 1, kind: str = "a", **fields: Any
) -> dict[str, Any]:
    return {
        "ScoreId": f"{trace}-{evaluator}",
        "TraceId": f"{trace:032x}",
        "instrumentation": kind,
        "Evaluator": evaluator,
        "Outcome": "scored",
        "Value": 1.0,
        "Passed": True,
        "Weight": 1.0,
        "Probability": 1.0,
        **fields,
    }


class TestReport:
    def test_what_did_not_pass_and_every_instrumentation_is_shown(self):
        rows = [row(trace=i, kind=f"k{i % 7}") for i in range(200)]
        rows += [row(trace=1000 + i, kind="k0", Passed=False) for i in range(20)]
        chosen = demo_report.choose(rows, 40)
        assert len(chosen) == 40
        assert sum(r["Passed"] is False for r in chosen) == 20
        assert {r["instrumentation"] for r in chosen} == {f"k{i}" for i in range(7)}

    def test_too_many_failures_leave_room_for_the_others(self):
        rows = [row(trace=i, Passed=False) for i in range(100)] + [row(trace=200, kind="b")]
        chosen = demo_report.choose(rows, 10)
        assert {r["instrumentation"] for r in chosen} == {"a", "b"}

    def test_means_are_weighted(self):
        metrics = Metrics()
        metrics.tally.add("evaluations", ("pii", "scored", ""), 2)
        metrics.tally.add("evaluations", ("pii", "unscored", "no_content"), 3)
        metrics.tally.add("evaluations", ("broken", "failed", "exception"))
        rows = [row(Weight=9.0), row(trace=2, Weight=1.0, Value=0.0, Passed=False)]
        broken, pii = demo_report.summary(rows, metrics)
        assert pii["mean"] == 0.9
        assert (pii["pass rate"], pii["scored"], pii["no score"]) == ("90%", 2, 3)
        assert (broken["failed"], broken["mean"], broken["95 % interval"]) == (1, None, "")

    def test_the_interval_is_wilsons_at_the_effective_size(self):
        # 20 of 25 passed, equal weights: 0.609 to 0.911 (Wilson 1927, 95 %).
        pairs = [(1.0, 4.0)] * 20 + [(0.0, 4.0)] * 5
        assert demo_report._interval(pairs) == "61% – 91%"
        uneven = [(1.0, 100.0), *[(1.0, 1.0)] * 24]
        # 124² / 10,024 = 1.53 observations: 1.53 / (1.53 + 1.96²) = 0.29.
        assert demo_report._interval(uneven) == "29% – 100%"

    @pytest.mark.parametrize("width", [80, 120, 200])
    def test_tables_fit_the_terminal(self, width: int):
        to = console(width)
        rows = [
            row(trace=i, kind="openinference-openai-agents", Explanation="x" * 300)
            for i in range(9)
        ]
        demo_report.show(rows, Metrics(), load_samples(), "seed", to)
        lines = printed(to).splitlines()
        assert max(len(line) for line in lines if "openinference" in line) <= width
        assert "9 scores, and 0 outcomes without one" in printed(to)


class TestSettle:
    async def test_it_waits_while_there_is_work(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(play, "POLL_S", 0.01)
        monkeypatch.setattr(play, "STILL_S", 0.05)
        metrics = Metrics()
        metrics["queue_subjects"].set(1)
        waiting = asyncio.ensure_future(play.settle(metrics, console(), 0.0))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        metrics["queue_subjects"].set(0)
        await asyncio.wait_for(waiting, 5)

    async def test_it_does_not_wait_for_ever(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(play, "SETTLE_TIMEOUT_S", 0.1)
        metrics = Metrics()
        metrics["open_traces"].set(1)
        await asyncio.wait_for(play.settle(metrics, console(), 0.0), 5)


def ports() -> list[str]:
    return [
        part
        for name in ("--port", "--http-port", "--admin-port")
        for part in (name, str(free_port()))
    ]


@pytest.mark.e2e
class TestProcess:
    def test_once(self, tmp_path: Path):
        started = time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-m", "otel_evaluator", "demo", "--once", *ports()],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=110,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert time.monotonic() - started < 100
        found = re.search(
            r"(\d+) scores, .* of (\d+) traces .* of (\d+) instrumentations", ran.stdout
        )
        assert found, ran.stdout
        scores, traces, kinds = map(int, found.groups())
        assert scores > 150
        assert traces == sum(sample.traces for sample in load_samples())
        assert kinds == 12
        assert (tmp_path / "data" / "demo" / "clickhouse").is_dir()

    def test_it_keeps_serving_until_it_is_told_to_stop(self, tmp_path: Path):
        arguments = ports()
        admin = f"http://127.0.0.1:{arguments[-1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "otel_evaluator", "demo", "--temporary", *arguments],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert process.stdout
            output = ""
            for text in process.stdout:
                output += text
                if "still serving" in text:
                    break
            assert process.poll() is None, output
            trace_id = re.search(r"otel-evaluator why ([0-9a-f]{32})", output)
            assert trace_id, output
            with urllib.request.urlopen(f"{admin}/metrics", timeout=10) as answer:
                assert "otel_evaluator_score_bucket" in answer.read().decode()
            with urllib.request.urlopen(f"{admin}/api/why/{trace_id[1]}", timeout=10) as answer:
                assert json.load(answer)["subjects"]
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            assert not list(tmp_path.iterdir()), "a temporary demo leaves nothing behind"
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
