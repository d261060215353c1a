"""A cascade: the judge sees what a cheap evaluator is not sure of, and a share of the rest.

The share keeps the judge's numbers honest. With it every subject has a known probability of
being judged, by which its score is weighted (two-phase sampling: Neyman 1938); without it the
judge's mean would be that of the doubtful subjects alone.
"""

from typing import Annotated

from pydantic import Field, field_validator

from otel_evaluator.config.base import ComponentConfig
from otel_evaluator.config.condition import VERDICT, Condition
from otel_evaluator.model.ids import share
from otel_evaluator.model.outcome import Scored, Skipped, Verdict


def checked(source: str) -> str:
    """A condition on a verdict that compiles; ValueError says why it does not."""
    Condition(source, VERDICT)
    return source


def variables(scored: Scored) -> dict[str, object]:
    """What conditions on a verdict read; a score without a value or a pass has no such name."""
    values = {"score": scored.value, "label": scored.label, "passed": scored.passed}
    return {name: value for name, value in values.items() if value is not None}


class CascadeConfig(ComponentConfig):
    """Ask the judge where a cheap evaluator is not sure."""

    first: str
    """Name of the evaluator that looks first; it works on the same kind of subject."""

    escalate_when: str
    """CEL condition over its ``score``, ``label`` and ``passed``, as in
    ``score > 0.3 && score < 0.8``; what it could not score is always escalated."""

    audit: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Share of the other subjects that the judge sees all the same, so that its mean stays that
    of all traffic; 0 leaves them out of it."""

    _checked = field_validator("escalate_when")(checked)


class Escalation:
    """Decides for one evaluator."""

    def __init__(self, config: CascadeConfig) -> None:
        self.first = config.first
        self._condition = Condition(config.escalate_when, VERDICT)
        self._audit = config.audit

    def probability(self, verdict: Verdict) -> float:
        """Probability that the judge is asked after this verdict."""
        if isinstance(verdict, Skipped):
            return self._audit
        if not isinstance(verdict, Scored):
            return 1.0
        try:
            return 1.0 if self._condition.holds(variables(verdict)) else self._audit
        except ValueError:
            return 1.0  # what cannot be compared is not sure

    @staticmethod
    def keeps(probability: float, score_id: str) -> bool:
        """Whether this subject is among those asked about; the same on every replica."""
        return share(score_id, "cascade") < probability
