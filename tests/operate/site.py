"""A whole site: the service, ClickHouse, Prometheus, Alertmanager and who is on call."""

import json
import re
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from otel_evaluator.operate import alertmanager
from otel_evaluator.operate.config import AlertsConfig
from otel_evaluator.operate.rules import rule_file
from tests.operate.tools import tool
from tests.support.process import Process, free_ports, http_ok

WINDOWS = {"15m": "8s", "30m": "8s", "1h": "10s", "6h": "12s", "1d": "20s", "3d": "30s"}
"""What a test's seconds stand for."""


def hurried(rules: dict[str, Any]) -> dict[str, Any]:
    """The same rules with seconds for hours; what is recorded keeps its name."""
    text = yaml.safe_dump(rules)
    for long, short in WINDOWS.items():
        text = text.replace(f"[{long}]", f"[{short}]").replace(f"offset {long}", f"offset {short}")
    text = re.sub(r"(?m)^(\s+)for: .*$", r"\1for: 2s", text)
    text = re.sub(r"(?m)^(\s+)keep_firing_for: .*$", r"\1keep_firing_for: 2s", text)
    text = re.sub(r"(?m)^(\s*-?\s*)interval: .*$", r"\1interval: 1s", text)
    found: dict[str, Any] = yaml.safe_load(text)
    return found


class OnCall:
    """Receives Alertmanager's notifications."""

    def __init__(self) -> None:
        self.alerts: list[dict[str, Any]] = []
        on_call = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["content-length"])
                on_call.alerts += json.loads(self.rfile.read(size))["alerts"]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def told(self, alert: str, status: str) -> bool:
        """Whether a notification about an alert with this status came."""
        return any(
            each["labels"]["alertname"] == alert and each["status"] == status
            for each in self.alerts
        )

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Site:
    """Prometheus and Alertmanager around a service that listens on ``admin_port``."""

    def __init__(self, folder: Path, admin_port: int, config: AlertsConfig, names: Any) -> None:
        self.on_call = OnCall()
        self.port, manager_port = free_ports(2)
        (folder / "rules.yaml").write_text(yaml.safe_dump(hurried(rule_file(names, config))))
        settings = alertmanager.settings(self.on_call.url)
        routes = (settings["route"], *settings["route"]["routes"])
        for route in routes:
            route |= {"group_wait": "1s", "group_interval": "1s", "repeat_interval": "1h"}
        (folder / "alertmanager.yaml").write_text(yaml.safe_dump(settings))
        prometheus = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(folder / "rules.yaml")],
            "scrape_configs": [
                {
                    "job_name": "otel-evaluator",
                    "static_configs": [{"targets": [f"127.0.0.1:{admin_port}"]}],
                }
            ],
            "alerting": {
                "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{manager_port}"]}]}]
            },
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(prometheus))
        self.manager = Process(
            "alertmanager",
            [
                tool("prometheus-alertmanager"),
                f"--config.file={folder / 'alertmanager.yaml'}",
                f"--storage.path={folder / 'alertmanager'}",
                f"--web.listen-address=127.0.0.1:{manager_port}",
                "--cluster.listen-address=",
            ],
            folder,
        )
        self.prometheus = Process(
            "prometheus",
            [
                tool("prometheus"),
                f"--config.file={folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={folder / 'prometheus'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ],
            folder,
        )
        self._manager_port = manager_port

    def start(self) -> "Site":
        self.manager.start().wait_ready(http_ok(f"http://127.0.0.1:{self._manager_port}/-/ready"))
        self.prometheus.start().wait_ready(http_ok(f"http://127.0.0.1:{self.port}/-/ready"), 60)
        return self

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The result of an instant query; an error raises."""
        text = urllib.parse.urlencode({"query": expression})
        url = f"http://127.0.0.1:{self.port}/api/v1/query?{text}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found

    def firing(self) -> set[str]:
        """Alerts that fire now."""
        found = self.query('ALERTS{alertstate="firing"}')
        return {each["metric"]["alertname"] for each in found}

    def close(self) -> None:
        self.prometheus.kill()
        self.manager.kill()
        self.on_call.close()
