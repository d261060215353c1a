import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_evaluator.evaluators.voice_signals import moments
from otel_evaluator.model.speech import Speaker, Speech, SpokenTurn, Utterance
from otel_evaluator.testing import a_subject

SECOND = 1_000_000_000


def spoken(*said: tuple[Speaker, float, float], turns: tuple[SpokenTurn, ...] = ()) -> Speech:
    """Utterances as (speaker, start, end) in seconds; span ids are 0, 1, 2 …"""
    utterances = tuple(
        Utterance(str(n), speaker, int((100 + start) * SECOND), int((100 + end) * SECOND))
        for n, (speaker, start, end) in enumerate(said)
    )
    return Speech(tuple(sorted(utterances, key=lambda u: u.start_ns)), turns)


def turn(span_id: str, wait: float | None = None, cut_off: int | None = None) -> SpokenTurn:
    return SpokenTurn(span_id, 0, wait, cut_off)


CALM = spoken(("user", 0, 2), ("assistant", 2.5, 5), ("user", 6, 7), ("assistant", 7.5, 9))


def test_a_calm_call_passes(evaluate):
    verdict = evaluate("voice_signals", a_subject(speech=(CALM,)))
    assert (verdict.value, verdict.label, verdict.passed) == (1.0, "pass", True)


@pytest.mark.parametrize(
    ("speech", "label", "span_id"),
    [
        (spoken(("user", 0, 2), ("assistant", 6, 8), ("user", 9, 10)), "slow_answer", "1"),
        (spoken(("user", 0, 2), ("assistant", 3, 5), ("user", 40, 41)), "silence", "2"),
        (spoken(("user", 0, 2), ("assistant", 3, 9), ("user", 4, 8)), "talk_over", "2"),
        (spoken(("assistant", 0, 9), ("user", 3, 4), ("user", 5, 8)), "talk_over", "2"),
        (Speech((), (turn("a", 0.4), turn("b", 4.2), turn("c", 3.5))), "slow_answer", "b"),
        (Speech((), tuple(turn(str(n), 0.1, 1) for n in range(5))), "interrupted", "0"),
    ],
)
def test_what_is_wrong_is_named_where_it_is(evaluate, speech, label, span_id):
    verdict = evaluate("voice_signals", a_subject(speech=(speech,)))
    assert (verdict.label, verdict.passed, verdict.span_id) == (label, False, span_id)
    assert 0 <= verdict.value < 1


def test_limits_are_settings(evaluate):
    subject = a_subject(speech=(spoken(("user", 0, 2), ("assistant", 6, 8)),))
    assert evaluate("voice_signals", subject, max_wait="5s").passed
    assert not evaluate("voice_signals", subject, max_wait="5s", max_silence="3s").passed


@pytest.mark.parametrize("measure", ["wait", "silence", "talk_over"])
def test_one_signal_of_several(evaluate, measure):
    limits = {f"max_{measure}": "200ms"}
    said = (("user", 0, 2), ("assistant", 2.5, 5), ("user", 4.5, 6), ("assistant", 6.1, 7))
    verdict = evaluate(
        "voice_signals", a_subject(speech=(spoken(*said),)), measure=measure, **limits
    )
    assert verdict.passed is False
    assert verdict.explanation == f"{measure} of 0.5 s, above 0.2 s"


def test_interruptions_are_counted(evaluate):
    speech = Speech((), tuple(turn(str(n), None, n % 2) for n in range(6)))
    subject = a_subject(speech=(speech,))
    assert evaluate("voice_signals", subject, measure="interruptions").passed
    verdict = evaluate("voice_signals", subject, measure="interruptions", max_interruptions=2)
    assert verdict.explanation == "interruptions of 3, above 2"


def test_a_count_of_the_whole_call_is_told_once():
    whole = SpokenTurn("root", 0, 1.2, 2, whole_call=True)
    assert moments([Speech((), (whole, whole))])["interruptions"][0].value == 2
    both = moments([Speech((), (whole, turn("a", 0.4, 1), turn("b", 0.5, 0)))])
    assert both["interruptions"][0].value == 1
    assert [m.value for m in both["wait"]] == [0.4, 0.5]


def test_between_two_calls_is_no_silence(evaluate):
    later = spoken(("user", 300, 302), ("assistant", 302.5, 305))
    assert evaluate("voice_signals", a_subject(speech=(CALM, later))).passed


def test_what_is_said_while_the_assistant_speaks_waits_for_nothing():
    nodding = spoken(("assistant", 0, 20), ("user", 5, 5.5), ("assistant", 21, 25))
    assert "wait" not in moments([nodding])


def test_an_answer_that_never_came_is_no_short_wait(evaluate):
    unanswered = spoken(("assistant", 0, 3), ("user", 4, 8))
    verdict = evaluate("voice_signals", a_subject(speech=(unanswered,)), measure="wait")
    assert verdict.reason == "not_applicable"


def test_waits_of_the_framework_precede_those_between_utterances():
    measured = spoken(("user", 0, 2), ("assistant", 6, 8), turns=(turn("t", 0.3),))
    assert [m.value for m in moments([measured])["wait"]] == [0.3]


def test_an_answer_during_the_question_waits_for_nothing():
    assert moments([spoken(("user", 0, 5), ("assistant", 4, 8))]).get("wait") is None


@pytest.mark.parametrize("speech", [Speech(), spoken(("user", 0, 1)), spoken(("assistant", 0, 1))])
def test_what_was_not_recorded_is_not_judged(evaluate, speech):
    for measure in ("all", "wait", "silence", "talk_over", "interruptions"):
        verdict = evaluate("voice_signals", a_subject(speech=(speech,)), measure=measure)
        assert verdict.reason == "not_applicable"


def test_silence_is_unknown_without_utterances(evaluate):
    subject = a_subject(speech=(Speech((), (turn("a", 0.4, 0),)),))
    assert evaluate("voice_signals", subject, measure="silence").reason == "not_applicable"
    assert evaluate("voice_signals", subject).passed


INTERVALS = st.lists(
    st.tuples(st.sampled_from(["user", "assistant"]), st.integers(0, 40), st.integers(0, 15)).map(
        lambda t: (t[0], t[1], t[1] + t[2])
    ),
    min_size=1,
    max_size=12,
)


@given(INTERVALS)
def test_silence_is_when_nobody_speaks(said):
    """Against a clock that ticks once a second."""
    speech = spoken(*said)
    if len({speaker for speaker, _, _ in said}) < 2:
        assert "silence" not in moments([speech])
        return
    spoken_in = {second for _, start, end in said for second in range(start, end)}
    first, last = min(start for _, start, _ in said), max(end for _, _, end in said)
    quiet = sum(second not in spoken_in for second in range(first, last))
    assert sum(m.value for m in moments([speech])["silence"]) == pytest.approx(quiet)


@given(INTERVALS)
def test_talk_over_needs_both(said):
    ticks = {
        side: {second for who, start, end in said if who == side for second in range(start, end)}
        for side in ("user", "assistant")
    }
    found = moments([spoken(*said)]).get("talk_over", [])
    together = ticks["user"] & ticks["assistant"]
    assert bool(found) == bool(together)
    assert max((m.value for m in found), default=0) <= len(together) + 1e-6
