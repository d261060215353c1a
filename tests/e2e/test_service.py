"""The real process: OTLP in, rows and metrics out, crashes and stops in between."""

import gzip
import json
import signal
import time
import urllib.request

import pytest

from otel_evaluator.testing.builders import an_export_request
from tests.support.process import eventually

pytestmark = pytest.mark.e2e


def now_request(traces, **settings):
    return an_export_request(traces, start_ns=time.time_ns(), **settings)


def test_traffic_becomes_rows_metrics_and_a_story(evaluator):
    service = evaluator().serve()
    service.send(now_request(3, conversation_id="c-1"))
    rows = service.wait_for_scores(3)
    assert {row["Evaluator"] for row in rows} == {"length"}
    assert all(row["Outcome"] == "scored" and row["Complete"] for row in rows)
    assert {row["ConversationId"] for row in rows} == {"c-1"}
    metrics = service.metrics()
    assert 'otel_evaluator_spans_received_total{protocol="grpc"} 9.0' in metrics
    expected = 'otel_evaluator_evaluations_total{evaluator="length",outcome="scored",reason=""} 3.0'
    assert expected in metrics
    story = service.get(f"/api/why/{rows[0]['TraceId']}")
    (subject,) = story["subjects"]
    assert subject["decision"] == "selected"
    assert subject["outcomes"][0]["evaluator"] == "length"
    assert service.get("/readyz")["durability"] == "power"


def test_http_json_and_gzip_reach_the_same_rows(evaluator):
    from google.protobuf.json_format import MessageToDict
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    service = evaluator().serve()
    request = ExportTraceServiceRequest.FromString(now_request(2))
    as_json = MessageToDict(request, use_integers_for_enums=True)
    for resource in as_json["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span, original in zip(
                scope["spans"],
                [
                    s
                    for r in request.resource_spans
                    for sc in r.scope_spans
                    if sc.scope.name == scope["scope"]["name"]
                    for s in sc.spans
                ],
                strict=True,
            ):
                span["traceId"] = original.trace_id.hex()
                span["spanId"] = original.span_id.hex()
                if original.parent_span_id:
                    span["parentSpanId"] = original.parent_span_id.hex()
    post = urllib.request.Request(
        f"http://127.0.0.1:{service.http_port}/v1/traces",
        data=gzip.compress(json.dumps(as_json).encode()),
        headers={"content-type": "application/json", "content-encoding": "gzip"},
    )
    with urllib.request.urlopen(post, timeout=10) as answer:
        assert json.load(answer) == {}
    rows = service.wait_for_scores(2)
    assert {row["Outcome"] for row in rows} == {"scored"}


def test_what_was_acknowledged_survives_kill_minus_nine_once(evaluator):
    service = evaluator(assembly={"quiet": "2s", "incomplete_quiet": "2s"}).serve()
    sent = 0
    for _ in range(3):
        for _ in range(10):
            service.send(now_request(2, first=sent))
            sent += 2
        service.kill()
        service.serve()
    rows = service.wait_for_scores(sent, 60)
    time_to_settle = 3
    eventually(lambda: journal_is_empty(service), 30, "an empty journal")
    time.sleep(time_to_settle)
    rows = service.scores()
    assert len(rows) == sent
    assert len({row["TraceId"] for row in rows}) == sent


def journal_is_empty(service):
    return service.get("/readyz")["rooms"]["journal"]["entries"] == 0


def test_a_stopped_service_keeps_open_traces_for_the_next_start(evaluator):
    service = evaluator(assembly={"quiet": "30s", "incomplete_quiet": "30s"}).serve()
    service.send(now_request(2))
    began = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - began < 15
    quick = evaluator()
    quick.serve()
    assert len(quick.wait_for_scores(2)) == 2


def test_without_a_journal_a_stop_evaluates_what_is_open(evaluator):
    service = evaluator(
        journal={"durability": "none"}, assembly={"quiet": "30s", "incomplete_quiet": "30s"}
    ).serve()
    assert "journal_not_durable" in service.output()
    service.send(now_request(2))
    assert service.stop() == 0
    again = evaluator(journal={"durability": "none"})
    again.serve()
    assert len(again.wait_for_scores(2)) == 2


def test_feedback_after_the_fact_is_evaluated_again(evaluator):
    service = evaluator(
        sampling={
            "base_rate": 0.0,
            "tiers": [{"name": "unhappy", "rate": 1.0, "when": "signals.feedback < 0.0"}],
        }
    ).serve()
    service.send(now_request(1))
    subjects = 'otel_evaluator_subjects_total{decision="sampled_out"'
    eventually(lambda: subjects in service.metrics(), 20, "a sampled-out trace")
    assert service.scores() == []
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest.FromString(now_request(1))
    trace_id = request.resource_spans[0].scope_spans[0].spans[0].trace_id.hex()
    post = urllib.request.Request(
        f"{service.admin}/api/feedback",
        data=json.dumps({"trace_id": trace_id, "score": -1}).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(post, timeout=10) as answer:
        assert answer.status == 202
        assert json.load(answer)["joined"] == "closed"
    (row,) = service.wait_for_scores(1)
    assert row["Tier"] == "unhappy"
    assert row["SubjectRevision"] == 1


def test_an_evaluator_that_hangs_or_exits_takes_only_its_own_outcome(evaluator, tmp_path):
    (tmp_path / "rude.py").write_text(
        "import os, time\n"
        "def hangs(inputs, outputs): time.sleep(60)\n"
        "def exits(inputs, outputs): os._exit(3)\n"
        "def raises(inputs, outputs): raise RuntimeError('no')\n"
    )
    names = ("hangs", "exits", "raises")
    service = evaluator(
        evaluators=[
            *(
                {"name": n, "type": "python", "callable": f"rude:{n}", "timeout": "1s"}
                for n in names
            ),
            {"name": "length", "type": "length", "min": 1},
        ]
    )
    service.environment["PYTHONPATH"] = str(tmp_path)
    service.serve()
    service.send(now_request(2))
    rows = service.wait_for_scores(8, 60)
    outcomes = {(row["Evaluator"], row["Outcome"]) for row in rows}
    assert outcomes == {
        ("hangs", "failed"),
        ("exits", "failed"),
        ("raises", "failed"),
        ("length", "scored"),
    }
    assert all(row["Value"] is None for row in rows if row["Outcome"] == "failed")


def test_without_workers_a_hanging_evaluator_does_not_keep_the_process(evaluator, tmp_path):
    (tmp_path / "rude.py").write_text("import time\ndef hangs(inputs, outputs): time.sleep(600)\n")
    service = evaluator(
        workers=0,
        evaluators=[
            {"name": "hangs", "type": "python", "callable": "rude:hangs", "timeout": "1s"},
            {"name": "length", "type": "length", "min": 1},
        ],
    )
    service.environment["PYTHONPATH"] = str(tmp_path)
    service.serve()
    service.send(now_request(1))
    rows = service.wait_for_scores(2)
    assert {(row["Evaluator"], row["Outcome"]) for row in rows} == {
        ("hangs", "failed"),
        ("length", "scored"),
    }
    assert service.stop() == 0


def test_a_second_service_on_the_same_journal_explains_itself(evaluator, tmp_path):
    evaluator().serve()
    second = evaluator(storage={"clickhouse": {"dsn": f"chdb://{tmp_path / 'other'}"}})
    second.name = "second"
    second.start()
    assert second.wait(60) == 1
    assert "in use by another process" in second.output()


def test_a_second_signal_ends_at_once_and_the_journal_is_intact(evaluator):
    service = evaluator(assembly={"quiet": "30s", "incomplete_quiet": "30s"}).serve()
    service.send(now_request(2))
    service._process.send_signal(signal.SIGTERM)
    service._process.send_signal(signal.SIGINT)
    service.wait(20)
    again = evaluator()
    again.serve()
    assert len(again.wait_for_scores(2)) == 2
