"""A published instrumentation, a real Collector and the real process, up to kill -9."""

import contextlib
import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_evaluator.model.ids import score_span_id
from tests.collector.system import EVALUATORS, System
from tests.support.otlp_sink import OtlpSink
from tests.support.process import Process, eventually
from tests.support.rows import rows
from tests.support.scripted_openai import ScriptedOpenAI

pytestmark = [pytest.mark.e2e, pytest.mark.collector, pytest.mark.timeout(240)]

APP = Path(__file__).with_name("app.py")
SCORES = "SELECT * FROM otel.otel_evaluator_scores"
SPANS = "SELECT TraceId, SpanId, SpanName, count() AS n FROM otel.otel_traces GROUP BY ALL"


@pytest.fixture
def store() -> Iterator[OtlpSink]:
    with OtlpSink() as sink:
        yield sink


@pytest.fixture
def system(otelcol: Path, tmp_path: Path, store: OtlpSink) -> Iterator[System]:
    with System(otelcol, tmp_path, store.port) as running:
        yield running


def application(
    python: Path, system: System, model: ScriptedOpenAI, instrumentation: str, rounds: int,
    interval: float = 0.0,
) -> Process:  # fmt: skip
    """The instrumented application, sending to the Collector."""
    command = [
        python, APP, "--instrumentation", instrumentation, "--base-url", model.base_url,
        "--collector", f"127.0.0.1:{system.ports.collector}",
        "--rounds", str(rounds), "--interval", str(interval),
    ]  # fmt: skip
    content = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"}
    return Process("app", command, system.data, environment=content)


def trace_ids(app: Process) -> list[str]:
    """Trace ids of the rounds the application has ended."""
    return [line for line in app.output().splitlines() if len(line) == 32]


def score_spans(store: OtlpSink) -> list[tuple[str, str]]:
    """(trace id, span id) of the score spans that the Collector passed on."""
    return [
        (span.trace_id.hex(), span.span_id.hex())
        for scope, span in store.spans()
        if scope == "otel_evaluator"
    ]


def scored_traces(system: System) -> int:
    """Traces for which the service reports scores of every evaluator."""
    with contextlib.suppress(OSError):
        with urllib.request.urlopen(f"{system.admin}/api/scores?limit=1000", timeout=5) as answer:
            body = json.load(answer)
        scores = body["scores"] if isinstance(body, dict) else body
        by_trace = Counter(score["TraceId"] for score in scores)
        return sum(count >= len(EVALUATORS) for count in by_trace.values())
    return 0


@pytest.mark.parametrize(
    ("instrumentation", "scoring"),
    [
        ("openinference", ("length", "commitments", "tool_calls")),
        # Content in log records, and no tool definitions: tool_calls has nothing to check.
        ("openai-v2", ("length", "commitments")),
    ],
)
def test_scores_go_to_clickhouse_and_through_the_collector_and_are_not_evaluated_again(
    instrumentation: str,
    scoring: tuple[str, ...],
    system: System,
    store: OtlpSink,
    app_python: Path,
    model: ScriptedOpenAI,
) -> None:
    app = application(app_python, system, model, instrumentation, rounds=6)
    with app:
        assert app.wait(60) == 0, app.tail()
    sent = trace_ids(app)
    assert len(sent) == 6

    expected = len(sent) * len(scoring)
    for sink in ("clickhouse", "otlp"):
        eventually(
            lambda sink=sink: system.metric("sink_rows_total", sink=sink) >= expected,
            30,
            f"all outcomes are in {sink}",
        )
    # What the Collector got back it sent on to the trace store, and to the evaluator again.
    eventually(lambda: len(score_spans(store)) >= expected, 30, "score spans reach the store")
    eventually(
        lambda: system.metric("spans_dropped_total", reason="own_spans") >= expected,
        30,
        "score spans that come back are stopped",
    )
    assert system.metric("subjects_total", kind="trace") == len(sent)
    assert system.evaluator.stop() == 0

    scores = rows(system.clickhouse, SCORES)
    by_trace = Counter((row["TraceId"], row["Evaluator"]) for row in scores)
    assert set(by_trace) == {(trace, name) for trace in sent for name in scoring}
    assert set(by_trace.values()) == {1}
    assert all(row["Complete"] for row in scores)
    passed_on = score_spans(store)
    assert len(set(passed_on)) == len(passed_on)
    assert set(passed_on) == {(row["TraceId"], score_span_id(row["ScoreId"])) for row in scores}


def test_killing_the_evaluator_loses_nothing_and_doubles_nothing(
    system: System, store: OtlpSink, app_python: Path, model: ScriptedOpenAI
) -> None:
    app = application(app_python, system, model, "openinference", rounds=60, interval=0.15)
    with app:
        for killed_after in (10, 25, 40):
            eventually(
                lambda n=killed_after: len(trace_ids(app)) >= n, 60, "the app makes progress"
            )
            system.evaluator.kill()
            # The Collector now meets a closed port and retries until the restart.
            eventually(lambda n=killed_after: len(trace_ids(app)) >= n + 4, 60, "traffic goes on")
            system.start_evaluator()
        assert app.wait(120) == 0, app.tail()
    sent = trace_ids(app)
    assert len(sent) == 60

    eventually(lambda: scored_traces(system) >= len(sent), 60, "every trace has its scores")
    assert system.evaluator.stop() == 0

    scores = rows(system.clickhouse, SCORES)
    missing = {(trace, name) for trace in sent for name in EVALUATORS} - {
        (row["TraceId"], row["Evaluator"]) for row in scores
    }
    assert not missing
    assert {row["TraceId"] for row in scores} == set(sent)
    again = Counter((row["TraceId"], row["Evaluator"], row["SubjectRevision"]) for row in scores)
    assert {key: count for key, count in again.items() if count > 1} == {}
    doubled = [row for row in rows(system.clickhouse, SPANS) if int(row["n"]) > 1]
    assert doubled == []
