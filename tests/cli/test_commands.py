"""The commands as users call them: output, exit codes, failures that say what to do."""

import csv
import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml
from typer.testing import CliRunner

from otel_evaluator import __version__
from otel_evaluator.cli import app
from otel_evaluator.cli.traffic import load_samples
from otel_evaluator.cli.validate import redact
from otel_evaluator.errors import ConfigError

TRACE = "0af7651916cd43dd8448eb211c80319c"
COMMANDS = [
    "serve",
    "validate",
    "components",
    "demo",
    "replay",
    "scores",
    "why",
    "calibrate",
    "steps",
]


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch):
    for name in ("OTEL_EVALUATOR_ADMIN", "OTEL_EVALUATOR_ADMIN_TOKEN", "OTEL_EVALUATOR_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OTEL_EVALUATOR_LOG", "")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def run(*arguments: str) -> Any:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, list(arguments))


class TestApp:
    def test_version(self):
        result = run("--version")
        assert (result.exit_code, result.stdout) == (0, f"otel-evaluator {__version__}\n")

    @pytest.mark.parametrize("command", COMMANDS)
    def test_help_of_every_command(self, command: str):
        result = run(command, "--help")
        assert result.exit_code == 0
        assert command in run("--help").stdout

    @pytest.mark.parametrize(
        "arguments", [["nothing"], ["serve"], ["why"], ["scores", "--limit", "0"], ["why", "x"]]
    )
    def test_wrong_use_is_exit_code_2(self, arguments: list[str]):
        assert run(*arguments).exit_code == 2


class TestScores:
    def test_a_table(self, admin):
        result = run("scores", "--admin", admin.url, "--evaluator", "pii", "--below", "0.5")
        assert result.exit_code == 0
        assert TRACE in result.stdout
        assert "leak" in result.stdout
        assert admin.reader.queries[0].evaluator == "pii"
        assert admin.reader.queries[0].below == 0.5

    def test_text_from_traffic_is_text(self, admin):
        output = run("scores", "--admin", admin.url).stdout
        assert "shop[red]desk" in output
        assert "\x1b" not in output

    def test_json_has_all_columns(self, admin):
        rows = json.loads(run("scores", "--admin", admin.url, "--format", "json").stdout)
        assert rows == admin.reader.rows

    def test_csv_is_csv_and_runs_no_formulas(self, admin):
        admin.reader.rows = [{**admin.reader.rows[0], "Label": "=cmd()", "Explanation": 'a,"b"\n'}]
        text = run("scores", "--admin", admin.url, "--format", "csv").stdout
        (row,) = csv.DictReader(io.StringIO(text))
        assert (row["Label"], row["Explanation"]) == ("'=cmd()", 'a,"b"\n')

    @pytest.mark.parametrize("form", ["table", "json", "csv"])
    def test_nothing_found(self, admin, form: str):
        admin.reader.rows = []
        result = run("scores", "--admin", admin.url, "--format", form)
        assert result.exit_code == 0
        assert "no scores match" in result.stderr

    def test_a_token_opens_a_guarded_service(self, guarded_admin):
        result = run("scores", "--admin", guarded_admin.url)
        assert result.exit_code == 1
        assert "--token or OTEL_EVALUATOR_ADMIN_TOKEN" in result.stderr
        assert run("scores", "--admin", guarded_admin.url, "--token", "s3cret").exit_code == 0

    def test_a_service_that_does_not_run(self):
        result = run("scores", "--admin", "http://127.0.0.1:1")
        assert result.exit_code == 1
        assert "otel-evaluator serve --config" in result.stderr
        assert "Traceback" not in result.output

    def test_what_the_service_refuses_is_told(self, admin):
        result = run("scores", "--admin", admin.url, "--since", "yesterday")
        assert result.exit_code == 1
        assert "since is a duration" in result.stderr

    @pytest.mark.parametrize("url", ["ftp://x", "http://", "file:///etc/passwd"])
    def test_addresses_are_checked(self, url: str):
        result = run("scores", "--admin", url)
        assert result.exit_code == 1
        assert "is not an address" in result.stderr


class TestWhy:
    def test_a_report(self, admin):
        result = run("why", TRACE.upper(), "--admin", admin.url)
        assert result.exit_code == 0
        assert "decision selected" in result.stdout
        assert "not_applicable" in result.stdout

    def test_json(self, admin):
        result = run("why", TRACE, "--admin", admin.url, "--format", "json")
        assert json.loads(result.stdout)["trace_id"] == TRACE

    def test_unknown(self, admin):
        result = run("why", "1" * 32, "--admin", admin.url)
        assert result.exit_code == 1
        assert "nothing is known of trace" in result.stderr


class TestComponents:
    def test_json(self):
        found = json.loads(run("components", "--format", "json").stdout)
        assert set(found) == {"evaluators", "dialects", "receivers", "sinks"}
        names = {row["name"] for row in found["evaluators"]}
        assert {"contains", "regex", "pii", "tool_calls"} <= names
        assert all(row["summary"] for rows in found.values() for row in rows)

    def test_table(self):
        result = run("components")
        assert result.exit_code == 0
        assert "json_schema" in result.stdout

    def test_a_broken_plugin_is_named_and_the_rest_listed(self, monkeypatch: pytest.MonkeyPatch):
        from otel_evaluator.cli import components

        monkeypatch.setattr(
            components, "inventory", lambda: ({"evaluators": [{"name": "a"}]}, ["package 'x': bad"])
        )
        result = run("components")
        assert result.exit_code == 1
        assert "package 'x': bad" in result.stderr


class TestReplay:
    def test_what_cannot_be_read(self, tmp_path: Path):
        file = tmp_path / "x"
        file.write_bytes(b"no")
        result = run("replay", str(file))
        assert result.exit_code == 1
        assert "neither OTLP traces nor logs" in result.stderr

    def test_headers_are_pairs(self, tmp_path: Path):
        file = tmp_path / "x"
        file.write_bytes(load_samples()[0].bodies["traces"])
        result = run("replay", str(file), "--header", "novalue")
        assert result.exit_code == 2

    @pytest.mark.parametrize("flag", [[], ["--shift-time"], ["--new-ids"], ["--rate", "100000"]])
    def test_sizes_are_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: list[str]):
        from otel_evaluator.cli.sender import Sender

        sent = []

        async def send(self: Sender, signal: str, body: bytes) -> None:
            sent.append((signal, body))
            self.tally.requests += 1
            self.tally.bytes += len(body)

        monkeypatch.setattr(Sender, "send", send)
        bodies = load_samples()[0].bodies
        files = []
        for signal, body in bodies.items():
            (tmp_path / signal).write_bytes(body)
            files.append(str(tmp_path / signal))
        result = run("replay", *files, *flag)
        assert result.exit_code == 0, result.output
        assert re.search(r"sent \d+ spans and \d+ log records in 2 requests, \d", result.stdout)
        assert [(s, len(b)) for s, b in sent] == [(s, len(b)) for s, b in bodies.items()]
        assert (sent[0][1] == bodies["traces"]) == (flag in ([], ["--rate", "100000"]))


class TestServeAndValidate:
    def test_serve_hands_the_configuration_on_and_takes_the_exit_code(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        from otel_evaluator.pipeline import build
        from otel_evaluator.pipeline import run as pipeline

        monkeypatch.setattr(build, "validate", lambda path: ("checked", path))
        monkeypatch.setattr(
            pipeline, "serve", lambda config, path, started: 1 if config[1] == path else 0
        )
        assert run("serve", "--config", str(tmp_path / "c"), "--log-format", "json").exit_code == 1

    @pytest.mark.parametrize("command", ["serve", "validate"])
    def test_every_problem_is_one_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
    ):
        from otel_evaluator.pipeline import build

        def broken(path: Path) -> None:
            raise ConfigError(["a.b: wrong; right", "c[0]: wrong; right"])

        monkeypatch.setattr(build, "validate", broken)
        result = run(command, "-c", str(tmp_path / "c"))
        assert result.exit_code == 1
        assert result.stderr == "a.b: wrong; right\nc[0]: wrong; right\n"
        assert result.stdout == ""

    def test_validate_prints_what_is_in_force_without_secrets(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("SENTINEL", "sentinel-1234")
        file = tmp_path / "c.yaml"
        file.write_text(
            "receivers: {otlp: {auth: {bearer_tokens: ['${env:SENTINEL}']}}}\n"
            "evaluators: [{name: short, type: length, max: 10}]\n"
            "storage: {clickhouse: {dsn: 'clickhouse://user:${env:SENTINEL}@host:8123/db'}}\n"
            "exporters: {otlp: {endpoint: 'host:4317', headers: {x: '${env:SENTINEL}'}}}\n"
        )
        result = run("validate", "--config", str(file))
        assert result.exit_code == 0, result.output
        assert "sentinel" not in result.output
        effective = yaml.safe_load(result.stdout)
        assert effective["evaluators"][0]["name"] == "short"
        assert effective["sampling"]["base_rate"] == 0.1
        assert "valid; 1 evaluator" in result.stderr

    def test_redaction(self):
        assert redact({"api_key": "x", "dsn": "a://u:p@h", "n": [1], "headers": {"x": "y"}}) == {
            "api_key": "[REDACTED]",
            "dsn": "a://[REDACTED]@h",
            "n": [1],
            "headers": {"x": "[REDACTED]"},
        }
