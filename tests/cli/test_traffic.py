"""The bundled sample traffic."""

import gzip
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_evaluator.cli import traffic
from otel_evaluator.cli.traffic import Sample, load_samples

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
NOW = 1_800_000_000_000_000_000
SAMPLES = load_samples()


def test_the_bundle_is_small_and_varied():
    folder = Path(traffic.__file__).parent / "samples"
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 600 * 1024
    assert len(SAMPLES) >= 24
    assert len({sample.instrumentation for sample in SAMPLES}) >= 12
    assert sum(sample.collector for sample in SAMPLES) >= 2
    assert sum(sample.logs_file is not None for sample in SAMPLES) >= 4
    assert sum(sample.good for sample in SAMPLES) >= 8
    assert len({defect for sample in SAMPLES for defect in sample.defects}) >= 12


def test_every_bundled_file_is_used():
    folder = Path(traffic.__file__).parent / "samples"
    used = {name for sample in SAMPLES for name in (sample.traces_file, sample.logs_file)}
    assert {f.name for f in folder.iterdir()} == (used - {None}) | {"index.json", "demo.yaml"}


def test_the_demo_configuration_is_the_one_users_see():
    assert traffic.DEMO_CONFIG.read_bytes() == (ROOT / "config" / "demo.yaml").read_bytes()


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.name)
def test_the_bytes_are_those_of_the_corpus(sample: Sample):
    for signal, body in sample.bodies.items():
        folder = CORPUS / ("collector" if sample.collector else "") / signal
        file = folder / sample.instrumentation / f"{sample.scenario}.binpb"
        assert body == file.read_bytes()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.name)
def test_a_fresh_run_differs_in_times_and_ids_only(sample: Sample):
    fresh = sample.fresh(NOW, "seed")
    spans = [
        span
        for resource in ExportTraceServiceRequest.FromString(fresh["traces"]).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert max(span.end_time_unix_nano for span in spans) == NOW
    assert min(span.start_time_unix_nano for span in spans) > NOW - 3600 * 10**9
    assert list(dict.fromkeys(span.trace_id.hex() for span in spans)) == sample.fresh_trace_ids(
        "seed"
    )
    assert len(sample.fresh_trace_ids("seed")) == sample.traces
    assert not set(sample.trace_ids) & {span.trace_id for span in spans}
    for signal, body in fresh.items():
        assert len(body) == len(sample.bodies[signal])
        assert sample.conversation_id.encode() not in body
    assert sample.fresh_conversation("seed").encode() in fresh["traces"] + fresh.get("logs", b"")


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.logs_file], ids=lambda s: s.name)
def test_log_records_still_join_their_spans(sample: Sample):
    fresh = sample.fresh(NOW, "seed")
    request = ExportTraceServiceRequest.FromString(fresh["traces"])
    spans = {
        (span.trace_id, span.span_id)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }
    records = [
        record
        for resource in ExportLogsServiceRequest.FromString(fresh["logs"]).resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]
    joined = [record for record in records if record.trace_id]
    assert joined
    assert all((record.trace_id, record.span_id) in spans for record in joined)
    assert all(NOW - 3600 * 10**9 < r.observed_time_unix_nano < NOW + 60 * 10**9 for r in records)


def test_two_demos_do_not_repeat_each_other():
    assert not set(SAMPLES[0].fresh_trace_ids("a")) & set(SAMPLES[0].fresh_trace_ids("b"))
    assert SAMPLES[0].fresh_conversation("a") != SAMPLES[0].fresh_conversation("b")


def test_bytes_of_a_collector_keep_their_descending_fields():
    sample = next(sample for sample in SAMPLES if sample.collector)
    body = sample.fresh(NOW, "seed")["traces"]
    # A parsed and serialized request would come out in ascending order.
    assert ExportTraceServiceRequest.FromString(body).SerializeToString() != body


def test_bundled_files_are_reproducible():
    for sample in SAMPLES:
        folder = Path(traffic.__file__).parent / "samples"
        packed = (folder / sample.traces_file).read_bytes()
        assert packed[4:8] == b"\0\0\0\0", "no time stamp inside"
        assert gzip.decompress(packed) == sample.bodies["traces"]
