"""What a spoken conversation felt like: waits for answers, dead air, both speaking, cutting off."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Skipped, Subject, Verdict, evaluator
from otel_evaluator.config.base import Duration
from otel_evaluator.model.speech import Speech, Utterance

NOT_SPOKEN = Skipped("not_applicable", "nothing about speech was recorded")
Signal = Literal["wait", "silence", "talk_over", "interruptions"]
LABELS: dict[Signal, str] = {
    "wait": "slow_answer",
    "silence": "silence",
    "talk_over": "talk_over",
    "interruptions": "interrupted",
}
"""By signal, in the order in which a failure is named."""


class VoiceSignalsConfig(EvaluatorConfig):
    """Settings of ``voice_signals``."""

    measure: Literal["all", "wait", "silence", "talk_over", "interruptions"] = "all"
    """``all`` judges every signal that was recorded; one of them gives its worst value instead,
    in seconds, or the number of interruptions."""

    max_wait: Annotated[Duration, Field(gt=0)] = 3.0
    """Longest time from the end of the user's speech to the beginning of the answer."""

    max_silence: Annotated[Duration, Field(gt=0)] = 15.0
    """Longest time in which nobody speaks."""

    max_talk_over: Annotated[Duration, Field(gt=0)] = 2.0
    """Longest time in which both speak."""

    max_interruptions: Annotated[int, Field(ge=0)] = 3
    """How often somebody may be cut off."""


class Moment(NamedTuple):
    """One measured value of a signal, and the span it was seen at."""

    value: float
    span_id: str


@evaluator("voice_signals", version=1)
def voice_signals(config: VoiceSignalsConfig) -> Check:
    """Share of moments of a spoken conversation without long waits, dead air or talk-over."""
    limits: dict[Signal, float] = {
        "wait": config.max_wait,
        "silence": config.max_silence,
        "talk_over": config.max_talk_over,
        "interruptions": config.max_interruptions,
    }

    def check(subject: Subject) -> Verdict:
        measured = moments(subject.speech)
        if config.measure != "all":
            found = measured.get(config.measure)
            if found is None:
                return NOT_SPOKEN
            worst = max(found, default=Moment(0.0, ""))
            return _judged(config.measure, worst, limits[config.measure], worst.value)
        if not measured:
            return NOT_SPOKEN
        every = [(name, m) for name, found in measured.items() for m in found]
        bad = [(name, m) for name, m in every if m.value > limits[name]]
        if not bad:
            return Scored(1.0, "pass", True)
        value = 1 - len(bad) / len(every)
        first = next(name for name in LABELS if any(name == other for other, _ in bad))
        worst = max(m for name, m in bad if name == first)
        return _judged(first, worst, limits[first], value)

    return check


def _judged(signal: Signal, worst: Moment, limit: float, value: float) -> Scored:
    if worst.value <= limit:
        return Scored(value, "pass", True)
    unit = "" if signal == "interruptions" else " s"
    explanation = f"{signal} of {worst.value:.4g}{unit}, above {limit:g}{unit}"
    return Scored(value, LABELS[signal], False, explanation, span_id=worst.span_id)


def moments(speech: Speech) -> dict[Signal, list[Moment]]:
    """Values by signal, in seconds or as a count; only signals that were recorded are in it.

    Silence and talk-over need to know when each side speaks. Waits that the framework measured
    itself precede those between utterances.
    """
    found: dict[Signal, list[Moment]] = {}
    waits = [Moment(t.wait_s, t.span_id) for t in speech.turns if t.wait_s is not None]
    utterances = speech.utterances
    sides = {utterance.speaker for utterance in utterances}
    if waits:
        found["wait"] = waits
    elif len(sides) == 2:
        found["wait"] = _waits(utterances)
    if len(sides) == 2:
        found["silence"] = _silences(utterances)
        found["talk_over"] = _overlaps(utterances)
    counted = [t for t in speech.turns if t.interruptions is not None]
    if counted:
        last = max(counted, key=lambda t: (bool(t.interruptions), t.start_ns))
        total = sum(t.interruptions or 0 for t in counted)
        found["interruptions"] = [Moment(float(total), last.span_id)]
    return found


def _waits(utterances: tuple[Utterance, ...]) -> list[Moment]:
    """From the end of what the user said to the next answer, unless it came before that."""
    found: list[Moment] = []
    asked: Utterance | None = None
    for utterance in utterances:
        if utterance.speaker == "user":
            asked = utterance
        elif asked is not None:
            if utterance.start_ns >= asked.end_ns:
                wait = (utterance.start_ns - asked.end_ns) / 1e9
                found.append(Moment(wait, utterance.span_id))
            asked = None
    return found


def _silences(utterances: tuple[Utterance, ...]) -> list[Moment]:
    """Times in which nobody spoke, named by what ended them."""
    found: list[Moment] = []
    heard_until = utterances[0].end_ns
    for utterance in utterances[1:]:
        if utterance.start_ns > heard_until:
            found.append(Moment((utterance.start_ns - heard_until) / 1e9, utterance.span_id))
        heard_until = max(heard_until, utterance.end_ns)
    return found


def _overlaps(utterances: tuple[Utterance, ...]) -> list[Moment]:
    """Times in which both sides spoke, named by who began to speak last."""
    found: list[Moment] = []
    until = {"user": 0, "assistant": 0}
    for utterance in utterances:
        other = "assistant" if utterance.speaker == "user" else "user"
        both = min(utterance.end_ns, until[other]) - utterance.start_ns
        if both > 0:
            found.append(Moment(both / 1e9, utterance.span_id))
        until[utterance.speaker] = max(until[utterance.speaker], utterance.end_ns)
    return found
