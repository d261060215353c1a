"""Logs: no user content, no flood."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from otel_evaluator.errors import ConfigError
from otel_evaluator.expose.log import configure, on_suppressed
from otel_evaluator.testing.doubles import ManualClock

SENTINEL = "my card is 4111 1111 1111 1111"


class Log:
    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.clock = ManualClock()
        self.suppressed = 0

    def count(self) -> None:
        self.suppressed += 1

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    monkeypatch.setenv("OTEL_EVALUATOR_LOG", "")
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    log = Log()
    configure("json", stream=log.stream, clock=log.clock)
    on_suppressed(log.count)
    yield log
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def test_a_line_has_level_time_and_keys(log: Log):
    structlog.get_logger("x").info("sink_ready", sink="clickhouse", rows=5, ok=True, ratio=0.5)
    (line,) = log.lines
    assert line["event"] == "sink_ready"
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")
    assert (line["sink"], line["rows"], line["ok"], line["ratio"]) == ("clickhouse", 5, True, 0.5)


@pytest.mark.parametrize(
    "keys",
    [
        {"answer": SENTINEL},
        {"conversation_id": SENTINEL},
        {"trace_id": SENTINEL},
        {"error": ValueError(SENTINEL)},
        {"attributes": {"gen_ai.prompt": SENTINEL}},
        {"messages": [SENTINEL]},
        {"evaluator": {"name": SENTINEL}},
        {"evaluator": [{"x": SENTINEL}, [[SENTINEL.encode()]]]},
        {"body": SENTINEL.encode()},
        {"user": SENTINEL},
    ],
)
def test_content_is_withheld_wherever_it_is_put(log: Log, keys: dict[str, Any]):
    structlog.get_logger().warning("something", **keys)
    assert "4111" not in log.stream.getvalue()
    assert "withheld" in log.stream.getvalue() or "ValueError" in log.stream.getvalue()


def test_an_exception_keeps_type_and_place_but_not_its_message(log: Log):
    try:
        try:
            raise ValueError(SENTINEL)
        except ValueError as error:
            raise RuntimeError(SENTINEL) from error
    except RuntimeError:
        structlog.get_logger().exception("evaluation_failed", evaluator="length")
    (line,) = log.lines
    assert "4111" not in log.stream.getvalue()
    assert line["exception"].startswith("RuntimeError at ")
    assert "test_log.py:" in line["exception"]
    assert "from ValueError" in line["exception"]


def test_our_own_errors_are_told_in_full(log: Log):
    try:
        raise ConfigError(["a.b: wrong; right"])
    except ConfigError:
        structlog.get_logger().error("start_failed", exc_info=True)
    assert "a.b: wrong; right" in log.lines[0]["exception"]


def test_passwords_of_addresses_and_control_characters_are_removed(log: Log):
    structlog.get_logger().info("x", dsn="clickhouse://user:pw@host:8123/db", path="a\n{\x1b[31m}")
    (line,) = log.lines
    assert line["dsn"] == "clickhouse://[REDACTED]@host:8123/db"
    assert line["path"] == "a { [31m}"
    assert len(log.lines) == 1


def test_text_is_bounded(log: Log):
    structlog.get_logger().info("x" * 10_000, reason="y" * 10_000)
    assert len(log.stream.getvalue()) < 1000


def test_a_flood_is_held_back_counted_and_named_by_the_next_line(log: Log):
    logger = structlog.get_logger()
    for _ in range(100):
        logger.warning("request_refused", reason="overload")
    logger.info("other")
    assert len(log.lines) == 31
    assert log.suppressed == 70
    log.clock.advance(60)
    logger.warning("request_refused", reason="overload")
    assert log.lines[-1]["suppressed"] == 70
    logger.warning("request_refused", reason="overload")
    assert "suppressed" not in log.lines[-1]


def test_libraries_write_their_template_only(log: Log):
    logging.getLogger("aiohttp.server").error("Error handling %s", SENTINEL)
    logging.getLogger("some.library").warning(SENTINEL)
    logging.getLogger("some.library").info("not shown")
    try:
        raise ValueError(SENTINEL)
    except ValueError:
        text = f"Task exception was never retrieved\nfuture: {SENTINEL}"
        logging.getLogger("asyncio").error(text, exc_info=True)
    assert "4111" not in log.stream.getvalue()
    assert [line["problem"] for line in log.lines] == [
        "Error handling %s",
        f"[{len(SENTINEL)} characters withheld]",
        "Task exception was never retrieved",
    ]
    assert log.lines[0]["level"] == "error"


def test_the_console_form_is_for_people(log: Log):
    configure("console", stream=log.stream, clock=log.clock)
    try:
        raise ValueError(SENTINEL)
    except ValueError:
        structlog.get_logger().exception("evaluation_failed", evaluator="length")
    text = log.stream.getvalue()
    assert "evaluation_failed" in text
    assert "ValueError at" in text
    assert "4111" not in text
    assert not text.startswith("{")


@pytest.mark.parametrize(("form", "first"), [("json", "{"), ("console", "2")])
def test_worker_processes_write_like_their_parent(log: Log, form: str, first: str):
    configure(form, logging.WARNING, stream=log.stream)
    program = (
        "import logging, structlog\n"
        "from otel_evaluator.expose.log import configure_like_parent\n"
        "configure_like_parent()\n"
        "structlog.get_logger().info('hidden')\n"
        f"structlog.get_logger().warning('shown', answer={SENTINEL!r})\n"
        f"logging.getLogger('library').warning({SENTINEL!r})\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "hidden" not in ran.stderr
    assert "shown" in ran.stderr
    assert ran.stderr.startswith(first)
    assert "4111" not in ran.stderr


def test_auto_writes_json_where_nobody_watches(log: Log):
    configure("auto", stream=log.stream, clock=log.clock)
    structlog.get_logger().info("x")
    assert log.lines[0]["event"] == "x"
