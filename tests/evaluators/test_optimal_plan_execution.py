from tests.support.runs import a_run, calls, says, user


def test_the_weakest_counts(evaluate):
    question = user("Find order 1042.")
    good = a_run(question, calls("find_order", {"id": "1042"}, "shipped"), says("It is shipped."))
    assert evaluate("optimal_plan_execution", good).value == 5.0
    loop = [calls("find_order", {"id": "1042"}, "nothing")] * 4
    verdict = evaluate("optimal_plan_execution", a_run(question, *loop, says("Not found.")))
    assert (verdict.label, verdict.passed) == ("plan_coherence", False)
    assert verdict.value < 3.0


def test_an_uncertain_component_alone(evaluate):
    odd = a_run(user("Hello there"), calls("zap", {"q": "blub"}, "x"), says("Hi."))
    assert evaluate("optimal_plan_execution", odd) is not None
