import pytest

from otel_evaluator.evaluators.repetition import repeated_share
from otel_evaluator.testing import a_subject

SENTENCE = "Version 1.9 adds gift cards and fixes the rounding of totals."


@pytest.mark.parametrize(
    "text",
    [
        " ".join([SENTENCE] * 6),
        f"{SENTENCE}\n{SENTENCE}",
        "Please hold the line while I look. " + SENTENCE + " " + SENTENCE.replace("adds", "added"),
        "the cat sat on the mat and then " * 20,
        "订单已经发出请您耐心等待" * 8,
        "I am sorry about that. " * 5,
    ],
)
def test_repeated(evaluate, text):
    verdict = evaluate("repetition", a_subject(text))
    assert verdict.passed is False
    assert verdict.value < 0.75
    assert "of answer 1 repeats earlier text" in verdict.explanation


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE,
        "These times:\n- 10:00 with Dr. Brandt in room A\n- 10:30 with Dr. Brandt in room A",
        "| shoes in size 41 | 49.90 EUR |\n| shoes in size 42 | 59.90 EUR |",
        "Yes. Yes. Yes.",
        "Your order left our warehouse. It should be with you on Monday. If not, call us again.",
    ],
)
def test_not_repeated(evaluate, text):
    verdict = evaluate("repetition", a_subject(text))
    assert verdict.passed is True
    assert verdict.value > 0.75


def test_share_grows_with_repetition():
    shares = [repeated_share(" ".join([SENTENCE] * n)) for n in (1, 2, 4, 8)]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] > 0.8


def test_limit(evaluate):
    subject = a_subject(f"{SENTENCE} {SENTENCE}")
    assert evaluate("repetition", subject, max_share=0.9).passed


def test_records_look_alike(evaluate):
    items = ",".join(f'{{"n":{n},"mood":"good","topics":["price","support"]}}' for n in range(9))
    assert evaluate("repetition", a_subject(f"[{items}]")).passed
    assert not evaluate("repetition", a_subject(f"[{items}" * 3)).passed
