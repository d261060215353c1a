"""Configured evaluators at work on one subject: each is run once, whoever asks for it."""

from typing import Any

import msgspec

from otel_evaluator.api.evaluator import Check, EvaluatorConfig, EvaluatorType
from otel_evaluator.api.judge import Asked
from otel_evaluator.evaluate.runner import run_check
from otel_evaluator.evaluate.worker import Progress
from otel_evaluator.judges.escalation import Escalation
from otel_evaluator.model.ids import score_id
from otel_evaluator.model.outcome import Failed, Outcome, Sampling, Verdict
from otel_evaluator.model.subject import Subject


class Running(msgspec.Struct, frozen=True):
    """One configured evaluator, built."""

    step: int
    """Its place among the configured ones."""
    kind: EvaluatorType[Any]
    config: EvaluatorConfig
    check: Check
    revision: str
    escalation: Escalation | None = None


class Steps:
    """Evaluators on one subject, each run once however often it is asked for."""

    def __init__(
        self, subject: Subject, offset: int, excluded: dict[int, str], progress: Progress
    ) -> None:
        self.subject = subject
        self._offset = offset
        self._excluded = excluded
        self._progress = progress
        self._found: dict[int, Verdict | Asked] = {}

    def run(self, running: Running) -> Verdict | Asked:
        """What the evaluator says."""
        found = self._found.get(running.step)
        if found is None:
            found = self._found[running.step] = self._run(running)
        return found

    def _run(self, running: Running) -> Verdict | Asked:
        step = self._offset + running.step
        if step in self._excluded:
            what = "the evaluator took its process with it"
            return Failed(self._excluded[step], "WorkerLost", what)
        self._progress.step(step)
        found = run_check(running.config, running.check, self.subject)
        self._progress.idle()
        return found


def score_id_of(subject: Subject, running: Running) -> str:
    """The id of this evaluator's score of the subject."""
    return score_id(
        subject.kind, subject.key, subject.revision, running.config.name, running.revision
    )


def outcome_of(
    subject: Subject,
    running: Running,
    sampling: Sampling,
    verdict: Verdict,
    started_ns: int,
    duration_ms: float,
) -> Outcome:
    """The record of one evaluation."""
    return Outcome(
        score_id=score_id_of(subject, running),
        verdict=verdict,
        evaluator=running.config.name,
        evaluator_type=running.kind.name,
        evaluator_revision=running.revision,
        subject_kind=subject.kind,
        subject_key=subject.key,
        subject_revision=subject.revision,
        complete=subject.complete,
        trace_id=subject.trace_id,
        span_id=subject.span_id,
        sampling=sampling,
        started_ns=started_ns,
        duration_ms=duration_ms,
        subject_end_ns=subject.end_ns,
        conversation_id=subject.conversation_id,
        response_id=subject.response_id,
        service=subject.service,
        environment=subject.environment,
        agent=subject.agent,
        model=subject.model or subject.request_model,
        prompt_name=subject.prompt_name,
        prompt_version=subject.prompt_version,
    )
