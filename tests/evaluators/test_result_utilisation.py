from tests.support.runs import a_run, a_run_without_content, calls, says, user

ORDER = {"order_id": "NB-104233", "status": "delayed at the hub", "eta": "2026-11-24"}


def said(evaluate, answer, result=ORDER):
    run = a_run(user("Where is it?"), calls("track", {}, result), says(answer))
    return evaluate("result_utilisation", run)


def test_used(evaluate):
    assert said(evaluate, "It arrives on 24 November.").passed
    assert said(evaluate, "NB-104233 is on its way.").passed
    assert said(evaluate, "The parcel is delayed at a hub.").passed


def test_what_words_cannot_decide(evaluate):
    assert said(evaluate, "Patience, soon.").reason == "uncertain"
    assert said(evaluate, "Done.", "ok").reason == "uncertain"
    assert evaluate("result_utilisation", a_run_without_content("a")).reason == "no_content"
    assert evaluate("result_utilisation", a_run(user("a"), says("b"))).reason == "not_applicable"
