import pytest

from otel_evaluator.errors import ConfigError
from otel_evaluator.testing import a_message, a_model_call, a_subject
from otel_evaluator.text.languages import detector
from tests.support.runs import a_run, says, user

TEXTS = {
    "en": "Where is the order that I placed with you last week?",
    "de": "Wo bleibt denn die Bestellung, die ich letzte Woche aufgegeben habe?",
    "es": "¿Dónde está el pedido que hice la semana pasada con ustedes?",
    "fr": "Où se trouve la commande que j'ai passée la semaine dernière ?",
    "it": "Dove si trova l'ordine che ho fatto la settimana scorsa da voi?",
    "pt": "Onde está a encomenda que fiz na semana passada com vocês?",
    "nl": "Waar blijft de bestelling die ik vorige week bij jullie heb geplaatst?",
    "zh": "我上周在你们这里下的订单现在在哪里？",
    "ja": "先週そちらで注文した商品は今どこにありますか。",
    "ko": "지난주에 주문한 상품은 지금 어디에 있습니까?",
}


@pytest.mark.parametrize("question", TEXTS)
@pytest.mark.parametrize("answer", TEXTS)
def test_every_pair(evaluate, question, answer):
    verdict = evaluate("language_match", a_subject(TEXTS[answer], TEXTS[question]))
    assert verdict.passed is (question == answer)
    if question != answer:
        assert verdict.explanation == f"answer 1 is in {answer}, expected {question}"


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("Hi", "OK"),
        (TEXTS["de"], "4711"),
        ("1042", TEXTS["de"]),
        ("Translate 'good morning, dear guests' into German please", "Guten Morgen, liebe Gäste"),
        ("", TEXTS["en"]),
    ],
)
def test_what_cannot_be_told_is_uncertain(evaluate, question, reply):
    verdict = evaluate("language_match", a_subject(reply, question))
    assert verdict.reason == "uncertain"


def test_fixed_language(evaluate):
    subject = a_subject(TEXTS["en"], TEXTS["en"])
    assert not evaluate("language_match", subject, expected="de").passed
    assert evaluate("language_match", subject, expected="EN").passed


def test_a_short_turn_keeps_the_language_spoken_so_far(evaluate):
    replies = [a_message("assistant", TEXTS["es"]), a_message("assistant", TEXTS["en"])]
    messages = (a_message("user", TEXTS["es"]), replies[0], a_message("user", "sí"), replies[1])
    calls = tuple(a_model_call(output=(reply,)) for reply in replies)
    verdict = evaluate("language_match", a_subject(messages=messages, calls=calls))
    assert verdict.explanation == "answer 2 is in en, expected es"


def test_code_and_links_have_no_language(evaluate):
    reply = "```python\nfor the in of_and: print('is to be')\n``` https://the.of.and/is Bitte so."
    assert evaluate("language_match", a_subject(reply, TEXTS["de"])).reason == "uncertain"


def test_unknown_code(evaluate):
    with pytest.raises(ConfigError, match=r"evaluators\[0\]\.languages\[1\]: no language .*'xx'"):
        evaluate("language_match", a_subject(), languages=["en", "xx"])


def test_detectors_are_shared():
    assert detector(frozenset({"en", "de"})) is detector(frozenset({"de", "en"}))


def test_passages_before_the_question_do_not_count(evaluate):
    asked = f"Context:\n\n[1] {TEXTS['en']} {TEXTS['en']}\n\nFrage: {TEXTS['de']}"
    assert evaluate("language_match", a_subject(TEXTS["de"], asked)).passed
    assert not evaluate("language_match", a_subject(TEXTS["en"], asked)).passed


def test_a_short_answer_full_of_names_is_not_taken_for_another_language(evaluate):
    reply = "Thank you for calling Lindenhof Dental, goodbye!"
    assert evaluate("language_match", a_subject(reply, TEXTS["en"])).passed


@pytest.mark.parametrize(
    ("second", "reply"),
    [
        ("Veranstaltung. Livia Marchetti, livia.marchetti@posta.example", "en"),
        ("Können wir bitte Deutsch sprechen?", "de"),
        ("Können wir bitte Deutsch sprechen?", "en"),
    ],
)
def test_a_short_message_does_not_end_the_language_spoken_so_far(evaluate, second, reply):
    answers = {"en": "Certainly, I have put you on the list.", "de": "Gern, ich habe Sie notiert."}
    turns = (user(TEXTS["en"]), says("It left our warehouse yesterday evening."))
    run = a_run(*turns, user(second), says(answers[reply]))
    assert evaluate("language_match", run).passed


def test_another_language_than_any_spoken_is_wrong(evaluate):
    turns = (user(TEXTS["en"]), says("It left our warehouse yesterday evening."))
    run = a_run(*turns, user("Können wir bitte Deutsch sprechen?"), says(TEXTS["fr"]))
    assert evaluate("language_match", run).passed is False


def test_after_a_translation_both_languages_are_spoken(evaluate):
    asked = user("¿Me traduces al inglés esta cartela del museo, por favor?")
    first = says("Claro: Esparto basket, used for carrying olives around 1920.")
    second = user("Mejor la corta. ¿Puedes ponerla otra vez, sin la fecha?")
    run = a_run(asked, first, second, says("Here it is: Esparto basket, used for carrying olives."))
    assert getattr(evaluate("language_match", run), "passed", None) is not False


def test_languages_that_are_not_told_apart_are_left_alone(evaluate):
    asked = "Dzień dobry, chciałbym zmienić opony na letnie w środę po południu."
    reply = "W środę po południu mamy dwa wolne terminy, który Panu odpowiada najbardziej?"
    assert evaluate("language_match", a_subject(reply, asked)).reason == "uncertain"
