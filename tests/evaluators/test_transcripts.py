"""Checks on authored conversations of many domains, as `measure` runs them."""

from pathlib import Path

import pytest

from otel_evaluator.pipeline import build, measuring
from otel_evaluator.pipeline.evaluators import evaluators_of
from tests.support.transcripts import write

TRANSCRIPTS = Path(__file__).parents[1] / "data" / "transcripts"
CONFIG = Path(build.__file__).parents[1] / "cli" / "measure.yaml"
MAX_ALARMS = 0.02
"""Share of good conversations that an evaluator may flag."""
FOUND = {
    "commitments": 0.6,
    "error_recovery": 0.7,
    "finish_reason": 1.0,
    "injection_signal": 0.9,
    "language_match": 0.9,
    "plan_coherence": 0.8,
    "refusal": 0.7,
    "tool_calls": 0.8,
}
"""Least share of what they are meant to find."""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    labels = write(TRANSCRIPTS / "transcripts.jsonl", tmp_path_factory.mktemp("transcripts"))
    configured = evaluators_of(build.configure(CONFIG))
    cases = measuring.cases_of(labels)
    rows = measuring.measure(cases, labels.parent, configured, {}, lambda done, total: None)
    return {row.evaluator: row for row in rows}, sum(case.good for case in cases)


def test_good_conversations_are_left_alone(found):
    rows, good = found
    assert good > 100
    alarms = {name: row.alarms_on_good for name, row in rows.items()}
    assert {name: count for name, count in alarms.items() if count > MAX_ALARMS * good} == {}


@pytest.mark.parametrize("name", FOUND)
def test_defects_are_found(found, name):
    assert found[0][name].recall.value >= FOUND[name]
