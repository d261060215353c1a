import pytest

from otel_evaluator.model.subject import Signals
from tests.support.runs import a_run, says, user


@pytest.mark.parametrize(
    "text",
    [
        "This is useless, I'm calling somebody else.",
        "wow. third time I ask. terrible service",
        "How many times do I have to explain this?",
        "You people are not listening to me!",
        "Are you even listening? I'm so frustrated.",
        "I give up.",
        "What a waste of my time",
        "Das ist jetzt das dritte Mal, mir reicht es!! Reicht es mir langsam.",
        "Ihr Kundenservice ist furchtbar.",
        "Es una pérdida de tiempo hablar con usted.",
        "Ya es la tercera vez que pregunto, qué vergüenza",
        "J'en ai marre, c'est n'importe quoi.",
        "È la terza volta che lo chiedo, che vergogna!!",
        "Isto é uma perda de tempo.",
        "你们的服务太差了，浪费我的时间",
        "何度も言っています。最悪です。",
        "It is not a RETURN, it is BROKEN. I already told you??",
    ],
)
def test_frustrated(evaluate, text):
    verdict = evaluate("user_signals", a_run(user(text), says("I am sorry.")))
    assert verdict.passed is False, verdict
    assert verdict.value == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order 1042?",
        "I want to speak with a person about it, not a machine.",
        "The charger is broken and I need a new one before the weekend!",
        "Thanks, that was quick!",
        "Great service, thank you so much.",
        "My GPS and USB cables do not work with the VAT invoice.",
        "THANKS",
        "This is a stupid question, but where do I click?",
        "It was my stupid mistake, sorry.",
        "Is it not possible to change the date?",
        "I said Tuesday, sorry, I meant Wednesday.",
        "Das Ladegerät ist kaputt, was kann ich tun?",
        "El cargador no funciona, ¿qué hago?",
        "Le chargeur ne marche pas, que faire ?",
        "我的订单在哪里？",
        "注文はどこですか？",
        "Can you help me write a complaint about a terrible hotel?",
    ],
)
def test_calm(evaluate, text):
    verdict = evaluate("user_signals", a_run(user(text), says("I will look.")))
    assert verdict.passed is True, verdict


def test_the_same_request_again_and_a_person_again(evaluate):
    asked = user("Can I speak to a human please, about my bill?")
    verdict = evaluate("user_signals", a_run(asked, says("Sure?"), asked, says("Bills are sent.")))
    assert (verdict.passed, verdict.label) == (False, "asked_for_person")


def test_thumbs_down(evaluate):
    run = a_run(user("ok"), says("Bye"), signals=Signals(feedback=-1.0))
    assert evaluate("user_signals", run).label == "negative_feedback"
    assert evaluate("user_signals", run, tolerance=3).passed is True


def test_only_the_user_counts(evaluate):
    assert evaluate("user_signals", a_run(user("Hello"), says("This is useless"))).passed
    assert evaluate("user_signals", a_run(says("Hello"))).reason == "no_content"


def test_what_brought_the_user_here_is_not_the_answers_doing(evaluate):
    angry = user("This is RIDICULOUS, your driver never came. Useless service!")
    content = a_run(angry, says("I have sent another one."), user("Oh wow, quick. Thank you!"))
    assert evaluate("user_signals", content).passed
    still = a_run(angry, says("Please wait."), user("I give up, what a waste of my time."))
    assert not evaluate("user_signals", still).passed
