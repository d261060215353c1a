from tests.support.runs import a_run, calls, says, user


def test_the_weaker_counts(evaluate):
    asked = (user("What does it cost?"), calls("price", {}, {"price_eur": 120}))
    assert evaluate("factual_grounding", a_run(*asked, says("It costs 120 EUR."))).value == 5.0
    verdict = evaluate("factual_grounding", a_run(*asked, says("It costs 90 EUR.")))
    assert (verdict.label, verdict.passed) == ("commitments", False)
    assert 1.0 <= verdict.value <= 3.0
