"""The spoken side of a trace, from what its spans say about speaking."""

from collections.abc import Iterable

from otel_evaluator.decode.reading import Reading
from otel_evaluator.model.speech import Speech, SpokenTurn, Utterance


def speech(readings: Iterable[Reading]) -> tuple[Speech, ...]:
    """Utterances and turns by start; nothing where no span says anything of speaking."""
    utterances: list[Utterance] = []
    turns: list[SpokenTurn] = []
    for reading in readings:
        span = reading.span
        if reading.speaker is not None:
            if 0 < span.start_ns <= span.end_ns:
                utterances.append(
                    Utterance(span.span_id, reading.speaker, span.start_ns, span.end_ns)
                )
            continue
        wait_s, interruptions = reading.answer_wait_s, reading.interruptions
        if wait_s is not None and wait_s < 0:  # clocks of two machines
            wait_s = None
        if wait_s is not None or interruptions is not None:
            whole = reading.figures_of_call
            turns.append(SpokenTurn(span.span_id, span.start_ns, wait_s, interruptions, whole))
    if not utterances and not turns:
        return ()
    utterances.sort(key=lambda u: (u.start_ns, u.end_ns))
    turns.sort(key=lambda t: t.start_ns)
    return (Speech(tuple(utterances), tuple(turns)),)
