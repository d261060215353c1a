import pytest

from tests.support.runs import a_run, a_run_without_content, calls, says, user


@pytest.mark.parametrize(
    ("question", "arguments"),
    [
        ("Where is NB-104233?", {"order": "NB-104233"}),
        ("Where is nb 104233?", {"order": "NB-104233"}),
        ("Call me on +49 176 5550198.", {"phone": "+491765550198"}),
        ("plus four nine one seven six five five five zero one nine", {"phone": "+49176555019"}),
        ("Mail to a.b@example.org please", {"to": ["a.b@example.org"]}),
        ("On Friday", {"from": "2026-11-27", "at": "14:30", "query": "vegan restaurant"}),
    ],
)
def test_given(evaluate, question, arguments):
    run = a_run(user(question), calls("look", arguments), says("Found."))
    verdict = evaluate("argument_extraction", run)
    assert getattr(verdict, "passed", True) is True, verdict


def test_results_of_earlier_steps_and_instructions_count(evaluate):
    run = a_run(
        user("Book the first one"),
        calls("slots", {}, {"slots": [{"slot_id": "SL-4555"}]}),
        calls("book", {"slot_id": "SL-4555", "clinic": "CL-77"}),
        says("Booked."),
        system="You work for clinic CL-77.",
    )
    assert evaluate("argument_extraction", run).passed is True


def test_invented(evaluate):
    run = a_run(
        user("Where is my order?"), calls("get", {"order": "NB-104233"}, "?"), says("Here.")
    )
    verdict = evaluate("argument_extraction", run)
    assert (verdict.label, verdict.passed, verdict.value) == ("invented", False, 0.0)
    assert "NB-104233" not in verdict.explanation, "references are content"
    assert len(verdict.span_id) == 16


def test_nothing_to_tell(evaluate):
    run = a_run(user("Hi"), calls("search", {"query": "shoes"}), says("Hello."))
    assert evaluate("argument_extraction", run).reason == "not_applicable"
    assert evaluate("argument_extraction", a_run_without_content("a")).reason == "no_content"
