"""A cascade asks where the first evaluator is not sure, with a known probability elsewhere."""

from statistics import fmean

import pytest
from pydantic import ValidationError

from otel_evaluator.judges.escalation import CascadeConfig, Escalation
from otel_evaluator.model.outcome import Failed, Scored, Skipped, Unscored


def escalation(when: str = "score > 0.3 && score < 0.8", audit: float = 0.05) -> Escalation:
    return Escalation(CascadeConfig(first="cheap", escalate_when=when, audit=audit))


@pytest.mark.parametrize(
    ("verdict", "probability"),
    [
        (Scored(0.5), 1.0),
        (Scored(0.9), 0.05),
        (Scored(0.0), 0.05),
        (Scored(None, "odd"), 1.0),
        (Unscored("uncertain"), 1.0),
        (Failed("timeout", "TimeoutError"), 1.0),
        (Skipped("not_applicable"), 0.05),
    ],
)
def test_what_the_first_is_not_sure_of_is_escalated(verdict, probability):
    assert escalation().probability(verdict) == probability


def test_labels_and_passes_are_conditions_too():
    assert escalation("label == 'odd' || !passed").probability(Scored(1.0, "odd", True)) == 1.0
    assert escalation("!passed").probability(Scored(1.0, "", True)) == 0.05


@pytest.mark.parametrize("when", ["scores > 1", "score >", "signals.errors > 0"])
def test_conditions_are_checked_when_the_configuration_is_read(when):
    with pytest.raises(ValidationError):
        escalation(when)


def test_the_audited_share_keeps_the_mean_of_all_traffic():
    chosen = escalation(audit=0.2)
    # The judge likes what the first is sure of: 0.9 against 0.4.
    scores = [(0.9, 0.9) if number % 4 else (0.5, 0.4) for number in range(20_000)]
    weighted = weights = 0.0
    judged = []
    for number, (first, judges) in enumerate(scores):
        probability = chosen.probability(Scored(first))
        if chosen.keeps(probability, f"{number:032x}"):
            weighted, weights = weighted + judges / probability, weights + 1 / probability
            judged.append(judges)
    truth = fmean(judges for _, judges in scores)
    assert weighted / weights == pytest.approx(truth, abs=0.01)
    assert fmean(judged) < truth - 0.15
    assert len(judged) < 0.5 * len(scores)
