"""What a spoken conversation felt like: waits for answers, dead air, both speaking, cutting off."""

from collections.abc import Iterable
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Skipped, Subject, Verdict, evaluator
from otel_evaluator.config.base import Duration
from otel_evaluator.model.speech import Speech, SpokenTurn, Utterance

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
    """What is judged: every signal that was recorded, or one of them."""

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
            measured = {k: found for k, found in measured.items() if k == config.measure}
        if not measured:
            return NOT_SPOKEN
        bad = {k: [m for m in found if m.value > limits[k]] for k, found in measured.items()}
        signal = next((signal for signal in LABELS if bad.get(signal)), None)
        if signal is None:
            return Scored(1.0, "pass", True)
        value = 1 - sum(map(len, bad.values())) / sum(map(len, measured.values()))
        worst = max(bad[signal])
        unit = "" if signal == "interruptions" else " s"
        explanation = f"{signal} of {worst.value:.4g}{unit}, above {limits[signal]:g}{unit}"
        return Scored(value, LABELS[signal], False, explanation, span_id=worst.span_id)

    return check


def moments(calls: Iterable[Speech]) -> dict[Signal, list[Moment]]:
    """Values by signal, in seconds or as a count; only signals that were recorded are in it.

    Silence and talk-over need to know when each side speaks. Waits that the framework measured
    itself precede those between utterances, and figures of single answers those of a whole call.
    """
    found: dict[Signal, list[Moment]] = {}
    for call in calls:
        utterances = call.utterances
        told = len({utterance.speaker for utterance in utterances}) == 2
        waits = [Moment(t.wait_s or 0.0, t.span_id) for t in _finest(call.turns, "wait_s")]
        if not waits and told:
            waits = _waits(utterances)
        if waits:
            found.setdefault("wait", []).extend(waits)
        if told:
            found.setdefault("silence", []).extend(_silences(utterances))
            found.setdefault("talk_over", []).extend(_overlaps(utterances))
        counted = _finest(call.turns, "interruptions")
        if counted:
            found.setdefault("interruptions", []).append(_cut_off(counted))
    return found


def _finest(turns: Iterable[SpokenTurn], figure: str) -> list[SpokenTurn]:
    """Turns with a figure: single answers, or else whole calls."""
    known = [turn for turn in turns if getattr(turn, figure) is not None]
    return [turn for turn in known if not turn.whole_call] or known


def _cut_off(turns: list[SpokenTurn]) -> Moment:
    """Interruptions of single answers add up; those of a whole call are told once or more."""
    last = max(turns, key=lambda turn: (bool(turn.interruptions), turn.start_ns))
    counts = [turn.interruptions or 0 for turn in turns]
    return Moment(float(max(counts) if last.whole_call else sum(counts)), last.span_id)


def _waits(utterances: tuple[Utterance, ...]) -> list[Moment]:
    """From the end of what the user said to the next answer, without what was said meanwhile.

    What the user says while the assistant speaks on asks for no answer of its own.
    """
    found: list[Moment] = []
    asked_until, spoken_until = 0, 0
    for utterance in utterances:
        if utterance.speaker == "user":
            if utterance.end_ns > spoken_until:
                asked_until = utterance.end_ns
            continue
        if 0 < asked_until <= utterance.start_ns:
            found.append(Moment((utterance.start_ns - asked_until) / 1e9, utterance.span_id))
        asked_until = 0
        spoken_until = max(spoken_until, utterance.end_ns)
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
