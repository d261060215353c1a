"""Stored OTLP in every form people have it."""

import gzip
import json
from pathlib import Path

import pytest

from otel_evaluator.cli import otlp_files
from otel_evaluator.cli.otlp_files import read_file
from otel_evaluator.cli.output import Failure
from otel_evaluator.cli.traffic import load_samples

SAMPLE = next(s for s in load_samples() if s.logs_file)
TRACES, LOGS = SAMPLE.bodies["traces"], SAMPLE.bodies["logs"]


def spans_of(body: bytes) -> int:
    return sum(request.items for request in otlp_files._split("traces", body))


def stored(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "stored"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("pack", [lambda b: b, gzip.compress], ids=["plain", "gzip"])
def test_one_request_of_either_signal(tmp_path: Path, pack):
    (traces,) = read_file(stored(tmp_path, pack(TRACES)))
    assert (traces.signal, traces.body) == ("traces", TRACES)
    assert traces.items == spans_of(TRACES) > 1
    (logs,) = read_file(stored(tmp_path, pack(LOGS)))
    assert (logs.signal, logs.body) == ("logs", LOGS)


def test_every_bundled_file_is_told_apart(tmp_path: Path):
    for sample in load_samples():
        for signal, body in sample.bodies.items():
            assert {r.signal for r in read_file(stored(tmp_path, body))} == {signal}


def test_concatenated_requests_are_one(tmp_path: Path):
    requests = list(read_file(stored(tmp_path, TRACES * 3)))
    assert sum(r.items for r in requests) == 3 * spans_of(TRACES)


def test_large_files_are_cut_between_resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(otlp_files, "MAX_REQUEST_BYTES", len(TRACES) * 2)
    requests = list(read_file(stored(tmp_path, TRACES * 10)))
    assert len(requests) >= 5
    assert b"".join(r.body for r in requests) == TRACES * 10
    assert all(len(r.body) <= len(TRACES) * 2 for r in requests)


def test_length_prefixed_requests_of_the_file_exporter(tmp_path: Path):
    content = b"".join(len(b).to_bytes(4, "big") + b for b in (TRACES, TRACES))
    requests = list(read_file(stored(tmp_path, content)))
    assert [r.body for r in requests] == [TRACES, TRACES]


def json_request(name: str = "chat") -> dict:
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": name, "startTimeUnixNano": "5"}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def test_json_lines_and_one_pretty_document(tmp_path: Path):
    lines = "\n".join(json.dumps(json_request()) for _ in range(3)) + "\n"
    requests = list(read_file(stored(tmp_path, lines.encode())))
    assert [r.items for r in requests] == [1, 1, 1]
    assert bytes.fromhex("ab" * 16) in requests[0].body
    (pretty,) = read_file(stored(tmp_path, json.dumps(json_request(), indent=2).encode()))
    assert pretty.body == requests[0].body


def test_json_logs_are_told_apart(tmp_path: Path):
    record = {"traceId": "ab" * 16, "spanId": "cd" * 8, "timeUnixNano": "5"}
    request = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    (logs,) = read_file(stored(tmp_path, json.dumps(request).encode()))
    assert (logs.signal, logs.items) == ("logs", 1)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the file is empty"),
        (b"hello world", "neither OTLP traces nor logs"),
        (b"\x1f\x8bgarbage", "the gzip data is damaged"),
        (b'{"resourceSpans": [', "request 1: "),
        (b"\x00" * 100, "neither OTLP traces nor logs"),
        (gzip.compress(TRACES)[:-9], "the gzip data is damaged"),
        (TRACES[:-3], "neither OTLP traces nor logs"),
    ],
)
def test_what_is_not_otlp_names_the_file(tmp_path: Path, content: bytes, expected: str):
    path = stored(tmp_path, content)
    with pytest.raises(Failure, match=expected) as caught:
        list(read_file(path))
    assert str(path) in str(caught.value)


def test_a_missing_file(tmp_path: Path):
    with pytest.raises(Failure, match="cannot be read"):
        list(read_file(tmp_path / "none"))
