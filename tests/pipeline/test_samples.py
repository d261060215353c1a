import json

import pytest

from otel_evaluator.model.genai import Message, ToolCall
from otel_evaluator.model.outcome import Sampling
from otel_evaluator.pipeline.samples import sample_of
from otel_evaluator.testing.builders import a_subject
from otel_evaluator.text.redact import Redactor, finder

MAIL = "ada.lovelace@example.com"
CARD = "4111 1111 1111 1111"


@pytest.fixture(scope="module")
def us_finder():
    return finder(("US",))


def test_a_value_has_one_placeholder_throughout_a_subject(us_finder):
    redactor = Redactor(us_finder)
    assert redactor.text(f"write to {MAIL}") == "write to <EMAIL_1>"
    assert redactor.text(f"not bob@example.com but {MAIL.upper()}") == "not <EMAIL_2> but <EMAIL_1>"


def test_redaction_reaches_every_text_of_the_transcript(us_finder):
    messages = (
        Message("user", f"my card is {CARD}"),
        Message("assistant", "", (ToolCall("pay", {"card": CARD, "to": [MAIL]}, "t1"),)),
        Message("tool", json.dumps({"receipt": MAIL}), tool_call_id="t1"),
    )
    subject = a_subject(reply=f"sent to {MAIL}", messages=messages)
    sample = sample_of(subject, Sampling(), us_finder)
    everything = sample.input + sample.output + sample.transcript
    assert MAIL not in everything
    assert CARD not in everything
    assert "<CARD_1>" in sample.transcript
    assert json.loads(sample.transcript)["messages"][0]["role"] == "user"


def test_long_texts_are_redacted_to_their_end(us_finder):
    text = "word " * 20_000 + MAIL
    assert Redactor(us_finder).text(text).endswith("word <EMAIL_1>")
    assert len(Redactor(us_finder).text("x" * 200_000)) == 200_000


def test_without_a_finder_texts_are_kept():
    subject = a_subject(reply=f"sent to {MAIL}")
    assert MAIL in sample_of(subject, Sampling(), None).output


def test_lone_surrogates_and_bytes_can_be_stored():
    message = Message("user", "half \ud83d of a pair")
    subject = a_subject(messages=(message, Message("assistant", "", (ToolCall("t", b"\xff"),))))
    assert "half ? of a pair" in sample_of(subject, Sampling(), None).transcript


def test_huge_transcripts_keep_the_last_messages():
    messages = tuple(Message("user", f"{n} " + "x" * 50_000) for n in range(40))
    sample = sample_of(a_subject(messages=messages), Sampling(), None)
    assert len(sample.transcript) <= 1 << 20
    assert '"39 ' in sample.transcript
