import pytest

from tests.support.runs import a_run, a_run_without_content, calls, says, user


def greps(*paths):
    return [calls("grep", {"pattern": "lifetime", "path": path}, "no matches") for path in paths]


@pytest.mark.parametrize(
    "turns",
    [
        greps("src", "./src", "src/", "SRC"),
        [calls("find", {"name": "Haddad"}, {"error": "ambiguous"})] * 3,
        [calls("get_a", {"x": 1}, "A"), calls("get_b", {"y": 1}, "B")] * 3,
    ],
)
def test_redundant(evaluate, turns):
    verdict = evaluate("plan_coherence", a_run(user("Find it."), *turns, says("Found.")))
    assert (verdict.label, verdict.passed) == ("redundant", False)
    assert 0 < verdict.value < 0.8
    assert len(verdict.span_id) == 16


@pytest.mark.parametrize(
    "turns",
    [
        [calls("search", {"query": q}, "no matches") for q in ("cookie", "session", "max_age")],
        [calls("list", {"page": n}, "[]") for n in range(5)],
        [calls("status", {"job": 7}, s) for s in ("pending", "pending", "pending", "done")],
        [calls("run_tests", {}, "1 failed"), calls("write_file", {"path": "a"}, "ok")] * 3,
        [calls("get_order", {"id": n}, {"id": n, "state": "open"}) for n in (1041, 1042, 1043)],
        [calls("grep", {"pattern": "x"}, "none")] * 2,
    ],
)
def test_not_redundant(evaluate, turns):
    verdict = evaluate("plan_coherence", a_run(user("Find it."), *turns, says("Found.")))
    assert verdict.passed is True


def test_a_limit_of_steps(evaluate):
    run = a_run(user("Go"), *[calls("look", {"at": str(n)}, str(n)) for n in range(6)])
    assert evaluate("plan_coherence", run, max_steps=6).passed is True
    assert evaluate("plan_coherence", run, max_steps=5).label == "too_many_steps"


def test_without_content_nothing_can_be_told(evaluate):
    run = a_run_without_content("grep", "grep", "grep", "grep")
    assert evaluate("plan_coherence", run).reason == "no_content"
    assert evaluate("plan_coherence", a_run(user("Hi"), says("Hi"))).reason == "not_applicable"
