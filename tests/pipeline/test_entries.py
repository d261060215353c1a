from otel_evaluator.pipeline.entries import Entries


def test_an_entry_is_released_when_its_last_trace_is_done():
    entries = Entries()
    assert entries.opened(1, 2) == []
    assert entries.done({1}) == []
    assert entries.done({1}) == [1]
    assert entries.done({1}) == []


def test_an_entry_that_no_trace_holds_is_released_at_once():
    assert Entries().opened(1, 0) == [1]


def test_an_unknown_entry_is_passed_over():
    entries = Entries()
    entries.opened(1, 1)
    assert entries.done({8}) == []
    assert entries.done({1, 8}) == [1]
