"""From falling quality to a notification and back, with the real servers; every panel has data."""

import contextlib
import itertools
import json
import threading
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from typer.testing import CliRunner

from otel_evaluator.cli import app
from otel_evaluator.operate.config import AlertsConfig
from otel_evaluator.operate.dashboards.boards import boards
from otel_evaluator.testing.builders import an_export_request
from tests.fault.driver import TRACES
from tests.fault.service import Service, ask
from tests.operate.site import Site
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.process import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
ROOT = Path(__file__).parents[2]
EVALUATORS = [
    {"name": "promised", "type": "contains", "phrases": ["warehouse"]},
    {"name": "latency", "type": "latency"},
]
GOOD = "Your order left our warehouse this morning."
BAD = "I do not know."


class Traffic:
    """Sends traces all the time; ``reply`` is what is answered now."""

    def __init__(self, port: int) -> None:
        self.reply = GOOD
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with grpc.insecure_channel(f"127.0.0.1:{self._port}") as channel:
            send = channel.unary_unary(TRACES)
            for number in itertools.count():
                if self._stop.wait(0.2):
                    return
                body = an_export_request(
                    5,
                    first=5 * number,
                    reply=self.reply,
                    start_ns=time.time_ns(),
                    attributes={"gen_ai.prompt.name": "desk"},
                )
                with contextlib.suppress(grpc.RpcError):  # a test may kill the service
                    send(body, timeout=10, wait_for_ready=True)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(20)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[tuple[Site, Traffic, ClickHouseHttp, Service]]:
    folder = tmp_path_factory.mktemp("site")
    alerts = AlertsConfig.model_validate(
        {"objectives": {"promised": {"pass_rate": 0.9}}, "min_samples": 10}
    )
    with ClickHouseHttp(str(folder / "clickhouse")) as front:
        front.database = "site"
        service = Service(folder / "service", front, None)
        service.write(
            evaluators=EVALUATORS,
            admin=service.config["admin"] | {"labels": {"service": ["shop"]}},
        )
        site = Site(folder, service.admin_port, alerts, [e["name"] for e in EVALUATORS])
        try:
            service.serve()
            site.start()
            traffic = Traffic(service.grpc_port)
            yield site, traffic, front, service
            traffic.stop()
        finally:
            site.close()
            service.kill()


def test_falling_quality_calls_somebody_and_recovery_says_so(site):
    site, traffic, *_ = site
    rate = 'evaluator:otel_evaluator_pass_rate:1h{evaluator="promised"}'

    def measured() -> bool:
        return any(float(each["value"][1]) == 1.0 for each in site.query(rate))

    eventually(measured, 60, "a pass rate of 1")
    eventually(lambda: "EvaluatorPassRateLow" not in site.firing(), 60, "calm")
    site.on_call.alerts.clear()
    traffic.reply = BAD
    eventually(lambda: site.on_call.told("EvaluatorPassRateLow", "firing"), 60, "a notification")
    (first, *_) = [
        each
        for each in site.on_call.alerts
        if each["labels"]["alertname"] == "EvaluatorPassRateLow"
    ]
    assert first["labels"]["evaluator"] == "promised"
    assert first["annotations"]["runbook_url"].endswith("#evaluatorpassratelow")
    assert "%" in first["annotations"]["description"]
    traffic.reply = GOOD
    eventually(lambda: site.on_call.told("EvaluatorPassRateLow", "resolved"), 90, "the all-clear")


def test_one_root_cause_is_one_notification(site):
    site, traffic, _, service = site
    traffic.reply = BAD
    site.on_call.alerts.clear()
    try:
        eventually(lambda: "EvaluatorPassRateLow" in site.firing(), 60, "falling quality")
        service.kill()
        eventually(lambda: site.on_call.told("EvaluatorDown", "firing"), 60, "that it is down")
        before = len(site.on_call.alerts)
        # Recorded rates go on for a while and fire; being down explains them.
        eventually(lambda: not site.query("otel_evaluator_build_info"), 10, "no target")
        told = [each for each in site.on_call.alerts[before:] if each["status"] == "firing"]
        assert {each["labels"]["cause"] for each in told} <= {"pipeline"}
    finally:
        traffic.reply = GOOD
        service.serve()
    eventually(lambda: site.on_call.told("EvaluatorDown", "resolved"), 60, "the all-clear")


def queries() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (board["title"], panel["title"], target)
        for board in boards().values()
        for panel in board["panels"]
        for target in panel["targets"]
    ]


def chosen(text: str) -> str:
    """A query as Grafana sends it with everything selected."""
    for variable in ("evaluator", "service", "prompt_version"):
        text = text.replace(f"${variable}", ".*")
    for column in ("Timestamp", "Hour"):
        text = text.replace(f"$__timeFilter({column})", f"{column} >= now() - INTERVAL 2 DAY")
    assert "$" not in text.replace("$__", "")
    return text


def test_every_panel_has_data(site):
    site, traffic, front, _ = site
    traffic.reply = BAD  # for the table of worst traces
    found: list[tuple[str, str, str]] = []

    def filled() -> bool:
        found[:] = [each for each in map(empty(site, front), queries()) if each is not None]
        return not found

    try:
        eventually(filled, 60, "data in every panel")
    finally:
        traffic.reply = GOOD
        assert not found


def empty(site: Site, front: ClickHouseHttp) -> Any:
    """Says which panel a query leaves empty, and why; None for one with data."""

    def check(query: tuple[str, str, dict[str, Any]]) -> tuple[str, str, str] | None:
        board, panel, target = query
        if "rawSql" in target:
            sql = chosen(target["rawSql"]).replace("FROM otel_", f"FROM {front.database}.otel_")
            rows: list[Any] = ask(front, f"{sql} FORMAT JSONCompactEachRow")
            return None if rows else (board, panel, target["rawSql"])
        try:
            rows = site.query(chosen(target["expr"]))
        except urllib.error.HTTPError as error:
            return board, panel, json.load(error)["error"]
        return None if rows else (board, panel, target["expr"])

    return check


def test_dashboards_are_the_files_in_deploy(tmp_path):
    result = CliRunner().invoke(app, ["dashboards", "--output", str(tmp_path)])
    assert result.exit_code == 0
    folder = ROOT / "deploy" / "grafana" / "dashboards"
    assert {path.name for path in folder.glob("*.json")} == set(boards())
    for name in boards():
        assert (tmp_path / name).read_text() == (folder / name).read_text(), "run make deploy"


def test_dashboards_are_well_formed():
    uids = [board["uid"] for board in boards().values()]
    assert len(set(uids)) == len(uids)
    for board in boards().values():
        places = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & places, f"{panel['title']} lies on another panel"
            places |= cells
        names = {variable["name"] for variable in board["templating"]["list"]}
        assert {"prometheus"} <= names
        if "${clickhouse}" in json.dumps(board):
            assert "clickhouse" in names
