"""Tallied metrics look to a scraper exactly like those of the client library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from otel_evaluator.metrics import HISTOGRAMS, PREFIX, Metrics


@given(st.lists(st.floats(0, 100), max_size=30))
def test_histograms_equal_the_librarys(values):
    text, labels, bounds = HISTOGRAMS["evaluation_duration_seconds"]
    registry = CollectorRegistry()
    name = PREFIX + "evaluation_duration_seconds"
    expected = Histogram(name, text, labels, buckets=bounds, registry=registry)
    metrics = Metrics()
    for value in values:
        expected.labels("length").observe(value)
        metrics.tally.observe("evaluation_duration_seconds", ("length",), value)

    def samples(of):
        return {
            (s.name, tuple(sorted(s.labels.items()))): s.value
            for family in of.collect()
            for s in family.samples
            if s.name.startswith(name) and not s.name.endswith("_created")
        }

    assert samples(metrics.registry) == pytest.approx(samples(registry))


def test_counters_are_exposed_as_totals():
    metrics = Metrics()
    metrics.tally.add("evaluations", ("length", "scored", ""))
    metrics.tally.add("evaluations", ("length", "scored", ""), 2)
    line = b'otel_evaluator_evaluations_total{evaluator="length",outcome="scored",reason=""} 3.0'
    assert line in generate_latest(metrics.registry)
    value = metrics.value("evaluations_total", evaluator="length", outcome="scored", reason="")
    assert value == 3
