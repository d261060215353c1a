"""Windows against their past: regressions are seen, chance and new revisions are not."""

import random

import msgspec
import pytest

from otel_evaluator.metrics import Metrics
from otel_evaluator.model.outcome import Sampling, Scored
from otel_evaluator.pipeline.monitoring import Monitoring, MonitoringState
from otel_evaluator.pipeline.monitoring_config import MonitoringConfig
from otel_evaluator.testing.doubles import ManualClock
from tests.support.outcomes import an_outcome

SEGMENT = ("shop", "prod")


def test_quantities_count_by_whether_they_passed():
    """Shorter waits are no regression, and seconds below one are no scores."""
    watched = Watched()
    for hour in range(26):
        for _ in range(200):
            slow = Scored(1.3 if hour < 24 else 0.4, "pass", True)
            outcome = an_outcome(verdict=slow, evaluator_revision="r1")
            outcome = msgspec.structs.replace(outcome, evaluator_type="latency")
            watched.monitoring.observe(outcome, SEGMENT)
        watched.monitoring.show()
        assert watched.value("regression") == 0
        watched.next()


class Watched:
    """A monitor under a clock that is moved by hand."""

    def __init__(self, **settings):
        self.clock, self.metrics = ManualClock(), Metrics()
        self.config = MonitoringConfig.model_validate(settings)
        self.monitoring = Monitoring(self.config, self.clock, self.metrics, {"latency"})
        self.random = random.Random(3)

    def hour(self, rate, n=200, revision="r1", weight=1.0):
        for _ in range(n):
            verdict = Scored(float(self.random.random() < rate))
            outcome = an_outcome(verdict=verdict, evaluator_revision=revision)
            sampling = Sampling("base", 1 / weight, 0.0)
            self.monitoring.observe(msgspec.structs.replace(outcome, sampling=sampling), SEGMENT)
        self.monitoring.show()

    def next(self):
        self.clock.advance(3600)

    def value(self, name):
        labels = {"evaluator": "faithfulness", "service": "shop", "environment": "prod"}
        return self.metrics.value(name, **labels)


def a_day(watched, rate=0.95, **options):
    for _ in range(24):
        watched.hour(rate, **options)
        watched.next()


def test_a_drop_is_a_regression_until_it_is_over():
    watched = Watched()
    a_day(watched)
    watched.hour(0.95)
    assert watched.value("regression") == 0
    watched.next()
    watched.hour(0.7, n=400)
    assert watched.value("regression") == 1
    assert watched.value("regression_evidence") > 20
    assert watched.value("score_sequence_low") <= 0.7 <= watched.value("score_sequence_high")
    watched.next()
    watched.hour(0.95, n=400)
    assert watched.value("regression") == 0


def test_a_regression_is_over_with_its_window_though_nothing_comes():
    watched = Watched()
    a_day(watched)
    watched.hour(0.5, n=400)
    assert watched.value("regression") == 1
    watched.next()
    watched.monitoring.show()
    assert watched.value("regression") == 0
    assert watched.value("score_sequence_items") == 0


def test_small_drops_and_little_data_are_none():
    watched = Watched()
    a_day(watched)
    watched.hour(0.9, n=3000)
    assert watched.value("regression_evidence") > 20, "certain"
    assert watched.value("regression") == 0, "but smaller than the margin"
    watched = Watched()
    a_day(watched)
    watched.hour(0.0, n=20)
    assert watched.value("regression") == 0, "too few"
    watched = Watched()
    watched.hour(0.95)
    watched.next()
    watched.hour(0.5, n=1000, revision="r2")
    assert watched.value("regression") == 0, "another revision has another past"


def test_no_false_alarm_in_weeks():
    watched = Watched(margin=0)
    alarms = 0
    for _ in range(24 * 14):
        watched.hour(0.9, n=60)
        alarms += watched.value("regression")
        watched.next()
    assert alarms <= 1


def test_a_restart_goes_on_with_the_past_and_the_window():
    first = Watched()
    a_day(first)
    first.hour(0.95, n=100)
    kept = msgspec.msgpack.decode(
        msgspec.msgpack.encode(first.monitoring.state), type=MonitoringState
    )
    second = Watched()
    second.clock.advance(24 * 3600)
    second.monitoring.restore(kept)
    second.hour(0.6, n=400)
    assert second.value("regression") == 1
    late = Watched()
    late.clock.advance(72 * 3600)
    late.monitoring.restore(kept)
    late.hour(0.6, n=400)
    assert late.value("regression") == 0, "the past is too long ago"
    assert not late.monitoring.state.watches.keys() - second.monitoring.state.watches.keys()


def test_weights_that_grow_begin_the_bets_anew():
    watched = Watched()
    a_day(watched, n=100)
    watched.hour(0.95, n=10, weight=1.0)
    watched.hour(0.95, n=100, weight=40.0)
    assert watched.value("score_sequence_items") == 100
    assert watched.value("score_sequence_low") <= 0.95 <= watched.value("score_sequence_high")


@pytest.mark.parametrize(
    ("verdict", "items"),
    [(Scored(3.5, passed=True), 1), (Scored(label="x"), 0), (Scored(-1.0), 0), (Scored(0.5), 1)],
)
def test_which_values_count(verdict, items):
    watched = Watched()
    watched.monitoring.observe(an_outcome(verdict=verdict), SEGMENT)
    watched.monitoring.show()
    assert watched.value("score_sequence_items") == items


def test_it_can_be_off_and_is_bounded():
    off = Watched(enabled=False)
    off.hour(0.5)
    assert not off.monitoring.state.watches
    small = Watched(max_segments=2)
    for number in range(5):
        small.hour(0.5, n=1, revision=f"r{number}")
    assert len(small.monitoring.state.watches) == 2
    assert small.metrics.value("monitoring_unwatched_total") == 3


def test_what_has_had_no_scores_for_a_day_makes_room_for_others():
    watched = Watched(max_segments=1)
    watched.hour(0.5)
    for _ in range(26):
        watched.next()
        watched.monitoring.show()
    assert watched.value("score_sequence_high") == 0, "no gauge"
    assert not watched.monitoring.state.watches
    watched.hour(0.5, revision="r2")
    assert watched.value("score_sequence_items") == 200
    assert watched.metrics.value("monitoring_unwatched_total") == 0


def test_gauges_end_with_their_configuration():
    watched = Watched()
    a_day(watched)
    watched.hour(0.5, n=400)
    assert watched.value("regression") == 1
    watched.monitoring.hide()
    exposed = {m.name for m in watched.metrics.registry.collect() if m.samples}
    assert "otel_evaluator_regression" not in exposed
