"""What a worker does with one closed trace: decode, normalise, decide, evaluate.

Pure given the work: no clock but the duration of an evaluation, no connection, no state but
the ages of agents, which the front process keeps and sends.
"""

import multiprocessing
import pickle
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from otel_evaluator.api.evaluator import revision
from otel_evaluator.api.judge import Asked
from otel_evaluator.decode.conversation import conversation
from otel_evaluator.decode.normalise import Normalised, normalise
from otel_evaluator.evaluate.worker import Progress
from otel_evaluator.evaluators.cost import cost_of
from otel_evaluator.evaluators.injection_signal import signs
from otel_evaluator.expose.log import configure_like_parent
from otel_evaluator.model.outcome import Failed, Outcome, Sampling, Skipped, Unscored, Verdict
from otel_evaluator.model.subject import Signals, Subject
from otel_evaluator.pipeline import stories
from otel_evaluator.pipeline.evaluators import escalation_of, evaluators_of, model_of, rules_of
from otel_evaluator.pipeline.running import Running, Steps, outcome_of, score_id_of
from otel_evaluator.pipeline.samples import sample_of
from otel_evaluator.pipeline.schema import RootConfig
from otel_evaluator.pipeline.work import Pending, Processed, Story, Work
from otel_evaluator.sample.decide import Decider, Decision
from otel_evaluator.sample.tags import requested
from otel_evaluator.sample.upstream import upstream_of
from otel_evaluator.text.languages import detector
from otel_evaluator.text.redact import finder

_DAY_NS = 86_400_000_000_000
_LANGUAGES = frozenset(("en", "de", "es", "fr", "it", "pt", "nl", "zh", "ja", "ko"))
_MIN_LETTERS = 12

NOT_ASKED = Failed("judge_error", "NotAsked", "the judge was not asked")
"""Stands for the verdict until the judge has answered."""


class SubjectProcessor:
    """Built once per worker from the configuration."""

    def __init__(self, config: RootConfig) -> None:
        configured = evaluators_of(config)
        self._sampling = config.sampling
        self._running = {
            c.name: Running(
                index, kind, c, kind(c), revision(kind, c, model_of(config, c)), escalation_of(c)
            )
            for index, (kind, c) in enumerate(configured)
        }
        self._decider = Decider(config.sampling, rules_of(configured))
        self._languages = detector(_LANGUAGES) if "language" in self._decider.needs else None
        self._samples = config.storage.samples
        self._finder = finder(self._samples.regions) if self._samples.redact else None
        self._by_span = any(evaluator.on == "span" for _, evaluator in configured)
        self._agents: dict[str, int] = {}

    def process(self, work: Work, progress: Progress) -> Processed:
        """Decide on and evaluate every subject of the work; never raises."""
        for agent, first_seen in work.agents.items():
            self._agents.setdefault(agent, first_seen)
        try:
            return self._process(work, progress)
        except Exception as error:
            return Processed(error=type(error).__name__)

    def _process(self, work: Work, progress: Progress) -> Processed:
        if work.raw is None:
            traces = [pickle.loads(trace) for trace in work.traces]  # noqa: S301 - our own
            subject = msgspec.structs.replace(conversation(traces), revision=work.revision)
            return self._evaluate(work, self._with_signals(subject, work), (), None, progress)
        normalised = normalise(work.raw, with_spans=self._by_span)
        if normalised.trace is None:
            processed = Processed(error="not_genai")
            _count(processed, normalised)
            return processed
        trace = self._with_signals(normalised.trace, work)
        if work.conversation_id and trace.conversation_id != work.conversation_id:
            trace = msgspec.structs.replace(trace, conversation_id=work.conversation_id)
        upstream = upstream_of(work.raw)
        processed = self._evaluate(work, trace, normalised.spans, upstream, progress)
        processed.trace = pickle.dumps(trace) if work.want_trace else None
        _count(processed, normalised)
        return processed

    def _with_signals(self, subject: Subject, work: Work) -> Subject:
        """Fill in the signals that decoding cannot know."""
        signals = subject.signals
        changes: dict[str, Any] = {}
        if work.feedback:
            changes["feedback"] = min(signals.feedback, work.feedback) or work.feedback
        if "injections" in self._decider.needs:
            changes["injections"] = len(signs(subject))
        if self._languages is not None and subject.has_content:
            changes["language"] = self._language(subject)
        if subject.agent:
            first_seen = self._agents.setdefault(subject.agent, work.now_ns)
            changes["agent_age_days"] = max(0.0, (work.now_ns - first_seen) / _DAY_NS)
        if not changes:
            return subject
        changed: Signals = msgspec.structs.replace(signals, **changes)
        return msgspec.structs.replace(subject, signals=changed)

    def _language(self, subject: Subject) -> str:
        """Of the last question, else of all questions, else of the answer; "und" without any."""
        assert self._languages is not None
        questions = " ".join(m.content for m in subject.messages if m.role == "user")
        for text in (subject.input, questions, subject.output):
            guess = self._languages.detect(text, _MIN_LETTERS)
            if guess.code:
                return guess.code
        return "und"

    def _evaluate(
        self,
        work: Work,
        whole: Subject,
        spans: tuple[Subject, ...],
        upstream: float | None,
        progress: Progress,
    ) -> Processed:
        processed = Processed(agents=(whole.agent,) if whole.agent else ())
        for ordinal, subject in enumerate((whole, *spans)):
            wanted = requested(subject, self._sampling, self._running.keys())
            decision = self._decider.decide(
                subject, whole, work.u, work.multiplier, upstream, wanted, work.paces
            )
            steps = Steps(subject, ordinal * len(self._running), work.excluded, progress)
            ran = [*self._run(steps, decision)]
            processed.pending += [
                Pending(ordinal, number, asked)
                for number, (_, asked) in enumerate(ran)
                if asked is not None
            ]
            outcomes = tuple(outcome for outcome, _ in ran)
            processed.stories.append(_story(subject, decision, outcomes, work))
            if subject is whole and decision.selected:
                sampling = next(iter(decision.selected.values()))
                if self._samples.enabled:
                    processed.samples.append(sample_of(subject, sampling, self._finder))
        if not processed.pending:
            processed.told = stories.pack(processed.stories)
        return processed

    def _run(self, steps: Steps, decision: Decision) -> Iterator[tuple[Outcome, Asked | None]]:
        for name, sampling in decision.selected.items():
            running = self._running[name]
            started_ns, started = time.time_ns(), time.perf_counter()
            found, sampling = self._found(running, sampling, steps)
            asked = found if isinstance(found, Asked) else None
            verdict = NOT_ASKED if isinstance(found, Asked) else found
            duration_ms = (time.perf_counter() - started) * 1e3
            yield (
                outcome_of(steps.subject, running, sampling, verdict, started_ns, duration_ms),
                asked,
            )

    def _found(
        self, running: Running, sampling: Sampling, steps: Steps
    ) -> tuple[Verdict | Asked, Sampling]:
        """What the evaluator says, and the sampling that a cascade makes of the given one."""
        escalation = running.escalation
        if escalation is not None:
            first = steps.run(self._running[escalation.first])
            # A plugin's evaluator that asks a judge is sure of nothing yet.
            probability = 1.0 if isinstance(first, Asked) else escalation.probability(first)
            key = score_id_of(steps.subject, running)
            if not escalation.keeps(probability, key):
                return Skipped("cascade", f"{escalation.first} was sure"), sampling
            both = sampling.probability * probability
            sampling = msgspec.structs.replace(sampling, probability=both)
        return steps.run(running), sampling


def _story(
    subject: Subject, decision: Decision, outcomes: tuple[Outcome, ...], work: Work
) -> Story:
    return Story(
        kind=subject.kind,
        key=subject.key,
        revision=subject.revision,
        complete=subject.complete,
        tier=decision.tier,
        rate=decision.rate,
        u=decision.u,
        dialects=subject.dialects,
        conversation_id=subject.conversation_id,
        spans=len(work.raw.spans) if work.raw else 0,
        notes=(*subject.notes, *decision.notes),
        signals=msgspec.structs.asdict(subject.signals),
        skipped=decision.skipped,
        outcomes=outcomes,
        seen=decision.seen,
        cost_usd=_cost(subject) if decision.seen and subject.kind == "trace" else None,
    )


def _cost(subject: Subject) -> float | None:
    cost = cost_of(subject)
    return None if isinstance(cost, Unscored) else cost


def _count(processed: Processed, normalised: Normalised) -> None:
    processed.repaired = normalised.repaired
    processed.undecodable = normalised.undecodable
    processed.spans_by_dialect = normalised.dialects
    processed.unmapped = normalised.unmapped


def build(config: RootConfig) -> SubjectProcessor:
    """The factory that worker processes import."""
    if multiprocessing.parent_process() is not None:
        configure_like_parent()
    return SubjectProcessor(config)
