"""Spoken conversations: LiveKit, Pipecat and platforms that count for a whole call."""

import pytest
from dialect_support import cases, dialect_names, normalised, read, said, span
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_evaluator.decode.conversation import conversation
from otel_evaluator.decode.normalise import normalise
from otel_evaluator.decode.speech import speech
from otel_evaluator.model.raw import RawTrace
from otel_evaluator.model.speech import Speech


@cases("livekit")
def test_livekit_says_what_was_said(case: str) -> None:
    found, wanted = said("livekit", case)

    assert found == wanted


@cases("pipecat")
def test_pipecat_says_what_was_said(case: str) -> None:
    found, wanted = said("pipecat", case)

    assert found == wanted


def speech_of(dialect: str, case: str) -> Speech:
    (one,) = normalised(dialect, case)
    assert one.trace is not None
    (found,) = one.trace.speech
    return found


def test_livekit_knows_who_spoke_when() -> None:
    utterances = speech_of("livekit", "talk-over").utterances

    assert [u.speaker for u in utterances] == ["user", "assistant"] * 3
    asked, answer = utterances[2:4]
    (cutting_in,) = (u for u in utterances if answer.start_ns < u.start_ns < answer.end_ns)
    assert cutting_in.speaker == "user"
    assert asked.end_ns < answer.start_ns


@pytest.mark.parametrize("dialect", ["livekit", "pipecat"])
def test_answers_with_their_waits_and_interruptions(dialect: str) -> None:
    """The model thinks 3.4 s in the second turn; the third answer is cut off."""
    turns = speech_of(dialect, "call").turns

    assert [turn.interruptions for turn in turns] == [0, 0, 1, 0]
    waits = [turn.wait_s for turn in turns]
    assert waits[1] == pytest.approx(3.5, abs=0.1)
    assert max(w for n, w in enumerate(waits) if n != 1 and w is not None) < 0.3


def test_the_turn_in_which_a_call_ends_was_not_cut_off() -> None:
    ended = {"turn.was_interrupted": True, "turn.ended_by_conversation_end": True}

    assert read(span(ended, name="turn", scope="pipecat.turn")).interruptions is None


def test_speech_synthesis_and_recognition_are_no_model_calls() -> None:
    attributes = {"gen_ai.request.model": "sonic-2", "gen_ai.provider.name": "cartesia"}

    for name in ("tts_node", "tts_request", "user_turn", "llm_node"):
        assert read(span(attributes, name=name, scope="livekit-agents")).kind == "chain"


@pytest.mark.parametrize(
    ("scope", "name"), [("livekit-agents", "on_exit"), ("pipecat.turn", "conversation")]
)
def test_the_machinery_alone_is_nothing_to_evaluate(scope: str, name: str) -> None:
    assert read(span({}, name=name, scope=scope)).kind == ""


def test_texts_of_turns_stand_in_where_no_call_has_any() -> None:
    """Realtime models take and give speech: the texts are on the turn."""
    now = {"lk.pii.user_input": "Hi", "lk.pii.response.text": "Hello"}
    before = {"lk.user_input": "Hi", "lk.response.text": "Hello"}

    for attributes in (now, before):
        found = read(span(attributes, name="agent_turn", scope="livekit-agents"))
        assert (found.kind, found.input_text, found.output_text) == ("agent", "Hi", "Hello")


def test_averages_and_counts_of_a_whole_call() -> None:
    trace_ai = {
        "gen_ai.voice.latency.turn_avg_ms": 1250,
        "gen_ai.voice.interruptions.user_count": 2,
        "gen_ai.voice.interruptions.assistant_count": 1,
    }
    found = read(span(trace_ai))
    assert (found.answer_wait_s, found.interruptions) == (1.25, 3)

    azure = {
        "gen_ai.operation.name": "connect",
        "gen_ai.voice.first_token_latency_ms": 342.5,
        "gen_ai.voice.interruption_count": 1,
    }
    found = read(span(azure))
    assert (found.answer_wait_s, found.interruptions) == (pytest.approx(0.3425), 1)
    assert dialect_names(span(azure)) == ["otel_genai", "voice_calls"]


@pytest.mark.parametrize("value", ["soon", None, [], {"a": 1}, float("nan"), -3, True, "-0.5"])
def test_odd_values_are_no_figures(value: object) -> None:
    attributes = {
        "lk.e2e_latency": value,
        "lk.interrupted": "yes",
        "turn.user_bot_latency_seconds": value,
        "gen_ai.voice.interruption_count": value,
    }
    for scope, name in (("livekit-agents", "agent_turn"), ("pipecat.turn", "turn"), ("", "x")):
        assert speech([read(span(attributes, name=name, scope=scope))]) == ()


def test_a_conversation_joins_the_speech_of_its_traces() -> None:
    (one,) = normalised("livekit", "call")
    (two,) = normalised("livekit", "talk-over")
    assert one.trace is not None
    assert two.trace is not None

    both = conversation([two.trace, one.trace]).speech

    assert both == (*one.trace.speech, *two.trace.speech)


def test_turns_tell_a_call_whose_model_takes_and_gives_speech() -> None:
    said = [
        ("", "Hello, how can I help?"),
        ("Cancel my order.", "It is cancelled."),
        ("Thanks", "Bye"),
    ]
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    scope.scope.name = "livekit-agents"
    for number, (asked, answered) in enumerate(said, 1):
        turn = scope.spans.add(name="agent_turn", trace_id=bytes(15) + b"1")
        turn.span_id, turn.parent_span_id = bytes(7) + bytes([number]), bytes(7) + b"p"
        turn.start_time_unix_nano = number * 10**9
        turn.end_time_unix_nano = number * 10**9 + 1
        for key, value in {"lk.pii.user_input": asked, "lk.pii.response.text": answered}.items():
            turn.attributes.add(key=key).value.string_value = value
    spans = [(b"", scope.scope.SerializeToString(), s.SerializeToString()) for s in scope.spans]

    found = normalise(RawTrace(bytes(15) + b"1", spans, [], [])).trace

    assert found is not None
    assert [m.content for m in found.messages] == [text for pair in said for text in pair if text]
    assert (found.input, found.output) == ("Thanks", "Bye")
