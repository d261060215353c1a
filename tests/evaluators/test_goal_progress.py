import pytest

from tests.support.runs import a_run, calls, fails, says, user

HITS = {
    "hits": [
        {"name": "Polar glove", "material": "softshell"},
        {"name": "Nordkapp glove", "material": "goat leather"},
    ]
}


@pytest.mark.parametrize(
    "request_",
    ["Gloves please, nothing with leather.", "No leather please.", "I don't want leather gloves."],
)
def test_what_was_ruled_out(evaluate, request_):
    asked = (user(request_), calls("search", {}, HITS))
    drift = evaluate("goal_progress", a_run(*asked, says("Take the Nordkapp glove.")))
    assert (drift.label, drift.passed) == ("drift", False)
    assert evaluate("goal_progress", a_run(*asked, says("Take the Polar glove."))).passed
    fair = says("The Nordkapp glove is warmer, but it is not free of leather.")
    assert evaluate("goal_progress", a_run(*asked, fair)).passed


def test_a_wish_that_is_never_taken_up(evaluate):
    turns = (
        user("I need to cancel my appointment."),
        says("Did you know our whitening offer? It is lovely."),
        user("No thanks, I just want to cancel."),
        says("Thank you for calling, goodbye!"),
    )
    verdict = evaluate("goal_progress", a_run(*turns, tools="cancel_appointment list_slots"))
    assert (verdict.label, verdict.passed) == ("drift", False)
    assert not fails(evaluate("goal_progress", a_run(*turns))), "no tool could do it"
    asked = (*turns[:-1], says("Which appointment do you mean?"))
    assert evaluate("goal_progress", a_run(*asked, tools="cancel_appointment")).passed
    done = (*turns[:-1], calls("cancel_appointment"), says("Done, goodbye."))
    assert evaluate("goal_progress", a_run(*done)).passed


def test_gathering_what_is_needed_is_progress(evaluate):
    turns = (
        user("I want to book a table."),
        says("For which day?"),
        user("Can you book it for Friday?"),
        says("For how many people?"),
    )
    assert evaluate("goal_progress", a_run(*turns, tools="book_table")).passed


@pytest.mark.parametrize(
    ("request_", "record", "answer"),
    [
        (
            "A dessert without gluten, please.",
            {"name": "Plum tart", "allergens": ["gluten", "egg"]},
            "I recommend our plum tart.",
        ),
        (
            "I can't eat shellfish. What is there?",
            {"item": "Garlic pasta", "contains": ["shellfish"]},
            "Try the garlic pasta!",
        ),
    ],
)
def test_what_was_ruled_out_in_a_list(evaluate, request_, record, answer):
    run = a_run(user(request_), calls("get_menu", {}, {"dishes": [record]}), says(answer))
    assert evaluate("goal_progress", run).label == "drift"
    other = {**record, "allergens": ["egg"], "contains": []}
    run = a_run(user(request_), calls("get_menu", {}, {"dishes": [other]}), says(answer))
    assert evaluate("goal_progress", run).passed


@pytest.mark.parametrize(
    ("first", "record", "drifts"),
    [
        ({"city": "Lugo", "lift": True}, {"name": "Casa Verde", "lift": False}, True),
        ({"city": "Lugo", "lift": True}, {"name": "Casa Verde", "lift": True}, False),
        ({"city": "Lugo", "max_price": 70}, {"name": "Casa Verde", "eur": 95}, True),
        ({"city": "Lugo", "max_price": 70}, {"name": "Casa Verde", "eur": 65}, False),
        ({"city": "Lugo", "min_beds": 3}, {"name": "Casa Verde", "beds": 2}, True),
        ({"city": "Lugo"}, {"name": "Casa Verde", "eur": 95}, False),
    ],
)
def test_conditions_of_an_earlier_search_hold_on(evaluate, first, record, drifts):
    earlier = {"flats": [{"name": "Torre Alta", "eur": 60}]}
    run = a_run(
        user("A flat in Lugo, you know what I need."),
        calls("find_flats", first, earlier),
        says("Torre Alta costs 60 EUR."),
        user("Is there one with a balcony?"),
        calls("find_flats", {"city": "Lugo"}, {"flats": [record]}),
        says("Yes: Casa Verde has a balcony."),
    )
    assert (evaluate("goal_progress", run).label == "drift") is drifts


@pytest.mark.parametrize(
    ("asked", "price", "answer", "drifts"),
    [
        ("A room in Vigo, at most 120 EUR a night.", 139, "Casa Alta costs 139 EUR.", True),
        ("Une chambre à Vigo, au plus 120 € la nuit.", 139, "Casa Alta est libre.", True),
        ("A room in Vigo, at most 120 EUR a night.", 99, "Casa Alta costs 99 EUR.", False),
        ("A room in Vigo, at most 120 EUR.", 139, "Casa Alta is a bit over, 139 EUR.", False),
        ("A room in Vigo for 3 nights.", 139, "Casa Alta costs 139 EUR.", False),
    ],
)
def test_a_limit_that_the_user_set(evaluate, asked, price, answer, drifts):
    found = {"rooms": [{"name": "Casa Alta", "price_per_night": price}]}
    run = a_run(user(asked), calls("find_rooms", {"city": "Vigo"}, found), says(answer))
    assert (evaluate("goal_progress", run).label == "drift") is drifts


@pytest.mark.parametrize(
    ("asked", "later", "answer", "drifts"),
    [
        ("Any day except Wednesday.", "The first one.", "I've booked Wednesday the 15th.", True),
        ("Mittwoch geht nicht.", "Gut.", "Ich habe Sie für Mittwoch eingetragen.", True),
        ("Any day except Wednesday.", "Friday then.", "I've booked Friday, not Wednesday.", False),
        (
            "Any day except Wednesday.",
            "Wednesday is fine after all.",
            "I've booked Wednesday.",
            False,
        ),
        ("Any day except Wednesday.", "Well?", "Wednesday is all that there is.", False),
    ],
)
def test_a_day_that_the_user_ruled_out(evaluate, asked, later, answer, drifts):
    run = a_run(user(asked), says("There are some."), user(later), says(answer))
    assert (getattr(evaluate("goal_progress", run), "label", "") == "drift") is drifts


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("A pasta dinner for six, everything vegan.", "uncertain"),
        ("Vier Plätze zusammen, ohne Treppen.", "uncertain"),
        ("Une chambre, seulement au rez-de-chaussée.", "uncertain"),
        ("A pasta dinner for six, at most 40 EUR.", ""),
        ("A pasta dinner for six, no nuts.", ""),
        ("A pasta dinner for six.", ""),
    ],
)
def test_conditions_that_words_do_not_tell_of(evaluate, asked, reason):
    found = {"items": [{"name": "Rigatoni", "price": 3}]}
    answer = says("I found Rigatoni.")
    run = a_run(user(asked), calls("search_products", {"query": "x"}, found), answer)
    assert getattr(evaluate("goal_progress", run), "reason", "") == reason
    assert evaluate("goal_progress", a_run(user(asked), answer)).passed


@pytest.mark.parametrize(
    ("asked", "booked", "label"),
    [
        ("A check-up next week, I can only come after 3 pm.", "at 1:45 pm", "drift"),
        ("Einen Termin nächste Woche, erst ab 15 Uhr.", "um 13:45 Uhr", "drift"),
        ("Dois lugares, a partir das 19h.", "às 18h40", "drift"),
        ("Une table, avant 20h.", "à 21h30", "drift"),
        ("Une table, surtout pas après 19h30.", "à 20h30", "drift"),
        ("Un corso, dalle 18:00 in poi.", "alle 18:30", "pass"),
        ("A check-up, nothing before 8:30, please.", "at 9:30 am", "pass"),
        ("A room from 9 am to 11 am.", "at 8:00 am", "pass"),
        ("A check-up, I am away from 2 pm.", "at 1:45 pm", "pass"),
    ],
)
def test_hours_that_the_user_set(evaluate, asked, booked, label):
    slot = calls("book_slot", {"slot": "K-14"}, {"booked": True})
    run = a_run(user(asked), slot, says(f"Booked: {booked}."))
    verdict = evaluate("goal_progress", run)
    assert (getattr(verdict, "label", "uncertain") == "drift") is (label == "drift"), verdict
    later = a_run(user(asked), says("Which one?"), user("The first."), slot, says(booked))
    assert not fails(evaluate("goal_progress", later))


def test_what_a_step_chose_above_the_limit(evaluate):
    asked = user("A flight to Bologna, at most 300 EUR. Hold what fits.")
    fares = [{"fare_id": "F2", "price": 318}, {"fare_id": "F3", "price": 287}]
    looked = calls("search_flights", {"to": "BLQ"}, {"fares": fares})
    told = says("I've put a hold on it.")
    dear = a_run(asked, looked, calls("hold_fare", {"fare_id": "F2"}), told)
    assert evaluate("goal_progress", dear).label == "drift"
    fits = a_run(asked, looked, calls("hold_fare", {"fare_id": "F3"}), told)
    assert not fails(evaluate("goal_progress", fits))
    case = calls("get_case", {"case_id": "F2"}, {"case_id": "F2", "price": 318})
    rushed = a_run(asked, case, calls("order_rush", {"case_id": "F2"}), told)
    assert not fails(evaluate("goal_progress", rushed))
