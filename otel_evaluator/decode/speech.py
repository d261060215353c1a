"""The spoken side of a trace, from what its spans say about speaking."""

from collections.abc import Iterable, Sequence

from otel_evaluator.decode.reading import Reading
from otel_evaluator.model.speech import Speech, SpokenTurn, Utterance

NOTHING = Speech()


def speech(readings: Iterable[Reading]) -> Speech:
    """Utterances and turns by start; what ends before it begins is left out."""
    utterances: list[Utterance] = []
    turns: list[SpokenTurn] = []
    for reading in readings:
        span = reading.span
        if reading.speaker is not None:
            if 0 < span.start_ns <= span.end_ns:
                utterances.append(
                    Utterance(span.span_id, reading.speaker, span.start_ns, span.end_ns)
                )
        else:
            wait_s = reading.answer_wait_s
            if wait_s is not None and wait_s < 0:  # clocks of two machines
                wait_s = None
            if wait_s is not None or reading.interruptions is not None:
                turn = SpokenTurn(span.span_id, span.start_ns, wait_s, reading.interruptions)
                turns.append(turn)
    return _ordered(utterances, turns) if utterances or turns else NOTHING


def joined(parts: Sequence[Speech]) -> Speech:
    """The speech of several traces of one conversation."""
    spoken = [part for part in parts if part != NOTHING]
    if not spoken:
        return NOTHING
    return _ordered(
        [utterance for part in spoken for utterance in part.utterances],
        [turn for part in spoken for turn in part.turns],
    )


def _ordered(utterances: list[Utterance], turns: list[SpokenTurn]) -> Speech:
    return Speech(
        tuple(sorted(utterances, key=lambda u: (u.start_ns, u.end_ns))),
        tuple(sorted(turns, key=lambda t: t.start_ns)),
    )
