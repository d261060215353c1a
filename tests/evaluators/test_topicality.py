import pytest

from tests.support.runs import a_run, calls, fails, says, user

SHIPPING = (
    "Containers were introduced by Malcolm McLean in 1956, and ports such as Rotterdam grew "
    "enormously. Would you like to hear more about the history of logistics?"
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How do I see which tag a pod runs?", SHIPPING),
        (
            "Wie lange gilt meine Rückfahrkarte nach Hamburg?",
            "Kartoffeln stammen aus Südamerika und wurden von Seefahrern nach Europa gebracht, wo "
            "Bauern anfangs skeptisch blieben und Könige Werbung dafür machten.",
        ),
    ],
)
def test_off_topic(evaluate, question, answer):
    verdict = evaluate("topicality", a_run(user(question), says(answer)))
    assert (verdict.label, verdict.passed) == ("off_topic", False)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How do I see which tag a pod runs?", "Run kubectl get pod NAME and look at the image."),
        ("Thanks!", SHIPPING),
        ("Tell me about shipping containers.", SHIPPING),
        ("¿Cuánto dura la garantía de la bicicleta que compré?", SHIPPING),
        ("What does my policy cover?", "I'm sorry, I cannot tell; nothing here speaks of that."),
    ],
)
def test_on_topic(evaluate, question, answer):
    verdict = evaluate("topicality", a_run(user(question), says(answer)))
    assert verdict.passed is True, verdict


def test_words_of_its_own(evaluate):
    run = a_run(user("Write a short poem about autumn mornings"), says(SHIPPING))
    assert evaluate("topicality", run).reason == "uncertain"


def test_answers_from_tools_may_use_other_words(evaluate):
    run = a_run(user("Which tag does the pod run?"), calls("look", {}, "v1"), says(SHIPPING))
    assert not fails(evaluate("topicality", run))
    assert evaluate("topicality", a_run(says("Hello there"))).reason == "not_applicable"
