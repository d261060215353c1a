import pytest

from otel_evaluator.model.outcome import Skipped, Unscored
from tests.support.runs import a_run, a_run_without_content, calls, says, user

MISSING = {"error": "validation_error", "detail": "patient_id: field required"}
DOWN = {"error": "timeout after 30 s"}
GONE = {"error": "order not found"}


def failing(result=DOWN, name="book_table"):
    return calls(name, {"day": "Friday"}, result, error=True)


@pytest.mark.parametrize(
    ("turns", "label"),
    [
        ((failing(), calls("book_table"), says("Your table is booked.")), "pass"),
        ((failing(MISSING), calls("book_table"), says("Done.")), "pass"),
        ((failing(MISSING), says("Which patient is it for?")), "asked"),
        ((failing(MISSING), says("Bitte nennen Sie mir Ihr Geburtsdatum.")), "asked"),
        ((failing(GONE), says("I could not find that order.")), "told"),
        ((failing(GONE), says("Diese Bestellung gibt es leider nicht.")), "told"),
        ((failing(GONE), says("No encuentro ese pedido en el sistema.")), "told"),
        ((failing(GONE), says("Je ne trouve pas cette commande.")), "told"),
        ((failing(GONE), says("抱歉，没有找到该订单。")), "told"),
        ((failing(GONE), says("ご注文が見つかりませんでした。")), "told"),
        ((failing(), calls("transfer_to_human"), says("One moment.")), "handed_over"),
        (
            (failing(name="search_web"), calls("search_docs"), says("There is a table.")),
            "replaced",
        ),
    ],
)
def test_recovered(evaluate, turns, label):
    verdict = evaluate("error_recovery", a_run(user("A table for Friday, please."), *turns))
    if label == "pass":
        assert isinstance(verdict, Skipped) or verdict.passed, verdict
    else:
        assert (verdict.label, verdict.passed) == (label, True)


@pytest.mark.parametrize(
    ("turns", "label"),
    [
        ((failing(), says("Your table is booked for Friday. Enjoy!")), "ignored"),
        ((failing(GONE), says("Your order will arrive on Monday with the carrier.")), "ignored"),
        ((failing(GONE), says("Ihre Bestellung kommt am Montag mit der Post.")), "ignored"),
        (
            (failing(GONE), says("Su pedido llega el lunes por la mañana con el cartero.")),
            "ignored",
        ),
        ((failing(MISSING), says("Something is not working, try later.")), "given_up"),
        ((failing({"error": 'no column "a", you meant "b"'}), says("It failed.")), "given_up"),
        ((failing(MISSING), failing(MISSING), says("I booked the table for you.")), "ignored"),
        (
            (calls("book_table", {}, {"success": False, "message": "db"}), says("All set!")),
            "ignored",
        ),
        ((calls("book_table", {}, "Error: connection reset"), says("You are all set.")), "ignored"),
        ((failing(GONE), says("No problem, it is on Friday instead of Monday.")), "ignored"),
        ((failing(GONE), says("It is all set, you don't have to wait.")), "ignored"),
    ],
)
def test_not_recovered(evaluate, turns, label):
    verdict = evaluate("error_recovery", a_run(user("A table for Friday, please."), *turns))
    assert (verdict.label, verdict.passed) == (label, False)
    assert verdict.value == 0.0
    assert "'book_table'" in verdict.explanation
    assert len(verdict.span_id) == 16


def test_each_tool_counts_once(evaluate):
    run = a_run(
        user("Book a table and order a taxi."),
        failing(),
        failing(name="order_taxi"),
        calls("order_taxi"),
        says("Your table is booked and the taxi is on its way."),
    )
    verdict = evaluate("error_recovery", run)
    assert verdict.passed is False
    assert "book_table" in verdict.explanation


def test_telling_can_be_enough(evaluate):
    run = a_run(user("Book"), failing(MISSING), says("That did not work."))
    assert evaluate("error_recovery", run).passed is False
    assert evaluate("error_recovery", run, reporting_is_enough=True).passed is True


def test_what_cannot_be_told(evaluate):
    polish = a_run(user("Stolik"), failing(), says("Stolik zarezerwowany na piątek, zapraszamy."))
    assert evaluate("error_recovery", polish).reason == "uncertain"
    cut = a_run(user("Book a table"), failing())
    assert isinstance(evaluate("error_recovery", cut), Unscored)
    assert evaluate("error_recovery", a_run_without_content("a")).reason == "no_content"


def test_what_was_read_is_no_failure(evaluate):
    log = "Error: disk full\nError: disk full\n" * 20
    run = a_run(user("What is in the log?"), calls("read_file", {}, log), says("The disk is full."))
    assert isinstance(evaluate("error_recovery", run), Skipped)


BUSY = {"error": "503 temporarily unavailable", "retry_after_s": 2}
EXPIRED = {"error": "QUOTE_EXPIRED", "message": "Get a new one with get_quote."}


@pytest.mark.parametrize(
    ("turns", "label"),
    [
        ((failing(BUSY), says("The system is not available, sorry.")), "given_up"),
        ((failing(BUSY), failing(BUSY), says("The system is not available, sorry.")), "told"),
        ((failing(BUSY), says("It is down. Shall I try once more?")), "told"),
        ((failing(EXPIRED), says("Unfortunately that failed.")), "given_up"),
        ((failing(EXPIRED), calls("get_quote"), says("It is now 5 EUR, is that right?")), "told"),
        ((failing(), says("You're booked! It won't take long.")), "ignored"),
        ((failing(MISSING), says("That failed. Please check our web site.")), "given_up"),
    ],
)
def test_what_a_failure_says_to_do(evaluate, turns, label):
    run = a_run(user("A table for Friday, please."), *turns, tools="get_quote")
    assert evaluate("error_recovery", run).label == label


def test_telling_of_what_may_be_tried_again_can_be_enough(evaluate):
    run = a_run(user("A table, please."), failing(BUSY), says("It is not available, sorry."))
    assert evaluate("error_recovery", run, reporting_is_enough=True).label == "told"
