import pytest

from tests.support.runs import a_run, calls, says, user

CANCEL = user("Please cancel my subscription.")
TOOLS = "cancel_subscription get_account"


@pytest.mark.parametrize(
    ("turns", "label"),
    [
        ((CANCEL, calls("cancel_subscription"), says("It is cancelled.")), "done"),
        (
            (user("Talk to a person"), calls("transfer_to_human"), says("One moment.")),
            "handed_over",
        ),
        (
            (user("How?"), says("Press the button."), user("Perfect, thanks!"), says("Bye")),
            "user_satisfied",
        ),
        ((user("What happens if I cancel?"), says("You keep access until the end.")), "done"),
        ((user("I like this book a lot."), says("Me too!")), "done"),
    ],
)
def test_done(evaluate, turns, label):
    verdict = evaluate("task_completion", a_run(*turns, tools=TOOLS + " book_flight"))
    assert (verdict.label, verdict.passed) == (label, True), verdict


@pytest.mark.parametrize(
    ("turns", "label"),
    [
        ((CANCEL, says("We have a great offer for you this month.")), "not_done"),
        (
            (user("Bitte mein Abo kündigen."), says("Wir haben ein tolles Angebot für Sie.")),
            "not_done",
        ),
        ((user("Cancelar mi suscripción"), says("Tenemos una oferta para usted.")), "not_done"),
        ((CANCEL, says("We value you. Is there anything else I can do?")), "not_done"),
        (
            (
                user("Where is it set?"),
                *[calls("grep", {"p": n}, "no matches") for n in "abc"],
                says("I could not find it."),
            ),
            "gave_up",
        ),
    ],
)
def test_not_done(evaluate, turns, label):
    verdict = evaluate("task_completion", a_run(*turns, tools=TOOLS))
    assert (verdict.label, verdict.passed) == (label, False), verdict


def test_what_is_open(evaluate):
    refused = a_run(CANCEL, says("I can't help with that without a ticket."), tools=TOOLS)
    assert evaluate("task_completion", refused).reason == "uncertain"
    asking = a_run(CANCEL, says("Are you sure?"), tools=TOOLS)
    assert evaluate("task_completion", asking).reason == "uncertain"


def test_the_second_of_two_requests_is_left_undone(evaluate):
    asked = user("Is my parcel there, and order a new label for the other one, please.")
    looked = calls("get_parcel", {}, {"status": "at the counter"})
    run = a_run(asked, looked, says("Your parcel is at the counter."), tools="order_label")
    assert evaluate("task_completion", run).label == "not_done"
    done = a_run(asked, looked, calls("order_label", {}), says("Both are done."))
    assert evaluate("task_completion", done).passed


def test_who_was_angry_at_first_may_be_content_in_the_end(evaluate):
    angry = user("This is the third time I write. Your service is useless!")
    run = a_run(angry, calls("send_item", {}), says("A new one is on its way."), user("Fine then."))
    assert evaluate("task_completion", run).passed is True


SIZES = "Tell me the age of boiler-1, boiler-2 and boiler-7, please."


@pytest.mark.parametrize(
    ("looked_at", "label"),
    [
        (("boiler-1", "boiler-7"), "left_out"),
        (("boiler-1", "boiler-2", "boiler-7"), "done"),
        ((), "done"),
    ],
)
def test_a_list_is_worked_through_to_its_end(evaluate, looked_at, label):
    steps = [calls("get_unit", {"id": name}, {"id": name, "years": 4}) for name in looked_at]
    every = calls("list_units", {}, [{"id": "boiler-1"}, {"id": "boiler-2"}, {"id": "boiler-7"}])
    run = a_run(user(SIZES), *(steps or [every]), says("They are four years old."))
    assert evaluate("task_completion", run).label == label


def test_looking_for_slots_is_not_booking(evaluate):
    asked = user("Please book an inspection for 9 June, any hour will do.")
    looked = calls("garage_slots", {"month": "06"}, {"free": ["06-09"]})
    run = a_run(
        asked, looked, says("The 9th of June is free. See you one day!"), tools="book_visit"
    )
    assert evaluate("task_completion", run).label == "not_done"


def test_what_was_asked_for_may_give_way_to_something_else(evaluate):
    no = says("I can't cancel it without a fee of 105 GBP. Would you rather freeze it?")
    frozen = calls("freeze_membership", {"months": 2}, {"frozen": True})
    asked = (user("Cancel my membership."), no)
    turns = (*asked, user("OK, freeze June and July."), frozen, says("It is frozen."))
    assert evaluate("task_completion", a_run(*turns, tools="cancel_membership")).passed
    turns = (*asked, user("No, as I said."), says("Alright."))
    run = a_run(*turns, tools="cancel_membership freeze_membership")
    assert evaluate("task_completion", run).label == "not_done"


def test_who_ends_dissatisfied_may_have_got_what_there_was(evaluate):
    turns = (CANCEL, says("ok"), user("This is useless, I give up."), says("Bye"))
    assert evaluate("task_completion", a_run(*turns, tools=TOOLS)).reason == "uncertain"


@pytest.mark.parametrize(
    ("last", "stopped"),
    [
        ("It is three seconds. I'll now change it to thirty and run the tests.", True),
        ("db-01 is done. Now moving on to db-02.", True),
        ("Es sind drei. Als nächstes prüfe ich die übrigen.", True),
        ("Il y en a deux. Je relance la recherche pour vérifier.", True),
        ("It is done. If you like, I'll run the tests as well.", False),
        ("Once you confirm, I'll change it.", False),
        ("It is thirty seconds now. Let me know if it is slow.", False),
    ],
)
def test_an_announcement_is_no_work(evaluate, last, stopped):
    run = a_run(user("Raise the limit."), calls("read_file", {"f": "a"}, "limit: 3"), says(last))
    assert (getattr(evaluate("task_completion", run), "label", "") == "stopped") is stopped


def test_a_part_for_which_there_was_a_tool_is_overlooked(evaluate):
    asked = user("Put the heating at 12 degrees and close the water main valve, we leave.")
    heated = calls("set_heating", {"degrees": 12}, {"ok": True})
    run = a_run(asked, heated, says("The heating is at 12 degrees."), tools="set_water_valve")
    assert evaluate("task_completion", run).label == "left_out"
    shut = calls("set_water_valve", {"open": False}, {"ok": True})
    assert evaluate("task_completion", a_run(asked, heated, shut, says("All done."))).passed
    told = says("The heating is at 12 degrees. The water valve has to be closed by hand.")
    run = a_run(asked, heated, told, tools="set_water_valve")
    assert evaluate("task_completion", run).reason == "uncertain"


def test_a_file_that_is_named_is_touched_or_told_of(evaluate):
    asked = user("Rename load to fetch and note it in CHANGES.md.")
    renamed = calls("replace_text", {"old": "load", "new": "fetch"}, {"replaced": 3})
    assert evaluate("task_completion", a_run(asked, renamed, says("Renamed."))).label == "left_out"
    noted = calls("append_text", {"path": "CHANGES.md"}, {"ok": True})
    assert evaluate("task_completion", a_run(asked, renamed, noted, says("Renamed."))).passed


def test_numbers_and_common_words_are_no_list(evaluate):
    asked = user("Dinner for 4, one of us is vegan, please.")
    found = calls("search_restaurants", {"party": 4}, [{"name": "La Serra"}])
    assert evaluate("task_completion", a_run(asked, found, says("La Serra fits."))).passed
