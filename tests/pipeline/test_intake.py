import pytest

from otel_evaluator.api.journal import Entry
from otel_evaluator.errors import Busy, JournalError, JournalFull, Malformed
from otel_evaluator.pipeline.encode import encode_spans
from otel_evaluator.testing.builders import an_export_request

PLAIN_SPANS_PER_TRACE = 2


def dropped(pipeline, reason):
    return pipeline.metrics.value("spans_dropped_total", reason=reason)


async def test_spans_are_conserved(pipeline):
    p = pipeline()
    await p.intake.traces(an_export_request(5, other_spans=3), "grpc")
    received = p.metrics.value("spans_received_total", protocol="grpc")
    held = sum(len(t.spans) + len(t.context or ()) for t in p.parts.traces.open.values())
    assert received == 5 * 5
    assert received == held + dropped(p, "not_genai")
    assert held == 5 * 2  # the chat span and, as context, the root span


async def test_the_journal_comes_before_assembly(pipeline, monkeypatch):
    p = pipeline()

    async def full(*_):
        raise JournalFull("at its limit")

    monkeypatch.setattr(p.journal, "append", full)
    with pytest.raises(Busy) as refused:
        await p.intake.traces(an_export_request(1), "grpc")
    assert refused.value.reason == "journal_full"
    assert refused.value.retry_after_s > 0
    assert not p.parts.traces.open


async def test_a_failing_disk_is_busy_not_an_error(pipeline, monkeypatch):
    p = pipeline()

    async def broken(*_):
        raise JournalError("input/output error")

    monkeypatch.setattr(p.journal, "append", broken)
    with pytest.raises(Busy, match="input/output error"):
        await p.intake.logs(a_log_request(), "http")


def a_log_request():
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.trace_id, record.span_id = b"t" * 16, b"s" * 8
    record.event_name = "gen_ai.choice"
    return request.SerializeToString()


async def test_bytes_that_are_no_request_are_malformed_and_keep_nothing(pipeline):
    p = pipeline()
    with pytest.raises(Malformed):
        await p.intake.traces(b"\x0a\xff\xff", "grpc")
    assert p.unfinished == 0


async def test_nothing_is_taken_while_stopping(pipeline):
    p = pipeline()
    p.closed = True
    with pytest.raises(Busy) as refused:
        await p.intake.traces(an_export_request(1), "grpc")
    assert refused.value.reason == "shutdown"


async def test_a_replayed_entry_gives_the_same_traces(pipeline):
    first, second = pipeline(), pipeline()
    body = an_export_request(3, other_spans=2)
    selection = first.generation.selector.spans(body, first.parts.traces.open.keys())
    await first.intake.traces(body, "grpc")
    second.intake._replay(Entry(1, 0, "traces", "", encode_spans(selection)), is_inherited=True)

    def shape(p):
        return {
            trace_id: (sorted(trace.spans), trace.span_ids, trace.complete)
            for trace_id, trace in p.parts.traces.open.items()
        }

    assert shape(first) == shape(second)


async def test_an_entry_that_cannot_be_read_any_more_does_not_stop_the_start(pipeline):
    p = pipeline()
    p.intake._replay(Entry(1, 0, "traces", "", b"\x0a\xff\xff"), is_inherited=True)
    assert not p.parts.traces.open


@pytest.mark.parametrize("key", ["trace", "conversation"])
async def test_early_exclusion_keeps_exactly_what_could_be_selected(pipeline, key):
    p = pipeline(sampling={"key": key, "base_rate": 0.3})
    requests = [
        an_export_request(1, first=n, conversation_id=f"conversation-{n}") for n in range(200)
    ]
    for body in requests:
        await p.intake.traces(body, "grpc")
    await p.pass_time(2)
    everything = pipeline(sampling={"key": key, "base_rate": 0.3, "accept_eval_tags": True})
    for body in requests:
        await everything.intake.traces(body, "grpc")
    await everything.pass_time(2)
    kept = {outcome.trace_id for outcome in p.delivery.outcomes}
    assert kept == {outcome.trace_id for outcome in everything.delivery.outcomes}
    assert 30 < len(kept) < 90
    assert dropped(p, "sampled_out") > 0
    assert p.unfinished == 0
