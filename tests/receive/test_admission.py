import random
from pathlib import Path
from typing import Any

import pytest

from otel_evaluator.errors import Busy, Malformed, TooLarge
from otel_evaluator.metrics import Metrics
from otel_evaluator.receive import memory
from otel_evaluator.receive.admission import Admission
from otel_evaluator.receive.config import LimitsConfig
from otel_evaluator.testing.doubles import ManualClock
from tests.receive.receiving import log_request, metric_request, trace_request

MIB = 2**20


def an_admission(**values: Any) -> Admission:
    limits = LimitsConfig.model_validate(values.pop("limits", {}))
    values.setdefault("resident", lambda: 0)
    values.setdefault("generator", random.Random(1))
    return Admission(limits, Metrics(), values.pop("clock", ManualClock()), **values)


def test_bytes_in_flight_are_bounded_and_given_back() -> None:
    admission = an_admission(limits={"max_in_flight": "1MiB"})
    admission.enter(MIB)
    with pytest.raises(Busy, match="in_flight") as caught:
        admission.enter(1)
    assert caught.value.reason == "in_flight"
    assert admission.metrics.value("in_flight_bytes") == MIB
    admission.leave(MIB)
    admission.enter(1)


def test_a_hold_gives_everything_back_whatever_happens() -> None:
    admission = an_admission(limits={"max_in_flight": "1MiB"})
    with admission.hold() as hold:
        hold.add(MIB // 2)
        hold.add(MIB // 4)
        with pytest.raises(Busy):
            hold.add(MIB)
        assert admission.in_flight == 3 * MIB // 4
    assert admission.in_flight == 0


def test_memory_above_the_ceiling_refuses_until_it_falls() -> None:
    clock, resident = ManualClock(), [50 * MIB]
    reads: list[int] = []

    def read() -> int:
        reads.append(1)
        return resident[0]

    admission = an_admission(limits={"max_memory": "64MiB"}, clock=clock, resident=read)
    admission.check()
    resident[0] = 65 * MIB
    admission.check()  # the last reading still holds
    clock.advance(0.25)
    with pytest.raises(Busy) as caught:
        admission.check()
    assert caught.value.reason == "memory"
    resident[0] = 64 * MIB
    clock.advance(0.25)
    admission.check()
    seen = len(reads)
    for _ in range(100):
        admission.check()
    assert len(reads) == seen


def test_the_pipeline_can_say_it_is_busy() -> None:
    busy: list[Busy | None] = [None]
    admission = an_admission(pressure=lambda: busy[0])
    admission.check()
    busy[0] = Busy("the journal is full", 7.0, "journal_full")
    with pytest.raises(Busy, match="journal is full"):
        admission.check()


def test_the_advised_delay_grows_with_refusals_and_falls_with_acceptance() -> None:
    admission = an_admission()
    busy = Busy("no", 1.0)
    delays = [admission.delay(busy) for _ in range(2000)]
    assert 0.75 <= delays[0] <= 1.4
    assert sum(delays[100:200]) > 2 * sum(delays[:100])
    assert max(delays) <= 30 * 1.25
    assert len(set(delays[-100:])) > 90  # jitter: nobody comes back together
    for _ in range(700):
        admission.accepted()
    assert admission.delay(busy) <= 1.4


def test_a_long_delay_asked_for_is_not_shortened_below_the_maximum() -> None:
    admission = an_admission()
    assert admission.delay(Busy("no", 20.0)) >= 15.0


def test_refusals_are_counted_with_their_spans_where_known() -> None:
    admission = an_admission()
    body = trace_request(3).SerializeToString()
    admission.refused(Busy("no", 1.0, "in_flight"), "traces", "grpc", body)
    admission.refused(Busy("no", 1.0, "in_flight"), "traces", "grpc")
    admission.refused(Malformed("no"), "traces", "http", b"\xff")
    admission.refused(TooLarge("no"), "logs", "grpc", body)
    value = admission.metrics.value
    assert value("requests_refused_total", reason="in_flight") == 2
    assert value("spans_refused_total", reason="in_flight") == 3
    assert value("spans_received_total", protocol="grpc") == 3
    assert value("requests_refused_total", reason="malformed") == 1
    assert value("spans_refused_total", reason="malformed") == 0
    assert value("requests_refused_total", reason="too_large") == 1


def test_requests_of_another_signal_are_refused_with_the_right_address() -> None:
    admission = an_admission()
    traces = trace_request().SerializeToString()
    logs = log_request().SerializeToString()
    admission.inspect(traces, "traces")
    admission.inspect(logs, "logs")
    with pytest.raises(Malformed, match=r"log records, sent to the traces endpoint.*LogsService"):
        admission.inspect(logs, "traces")
    with pytest.raises(Malformed, match="spans, sent to the logs endpoint"):
        admission.inspect(traces, "logs")
    with pytest.raises(Malformed, match="metrics, sent to the traces endpoint"):
        admission.inspect(metric_request().SerializeToString(), "traces")


def test_resident_bytes_are_those_of_this_process() -> None:
    read = memory.resident_bytes()
    assert read is not None
    before = read()
    block = b"x" * (64 * MIB)
    assert read() - before > 32 * MIB
    del block
    memory.give_back()


def test_without_proc_there_is_no_memory_ceiling(tmp_path: Path) -> None:
    assert memory.resident_bytes(tmp_path / "statm") is None


def test_the_automatic_ceiling_follows_the_control_group(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(f"{256 * MIB}\n")
    assert memory.memory_ceiling((limit,)) == 192 * MIB
    limit.write_text("max\n")
    assert memory.memory_ceiling((limit,)) > 256 * MIB
