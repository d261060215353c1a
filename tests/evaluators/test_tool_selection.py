import itertools

import pytest

from tests.support.runs import a_run, a_run_without_content, calls, fails, says, user


def run(*names):
    return a_run(user("Find order 1042"), *[calls(n, {"id": n}) for n in names], says("Found."))


def expected(*names, **arguments):
    return [{"name": name, **({"arguments": arguments} if arguments else {})} for name in names]


# The four modes as agentevals documents them: called, expected, mode, whether it matches.
MODES = [
    ("a b", "a b", "strict unordered subset superset"),
    ("b a", "a b", "unordered subset superset"),
    ("a", "a b", "subset"),
    ("a b c", "a b", "superset"),
    ("a a b", "a b", "superset"),
    ("a c", "a b", ""),
    ("", "a", "subset"),
    ("a", "", "superset"),
    ("", "", "strict unordered subset superset"),
]


@pytest.mark.parametrize(
    ("called", "wanted", "matching", "mode"),
    [
        (*case, mode)
        for case, mode in itertools.product(MODES, ["strict", "unordered", "subset", "superset"])
    ],
)
def test_modes(evaluate, called, wanted, matching, mode):
    verdict = evaluate(
        "tool_selection", run(*called.split()), expected=expected(*wanted.split()), match=mode
    )
    assert verdict.passed is (mode in matching.split()), verdict
    assert 0.0 <= verdict.value <= 1.0


@pytest.mark.parametrize(
    ("mode", "wanted", "passed"),
    [
        ("ignore", {"x": 1}, True),
        ("exact", {"a": 1, "b": 2}, True),
        ("exact", {"a": 1.0, "b": 2}, True),
        ("exact", {"a": 1}, False),
        ("superset", {"a": 1}, True),
        ("superset", {"c": 1}, False),
        ("subset", {"a": 1, "b": 2, "c": 3}, True),
        ("subset", {"a": 1}, False),
        ("exact", {"a": True, "b": 2}, False),
    ],
)
def test_arguments(evaluate, mode, wanted, passed):
    called = a_run(user("Go"), calls("f", {"a": 1, "b": 2}), says("Done."))
    verdict = evaluate(
        "tool_selection", called, expected=[{"name": "f", "arguments": wanted}], argument_match=mode
    )
    assert verdict.passed is passed


READS = "get_events read_file"


def test_acting_before_looking(evaluate):
    why = user("The healthcheck flaps, find out why.")
    restart = calls("restart_deployment", {"name": "mailer"}, "restarted")
    early = evaluate("tool_selection", a_run(why, restart, says("Restarted."), tools=READS))
    assert (early.label, early.passed) == ("acted_before_looking", False)
    assert len(early.span_id) == 16
    after = a_run(why, calls("get_events"), restart, says("It was out of memory."), tools=READS)
    assert not fails(evaluate("tool_selection", after))
    told = a_run(user("Why is it slow? Please restart it."), restart, says("Done."), tools=READS)
    assert not fails(evaluate("tool_selection", told))
    ticket = a_run(why, calls("open_ticket", {"t": "flaps"}), says("Opened."), tools=READS)
    assert not fails(evaluate("tool_selection", ticket))


def test_instructions_to_look_first(evaluate):
    system = "Check eligibility before any refund."
    turns = (user("I want my money back for NB-1."), calls("issue_refund", {"order": "NB-1"}))
    run = a_run(*turns, says("Done."), system=system, tools="check_eligibility get_order")
    assert evaluate("tool_selection", run).label == "acted_before_looking"


def test_what_fits_and_what_cannot_be_told(evaluate):
    assert evaluate("tool_selection", run("find_order")).label == "plausible"
    odd = a_run(user("Hello there friend"), calls("zap", {"q": "blub"}), says("Hi."))
    assert evaluate("tool_selection", odd).reason == "uncertain"
    assert evaluate("tool_selection", a_run_without_content("a")).reason == "no_content"
    assert evaluate("tool_selection", run("odd"), ignore=["odd"]).reason == "not_applicable"


@pytest.mark.parametrize(
    ("asked", "called", "tools", "label"),
    [
        ("Please freeze my card, I may find it yet.", "cancel_card", "freeze_card", "wrong_tool"),
        ("Please extend the lease by a year.", "create_booking", "extend_lease", "wrong_tool"),
        ("Bitte verschieben Sie den Termin.", "cancel_visit", "reschedule_visit", "wrong_tool"),
        ("Please cancel my card.", "cancel_card", "freeze_card", "plausible"),
        ("Please freeze my card.", "create_ticket", "freeze_card", "uncertain"),
        ("Is the gate open?", "set_gate", "get_gate_state", "acted_unasked"),
        ("Is the gate open? Please shut it.", "set_gate", "get_gate_state", "plausible"),
        ("Is the gate open? Drop it by one step.", "set_gate", "get_gate_state", "plausible"),
        ("Is the gate open? Ann said so.", "set_gate", "get_gate_state", "acted_unasked"),
        ("I only want to see what is due.", "apply_change", "plan_change", "acted_against"),
        ("Don't change anything, only tell me.", "submit_change", "preview", "acted_against"),
        ("Don't change anything, only tell me.", "open_ticket", "preview", "uncertain"),
        ("Don't cancel it, it is only late.", "cancel_order", "track_order", "acted_against"),
    ],
)
def test_another_action_than_was_asked_for(evaluate, asked, called, tools, label):
    look = calls("list_items", {"all": True}, ["card", "gate", "lease"])
    run = a_run(
        user(asked), look, calls(called, {"id": "1"}, {"ok": True}), says("Done."), tools=tools
    )
    verdict = evaluate("tool_selection", run)
    assert getattr(verdict, "label", "uncertain") == label
    if label.startswith(("wrong", "acted")):
        assert len(verdict.span_id) == 16


def test_a_tool_left_aside_that_fits_the_request_as_well(evaluate):
    asked = user("How is my claim SD-9002 doing?")
    policy = calls("get_policy", {"policy_id": "ZW-4471"}, {"status": "active"})
    run = a_run(asked, policy, says("The policy is active."), tools="get_claim_status")
    verdict = evaluate("tool_selection", run)
    assert (verdict.reason, verdict.probability) == ("uncertain", pytest.approx(0.6))
    assert "get_claim_status" in verdict.explanation
    right = calls("get_claim_status", {"claim": "SD-9002"}, {"status": "open"})
    run = a_run(asked, right, says("It is open."), tools="get_policy")
    assert evaluate("tool_selection", run).passed
    before = (asked, right, says("It is open."), user("And my policy ZW-4471, for this claim?"))
    run = a_run(*before, policy, says("It is active."), tools="add_claim_note")
    assert evaluate("tool_selection", run).passed


def test_what_was_ruled_out_may_be_asked_for_later(evaluate):
    first = user("I only want to see what would change.")
    shown = calls("plan_change", {"id": "1"}, {"rows": 4})
    applied = calls("apply_change", {"id": "1"}, {"ok": True})
    run = a_run(first, shown, says("Four rows."), user("Yes, go ahead."), applied, says("Done."))
    assert not fails(evaluate("tool_selection", run))
    assert fails(evaluate("tool_selection", a_run(first, shown, applied, says("Done."))))
    assert evaluate("goal_progress", a_run(first, shown, applied, says("Done."))).label == "drift"
