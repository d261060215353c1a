import msgspec
import pytest

from otel_evaluator.model.genai import Document, Retrieval
from otel_evaluator.testing import a_message, a_model_call, a_subject, a_tool_call
from otel_evaluator.testing.doubles import EPOCH_NS
from tests.support.runs import a_run, calls, fails, says, user


def told(evidence, reply, role="tool"):
    """A subject in which ``evidence`` is a tool result (or another role's words) before a reply."""
    call = a_message("assistant", "", tool_calls=(a_tool_call(),))
    fields = {"tool_call_id": "call_1", "name": "find"} if role == "tool" else {}
    known = a_message(role, evidence, **fields)
    return a_subject(messages=(a_message(), call, known, a_message("assistant", reply)))


SUPPORTED = [
    ('{"price": 49.9}', "It costs 49.90 EUR."),
    ('{"price": 49.9}', "Das kostet 49,90 €."),
    ('{"amount": 1234.5, "currency": "USD"}', "We refund $1,234.50."),
    ("Die Kosten betragen 1.234,50 €", "That is 1,234.50 euros."),
    ('{"total_eur": 640}', "That would be six hundred and forty euro."),
    ('{"amount_cents": 4990}', "It is 49.90 EUR."),
    ("¥5,000", "5000円です。"),
    ("Shipping costs 4.90 EUR and the shoes 49.90 EUR", "Together 54.80 EUR."),
    ('{"price_eur": 100, "discount_percent": 20}', "You pay 80 EUR."),
    ('{"price_eur": 12.5, "quantity": 4}', "That makes 50 EUR."),
    ('{"bonus_eur":40,"x":[1.5,2.5]}', "You get forty euro, or 2.50 EUR."),
    ('{"delivered_on": "2026-11-16", "return_days": 30}', "Return it until 16 December."),
    ('{"ordered": "2026-11-16", "weeks": 2}', "It comes on November 30."),
    ('{"start": "2026-11-23T11:20"}', "Monday the twenty-third at eleven twenty."),
    ('{"start": "2026-11-23T15:40"}', "On 23 November at three forty."),
    ('{"start": "2026-11-23T15:40:00+01:00"}', "On November 23rd at 3:40 pm."),
    ('{"start": "2026-12-03T13:00"}', "Thursday the third of December at one o'clock."),
    ('{"start": "2026-12-03T10:30"}', "Am Donnerstag, dem 3. Dezember, um 10.30 Uhr."),
    ('{"start": "2026-12-03T10:30"}', "Le jeudi 3 décembre à 10h30."),
    ('{"start": "2026-12-03T10:30"}', "El jueves 3 de diciembre a las 10:30."),
    ('{"start": "2026-12-03T15:00"}', "12月3日3点"),
    ('{"date": "03/12/2026"}', "It is on 3 December 2026."),
    ('{"date": "03/12/2026"}', "It is on March 12, 2026."),
    ("We are open Monday to Friday, 8:00-18:00.", "We open at 8 am on Friday."),
    ("Can I come at five?", "Yes, 5 pm is fine."),
    ("half past ten", "At 10:30."),
]
UNSUPPORTED = [
    ('{"price": 49.9}', "It costs 59.90 EUR.", "money 59.9 EUR"),
    ("49.90 USD", "It costs 49.90 EUR.", "money 49.9 EUR"),
    ('{"status": "shipped"}', "You get a 20 EUR credit.", "money 20 EUR"),
    ('{"status": "shipped"}', "That is six hundred and forty euro.", "money 640 EUR"),
    ('{"order": "A-640", "id": "P-640"}', "It costs 640 EUR.", "money 640 EUR"),
    ('{"start": "2026-11-23T11:20"}', "Tuesday at 11:20.", "weekday Tuesday"),
    ('{"start": "2026-11-23T11:20"}', "The 24th of November.", "date 11-24"),
    ('{"start": "2026-11-23T11:20"}', "On 23 November at 12:20.", "time 12:20"),
    ('{"start": "2026-11-23T15:40"}', "At 3:40 am.", "time 3:40"),
    ('{"start": "2026-11-23T15:40"}', "On 23 November 2027.", "date 2027-11-23"),
]


@pytest.mark.parametrize(("evidence", "reply"), SUPPORTED)
def test_supported(evaluate, evidence, reply):
    verdict = evaluate("commitments", told(evidence, reply))
    assert (verdict.value, verdict.label, verdict.explanation) == (1.0, "pass", "")


@pytest.mark.parametrize(("evidence", "reply", "what"), UNSUPPORTED)
def test_unsupported(evaluate, evidence, reply, what):
    verdict = evaluate("commitments", told(evidence, reply))
    assert verdict.passed is False
    assert verdict.explanation == f"nothing before it supports {what} in answer 1"


@pytest.mark.parametrize(
    "reply",
    [
        "How can I help you today?",
        "I have three ideas, and one more.",
        "Version 3.5.2 fixes 12 bugs, see ticket 1042.",
        "You may 2 times try it on the 2nd floor.",
        "It is rated 4.5. Many like it.",
    ],
)
def test_nothing_is_promised(evaluate, reply):
    verdict = evaluate("commitments", a_subject(reply))
    assert (verdict.value, verdict.label, verdict.passed) == (1.0, "none", True)


@pytest.mark.parametrize("role", ["tool", "system", "user", "assistant"])
def test_every_earlier_message_supports(evaluate, role):
    assert evaluate("commitments", told("The price is 12.50 EUR", "12.50 EUR", role)).passed


def test_documents_support(evaluate):
    found = Retrieval("1", documents=(Document("1", "The fee is 12.50 EUR."),))
    assert evaluate("commitments", a_subject("12.50 EUR", retrievals=(found,))).passed
    assert not evaluate("commitments", a_subject("12.50 EUR")).passed


def test_later_messages_do_not_support(evaluate):
    messages = (
        a_message(),
        a_message("assistant", "You get 30 EUR."),
        a_message("user", "30 EUR, really?"),
    )
    assert not evaluate("commitments", a_subject(messages=messages)).passed


def test_an_invented_amount_is_reported_once(evaluate):
    replies = [a_message("assistant", "You get 30 EUR."), a_message("assistant", "Yes, 30 EUR.")]
    messages = (a_message(), replies[0], a_message("user", "Really?"), replies[1])
    calls = tuple(a_model_call(output=(reply,)) for reply in replies)
    verdict = evaluate("commitments", a_subject(messages=messages, calls=calls))
    assert verdict.value == 0.5
    assert verdict.explanation == "nothing before it supports money 30 EUR in answer 1"


def test_arguments_support_once_the_tool_accepted_them(evaluate):
    def refunded(error):
        call = a_tool_call("refund", {"amount": 30, "currency": "EUR"})
        result = a_message("tool", "done", tool_call_id=call.id, error=error)
        asked = a_message("assistant", "", tool_calls=(call,))
        reply = a_message("assistant", "I refunded 30 EUR.")
        return a_subject(messages=(a_message(), asked, result, reply))

    assert evaluate("commitments", refunded(error=False)).passed
    assert not evaluate("commitments", refunded(error=True)).passed


def test_today_is_known(evaluate):
    # The builders' day is Thursday, 1 January 2026.
    assert evaluate("commitments", a_subject("Today is Thursday, 1 January.")).passed
    later = a_subject("Today is Thursday, 1 January.", start_ns=EPOCH_NS + 5 * 86_400 * 10**9)
    assert not evaluate("commitments", later).passed


def test_arithmetic_can_be_switched_off(evaluate):
    subject = told("Shipping 4.90 EUR, shoes 49.90 EUR", "Together 54.80 EUR.")
    assert not evaluate("commitments", subject, arithmetic=False).passed


def test_kinds(evaluate):
    subject = told("nothing", "30 EUR or 15 % off, on 3 May at 10:30")
    for kind, shown in {
        "money": "30 EUR",
        "percentage": "15 %",
        "date": "05-03",
        "time": "10:30",
    }.items():
        verdict = evaluate("commitments", subject, kinds=[kind])
        assert verdict.explanation == f"nothing before it supports {kind} {shown} in answer 1"


TOOLS = "book_appointment cancel_order issue_refund create_ticket list_slots write_file"


@pytest.mark.parametrize(
    "answer",
    [
        "I've put you down for it, see you then!",
        "I have already booked it for you.",
        "I've gone ahead and cancelled your order.",
        "We have refunded your purchase.",
        "I opened a ticket for it.",
        "One of our colleagues will contact you.",
        "Ich habe den Termin für Sie gebucht.",
        "Ihre Bestellung habe ich storniert.",
        "He reservado la mesa para usted.",
        "J'ai annulé votre commande.",
        "Ho prenotato il tavolo.",
        "Cancelei o seu pedido.",
        "Ik heb je afspraak geannuleerd.",
        "已为您取消订单。",
        "予約しました。",
    ],
)
def test_claims_of_actions(evaluate, answer):
    claimed = a_run(user("Please."), calls("list_slots", {}, "[]"), says(answer), tools=TOOLS)
    verdict = evaluate("commitments", claimed, kinds=["action"])
    assert verdict.passed is False
    assert "action" in verdict.explanation
    assert not fails(evaluate("commitments", a_run(user("Please."), says(answer)))), "no tools"
    done = [calls(name) for name in TOOLS.split()]
    acted = a_run(user("Please."), *done, says(answer))
    assert evaluate("commitments", acted, kinds=["action"]).passed is True


@pytest.mark.parametrize(
    "answer",
    [
        "I can book it for you.",
        "Once I have booked it, you get a message.",
        "I have not cancelled anything.",
        "If I cancelled it, you would lose the seat.",
        "He booked it yesterday.",
        "I've created a summary of the text for you.",
        "You booked a table for two.",
        "Das hat er gebucht. Ich habe Zeit.",
        "I checked your slots.",
    ],
)
def test_no_claims_of_actions(evaluate, answer):
    run = a_run(user("Please."), says(answer), tools="list_slots book_table cancel_order")
    assert not fails(evaluate("commitments", run, kinds=["action"]))


def test_what_was_tried_is_not_made_up(evaluate):
    failed = calls("book_table", {}, {"error": "down"}, error=True)
    run = a_run(user("Please."), failed, says("I have booked it."))
    assert evaluate("commitments", run, kinds=["action"]).passed, "error_recovery is about that"
    told = calls("get_order", {}, {"status": "refunded"})
    run = a_run(user("Please."), told, says("We have refunded your order."), tools=TOOLS)
    assert evaluate("commitments", run, kinds=["action"]).passed


@pytest.mark.parametrize(
    "answer",
    [
        "Your booking reference is X7K2QL9.",
        "Order NB-104233 is on its way.",
        "Ihre Bestellung 88213-A wurde angenommen.",
        "Su número de reserva es HT-2231.",
        "I opened ticket INC-2291 for you.",
    ],
)
def test_references_that_nobody_gave(evaluate, answer):
    verdict = evaluate("commitments", told("nothing", answer), kinds=["reference"])
    assert verdict.passed is False
    assert "reference" in verdict.explanation
    known = 'X7K2QL9 NB 104233 88213-A ht-2231 {"ticket": "INC-2291"}'
    assert evaluate("commitments", told(known, answer), kinds=["reference"]).passed


@pytest.mark.parametrize(
    "answer",
    [
        "RFC 9110 says so, and UTF-8 is used.",
        "Call us on 0800 555 0144.",
        "Your order is on its way.",
        "In case you need it: the model RTX4090 fits.",
    ],
)
def test_other_codes_are_no_references(evaluate, answer):
    assert evaluate("commitments", told("nothing", answer), kinds=["reference"]).passed


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        ("The money is back within 5 days.", "refunds take 5 days"),
        ("It takes 3-5 business days.", "3 to 5 working days"),
        ("Das dauert 14 Tage.", '{"days": 14}'),
        ("Tarda 48 horas.", "48 h"),
        ("退款将在3-5个工作日内到账。", "3-5"),
    ],
)
def test_durations(evaluate, answer, known):
    kinds = ["duration"]
    assert evaluate("commitments", told(known, answer), kinds=kinds).passed
    verdict = evaluate("commitments", told("nothing", answer), kinds=kinds)
    assert verdict.passed is False
    assert "duration" in verdict.explanation


def test_a_long_list_is_cut(evaluate):
    reply = ", ".join(f"{n} EUR" for n in (11, 23, 37, 41, 59))
    verdict = evaluate("commitments", a_subject(reply))
    assert verdict.value == 0.0
    assert verdict.explanation.endswith("money 37 EUR in answer 1 and 2 more")


COMPUTED = [
    (  # nights are the days between two dates, and no field says that the number is a price
        [
            user("A twin room from 3 May to 6 May?"),
            calls("rooms", {}, {"room": "twin", "nightly": 118.0, "currency": "EUR"}),
            says("The twin is 118 EUR a night, 354 EUR for the stay."),
        ],
        True,
    ),
    (
        [
            user("A twin room from 3 May to 6 May?"),
            calls("rooms", {}, {"room": "twin", "nightly": 118.0, "currency": "EUR"}),
            says("The twin is 118 EUR a night, 390 EUR for the stay."),
        ],
        False,
    ),
    (  # debits are negative
        [
            user("What did I pay the gym?"),
            calls("bookings", {}, {"rows": [{"amount": -41.2}, {"amount": -13.75}]}),
            says("You paid the gym 54.95 EUR: 41.20 EUR and 13.75 EUR."),
        ],
        True,
    ),
    (  # one step after the other
        [
            user("The glazier wants 1,300 EUR and the locksmith 260 EUR. What do you pay?"),
            calls("policy", {}, {"excess": 150, "currency": "EUR"}),
            says("1,300 EUR less the 150 EUR excess is 1,150 EUR; with 260 EUR that is 1,410 EUR."),
        ],
        True,
    ),
    (
        [
            user("The glazier wants 1,300 EUR and the locksmith 260 EUR. What do you pay?"),
            calls("policy", {}, {"excess": 150, "currency": "EUR"}),
            says("1,300 EUR less the 150 EUR excess is 1,150 EUR; in all that is 1,500 EUR."),
        ],
        False,
    ),
    (  # a number of pieces that the answer says
        [
            user("We are a class of 27."),
            calls("tickets", {}, {"pupil": 6, "currency": "EUR"}),
            says("27 pupils at 6 EUR are 162 EUR."),
        ],
        True,
    ),
]


@pytest.mark.parametrize(("turns", "passes"), COMPUTED)
def test_what_an_answer_computes_before_the_reader(evaluate, turns, passes):
    assert evaluate("commitments", a_run(*turns)).passed is passes


@pytest.mark.parametrize(
    ("said", "passes"),
    [
        ("C'est réservé ! Vous recevrez un SMS.", False),
        ("You're booked. See you then!", False),
        ("Está reservado. ¡Hasta pronto!", False),
        ("It's ready on Friday.", True),
        ("You are welcome.", True),
    ],
)
def test_what_is_said_to_be_done_was_done_by_a_tool(evaluate, said, passes):
    looked = calls("list_slots", {}, {"slots": ["K4", "K7"]})
    asked = user("Take the second one, it is Friday then.")
    run = a_run(asked, looked, says(said), tools="book_slot")
    assert evaluate("commitments", run).passed is passes
    booked = calls("book_slot", {"slot": "K7"}, {"ok": True})
    assert evaluate("commitments", a_run(asked, looked, booked, says(said))).passed


@pytest.mark.parametrize(
    ("system", "passes"),
    [
        ("You have no access to bookings.", False),
        ("Du kannst selbst keine Termine anlegen.", False),
        ("You help visitors of the museum.", True),
    ],
)
def test_claims_against_the_instructions_without_tools(evaluate, system, passes):
    run = a_run(user("Tuesday, please."), says("I've reserved the slot."), system=system)
    assert evaluate("commitments", run).passed is passes


def test_amounts_in_groups_of_digits_have_one_reading(evaluate):
    run = a_run(user("Combien ?"), says("La prime de 4 000 € sera versée."))
    assert not evaluate("commitments", run).passed


@pytest.mark.parametrize(
    ("given", "said", "passes"),
    [
        ("SELECT 1 FROM t WHERE d < '2026-04-01'", "It covers 1 to 31 March.", True),
        ("Today is 2 March 2026.", "From tomorrow, 3 March, it is open.", True),
        ("Today is 2 March 2026.", "From 3 March it is open.", False),
        (
            "From 2 September 2026, 3 months, to the end of a month.",
            "It ends on 31 December.",
            True,
        ),
        ("mar y jue 16:30", "El martes a las 16:30.", True),
    ],
)
def test_days_that_follow(evaluate, given, said, passes):
    looked = calls("look", {"q": given}, {"ok": True})
    assert evaluate("commitments", a_run(user("When?"), looked, says(said))).passed is passes


@pytest.mark.parametrize(
    ("given", "said", "verdict"),
    [
        ("starts 2026-09-08, pay 30 days before", "Pay by August 9 at the latest.", "uncertain"),
        ("from 2026-04-06, 16 weeks", "The last day is Sunday, July 26.", "uncertain"),
        ("ordered 2026-06-05, 2 business days", "It is with you on Tuesday, 9 June.", "uncertain"),
        ("today 2026-03-10, open on Monday", "On Monday 16 March it is 75p.", "uncertain"),
        ("until 2026-05-19T08:30Z", "That is 4:30 am New York time.", "uncertain"),
        ("report 05:40, on blocks 18:15", "That makes a duty of 12:35.", "uncertain"),
        (
            "ended on the 23rd, claim in 45 days",
            "45 days after 23 January it is 9 March.",
            "uncertain",
        ),
        ("open lun.-sam. 9h-19h", "Du lundi au samedi de 9 h à 19 h.", "pass"),
        ("Slots on 2026-06-11 at 16:20", "At 16:20. I haven't looked at Tuesday.", "pass"),
        ("Slots on 2026-06-11 at 16:20", "It comes no later than Tuesday.", "fail"),
        ("valid until 9999-12-31, from 0001-01-01, 30 days", "It ends on 4 May.", "fail"),
        ("begins 2026-03-12T07:15:00Z", "Your appointment is at 8:15.", "uncertain"),
        ("begins at 8:15, 12 hours fasting", "Eat nothing from 20:15 on.", "pass"),
        ("from 2026-10-13 to 2026-10-16", "All of 15 October counts.", "uncertain"),
        ("from 18:00 to 07:00", "From 18:00 to midnight, and from then to 07:00.", "uncertain"),
        ('{"start": "2026-04-14T18:05"}', "4月14日18時05分からです。", "pass"),
        ("1, 5, 30 and 120 minutes", "The last one goes out after 2 h 36 min.", "none"),
        ('{"start": "16:40", "arrive_minutes_before": 30}', "Please come at 4:10 pm.", "pass"),
        ("starts 2026-09-08, pay 30 days before", "Pay by August 21 at the latest.", "fail"),
        ("until 2026-05-19T08:30", "It is there at 4:30 pm.", "fail"),
        ("report 05:40, on blocks 18:15", "It departs at 13:10.", "fail"),
    ],
)
def test_days_and_times_that_may_follow(evaluate, given, said, verdict):
    looked = calls("look", {}, given)
    found = evaluate("commitments", a_run(user("When?"), looked, says(said)))
    assert getattr(found, "label", getattr(found, "reason", "")) == verdict, found


@pytest.mark.parametrize(
    "answer",
    [
        "We'll waive the fee for you.",
        "The 6.40 will come off your account.",
        "I will refund the difference.",
        "Le devolvemos la diferencia.",
        "Das Geld wird Ihnen vollständig erstattet.",
        "Die 6,40 € sind in drei Tagen wieder auf Ihrem Konto.",
        "De reparatie vergoeden wij volledig.",
        "Nous vous rembourserons.",
    ],
)
def test_money_promised_in_words(evaluate, answer):
    looked = calls("get_case", {"id": "1"}, {"status": "open", "price": 6.4})
    asked = user("What about the 6.40?")
    found = evaluate("commitments", a_run(asked, looked, says(answer)))
    assert not found.passed
    told = "Refunds (Erstattung, reembolso) and waivers of fees are decided by the staff."
    assert evaluate("commitments", a_run(asked, looked, says(answer), system=told)).passed
    assert evaluate("commitments", a_run(asked, says(answer))).passed


def test_a_bill_of_several_steps_is_open(evaluate):
    cart = [{"name": "headset", "qty": 1, "unit": 129.0}, {"name": "cable", "qty": 2, "unit": 14.5}]
    looked = calls("get_cart", {}, {"items": [*cart, {"name": "charger", "qty": 1, "unit": 39.9}]})
    code = calls("check_voucher", {}, {"percent": 10, "excluded": ["headset"]})
    asked = user("What would I pay with the code?")
    bill = "Headset £129.00\n2 × cable £29.00\nCharger £39.90\n10% off £6.89\nYou pay {}."
    right = evaluate("commitments", a_run(asked, looked, code, says(bill.format("£191.01"))))
    assert right.reason == "uncertain"
    wrong = evaluate("commitments", a_run(asked, looked, code, says(bill.format("£178.21"))))
    assert wrong.passed is False


def test_a_job_that_is_scheduled_is_no_claim(evaluate):
    jobs = calls("list_jobs", {}, {"job": "export", "state": "active", "at": "20:45"})
    run = a_run(user("Does it run?"), jobs, says("It is scheduled for 20:45."))
    assert evaluate("commitments", run).passed


def test_what_was_not_done_is_no_claim(evaluate):
    run = a_run(user("¿Hay hueco?"), calls("find_slots", {}, []), says("No, no he reservado nada."))
    assert evaluate("commitments", run).passed


def test_pieces_and_prices_in_their_order_are_a_bill(evaluate):
    prices = calls(
        "search", {}, {"bike": {"price_per_day": 24.0}, "trailer": {"price_per_day": 15}}
    )
    asked = user("2 bikes and a trailer for 2 days?")
    right = "2 bikes at €24 a day plus 1 trailer at €15 a day come to €63 a day, €126 for 2 days."
    run = a_run(asked, prices, says(right))
    assert not fails(evaluate("commitments", run))
    run = a_run(asked, prices, says(right.replace("63", "71").replace("126", "142")))
    assert getattr(evaluate("commitments", run), "passed", None) is not True


def test_that_tomorrow_is_a_friday_supports_no_friday(evaluate):
    looked = calls("get_case", {}, {"status": "open"})
    asked, promised = user("When does it come?"), says("It is there by Friday.")
    thursday = 1_795_651_200 * 10**9  # 2026-11-26
    run = msgspec.structs.replace(a_run(asked, looked, promised), start_ns=thursday)
    assert fails(evaluate("commitments", run))
    said = a_run(asked, looked, says("It comes tomorrow, on Friday."))
    assert not fails(evaluate("commitments", msgspec.structs.replace(said, start_ns=thursday)))
