"""What a check says where words alone cannot decide: how likely it is, and no score."""

from otel_evaluator.model.outcome import Unscored


def uncertain(probability: float, why: str) -> Unscored:
    """Unscored, with the probability (0 to 1) that the subject is good.

    The probabilities are shares of good subjects measured on labelled traffic, rounded to 0.05;
    a judge cascade takes over from here.
    """
    return Unscored("uncertain", f"{why}; good with probability {probability:.2f}", probability)
