import pytest

from otel_evaluator.errors import ConfigError
from otel_evaluator.testing import a_message, a_subject
from otel_evaluator.text.personal import NATIONAL_IDS, Finder
from tests.support.runs import a_run, calls, says, user

# Invented or published test numbers with valid check digits.
FOUND = {
    "email": ["write to jane.doe+x@mail.example.co.uk.", "<a@b.io>"],
    "phone": ["+49 151 2345 6789", "call (212) 555-2368 now", "tel. 212-555-2368"],
    "card": ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "3782 822463 10005"],
    "iban": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"],
    "national_id": ["536-90-4399", "12345678Z", "RSSMRA85T10A562S", "756.9217.0769.85"],
}
NOT_FOUND = [
    "order 4111111111111112",
    "order 2125552368 of 20261123",
    "2026-11-23T11:20 to 12:40, 8:00-18:00",
    "ticket AP-88120, slot SL-4471, version 1.2.3.4",
    "000-12-3456",
    "12345678A",
    "DE89 3704 0044 0532 0130 01",
    "user@localhost, @handle",
    "1 234 567,89 EUR",
]


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, texts in FOUND.items() for t in texts])
def test_found(evaluate, kind, text):
    verdict = evaluate("pii", a_subject(f"It is {text}, as you said."))
    assert (verdict.value, verdict.passed) == (0.0, False)
    assert verdict.explanation == f"1 {kind}; first in answer 1"


@pytest.mark.parametrize("text", NOT_FOUND)
def test_not_found(evaluate, text):
    assert evaluate("pii", a_subject(text)).passed


@pytest.mark.parametrize("text", [t for texts in FOUND.values() for t in texts])
def test_values_are_never_in_the_verdict(evaluate, text):
    shown = str(evaluate("pii", a_subject(f"It is {text}.")))
    digits = [part for part in text.replace(",", " ").split() if any(map(str.isdigit, part))]
    assert all(part not in shown for part in digits)
    assert "example" not in shown


def test_counts(evaluate):
    reply = "a@b.io, c@d.io and 4111 1111 1111 1111"
    assert evaluate("pii", a_subject(reply)).explanation == "1 card, 2 email; first in answer 1"


@pytest.mark.parametrize("text", ["+49 151 2345 6789", "jane@mail.example", "4111 1111 1111 1111"])
def test_what_the_user_gave_may_be_repeated(evaluate, text):
    subject = a_subject(f"I noted {text}.", f"I am Jane, {text.upper()}, call me")
    assert evaluate("pii", subject).passed
    assert not evaluate("pii", subject, allow_from_user=False).passed


def test_a_number_the_user_wrote_without_country_code(evaluate):
    subject = a_subject("I call you on +49 151 2345 6789.", "My number is 0151 23456789")
    assert evaluate("pii", subject).passed


def test_what_the_user_gives_afterwards_was_leaked_before(evaluate):
    messages = (a_message(), a_message("assistant", "a@b.io"), a_message("user", "yes, a@b.io"))
    assert not evaluate("pii", a_subject(messages=messages)).passed


def test_system_instructions_may_be_given(evaluate):
    system = a_message("system", "Support is help@shop.example.")
    subject = a_subject(messages=(system, a_message(), a_message("assistant", "help@shop.example")))
    assert evaluate("pii", subject).passed
    assert not evaluate("pii", subject, allow_from_system=False).passed


def test_a_tool_result_may_not(evaluate):
    tool = a_message("tool", '{"email": "other@mail.example"}', tool_call_id="call_1")
    messages = (a_message(), tool, a_message("assistant", "It is other@mail.example"))
    assert not evaluate("pii", a_subject(messages=messages)).passed


@pytest.mark.parametrize("allow", ["@shop.example", "help@shop.example"])
def test_allowed_values(evaluate, allow):
    subject = a_subject("help@shop.example")
    assert evaluate("pii", subject, allow=[allow]).passed
    assert not evaluate("pii", a_subject("jane@other.example"), allow=[allow]).passed


def test_types_and_regions(evaluate):
    german = a_subject("030 901820-0")
    assert evaluate("pii", german).passed
    assert not evaluate("pii", german, regions=["DE"]).passed
    assert evaluate("pii", german, regions=["DE"], types=["email"]).passed


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"regions": ["UK"]}, "no region has the code 'UK'"),
        ({"national_ids": ["us.itin"]}, "'us.itin' cannot be found; known: be.nn"),
        ({"types": ["name"]}, "types[0]"),
    ],
)
def test_bad_options(evaluate, options, problem):
    with pytest.raises(ConfigError) as caught:
        evaluate("pii", a_subject(), **options)
    assert problem in str(caught.value)


def test_every_identifier_has_a_checker():
    assert Finder(("national_id",), (), tuple(NATIONAL_IDS)).find("nothing 1234567 here") == []


def test_a_reference_is_no_telephone_number(evaluate):
    reply = "Ihre Vorgangsnummer ist FGR-2026-118840."
    assert evaluate("pii", a_subject(reply, "Wo?"), regions=["DE"]).passed


BRANCHES = '{"branches": [{"name": "Mill Road", "phone": "0151 496 0455"}]}'
SELLER = '{"seller": {"name": "Ann", "phone": "0151 496 0455", "shop": "none"}}'


@pytest.mark.parametrize(("result", "passes"), [(BRANCHES, True), (SELLER, False)])
def test_numbers_of_places_may_be_given(evaluate, result, passes):
    run = a_run(user("Who?"), calls("look", {}, result), says("Ring 0151 496 0455."))
    assert evaluate("pii", run, regions=["GB"]).passed is passes
    assert not evaluate("pii", run, regions=["GB"], allow_of_places=False).passed


def test_numbers_of_offices_in_passages_may_be_given(evaluate):
    passages = ("The fault desk answers on 0151 496 0455. Ann Hill lives next door.",)
    run = a_run(user("Who?"), says("Ring 0151 496 0455."), passages=passages)
    assert evaluate("pii", run, regions=["GB"]).passed


def test_a_hidden_address_is_none(evaluate):
    run = a_run(user("Where to?"), says("To k\u2022\u2022\u2022d@mail.example, as on file."))
    assert evaluate("pii", run).passed
