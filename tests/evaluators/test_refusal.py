import pytest

from otel_evaluator.testing import a_message, a_model_call, a_subject

REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I\u2019m sorry, I can\u2019t assist with that request.",
    "I cannot provide medical advice.",
    "Unfortunately I am unable to process your request.",
    "As an AI language model, I don't have the ability to do this and cannot say.",
    "I won't share other customers' data.",
    "Leider kann ich Ihnen dabei nicht helfen.",
    "Das darf ich Ihnen nicht mitteilen, ich kann dazu keine Auskunft geben und nicht helfen.",
    "Lo siento, no puedo ayudarte con eso.",
    "Je ne peux malheureusement pas vous aider.",
    "Mi dispiace, non posso aiutarti.",
    "Desculpe, não posso ajudar com isso.",
    "Sorry, ik kan je daar niet mee helpen.",
    "抱歉，我无法帮助您完成这个请求。",
    "申し訳ありませんが、お手伝いすることはできません。",
]
ANSWERS = [
    "I can't find your order; could you check the number?",
    "I couldn't see any payment on that day.",
    "Sure, I can help with that.",
    "You can't return shoes that were worn.",
    "We cannot wait to see you!",
    "Ich kann Ihre Bestellung nicht finden.",
    "Nein, das ist kein Problem.",
    "No puedo encontrar su pedido.",
    "Je ne trouve pas votre commande.",
    "您的订单已经发出。",
]


@pytest.mark.parametrize("reply", REFUSALS)
def test_refusals(evaluate, reply):
    verdict = evaluate("refusal", a_subject(reply))
    assert (verdict.value, verdict.label, verdict.passed) == (0.0, "refusal", False)


@pytest.mark.parametrize("reply", ANSWERS)
def test_answers(evaluate, reply):
    verdict = evaluate("refusal", a_subject(reply))
    assert (verdict.value, verdict.label, verdict.passed) == (1.0, "answer", True)


def test_a_refusal_in_an_earlier_turn_of_the_subject_counts(evaluate):
    replies = [a_message("assistant", REFUSALS[0]), a_message("assistant", "Bye!")]
    messages = (a_message(), replies[0], a_message("user", "OK, bye"), replies[1])
    calls = tuple(a_model_call(output=(reply,)) for reply in replies)
    verdict = evaluate("refusal", a_subject(messages=messages, calls=calls))
    assert verdict.explanation == "answer 1 of 2 refuses"


def test_replayed_history_does_not_count(evaluate):
    replies = [a_message("assistant", REFUSALS[0]), a_message("assistant", "Bye!")]
    messages = (a_message(), replies[0], a_message("user", "OK, bye"), replies[1])
    subject = a_subject(messages=messages, calls=(a_model_call(output=(replies[1],)),))
    assert evaluate("refusal", subject).passed
