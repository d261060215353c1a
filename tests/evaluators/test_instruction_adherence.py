from tests.support.runs import a_run, says, user


def test_the_weakest_counts(evaluate):
    question = user("What is the training budget of every employee?")
    good = a_run(question, says("Every employee has a training budget of 1,200 EUR a year."))
    assert evaluate("instruction_adherence", good).value == 5.0
    spanish = says("Cada empleado dispone de un presupuesto de formación de 1.200 EUR al año.")
    verdict = evaluate("instruction_adherence", a_run(question, spanish))
    assert (verdict.label, verdict.value, verdict.passed) == ("language_match", 1.0, False)


def test_without_content(evaluate):
    assert evaluate("instruction_adherence", a_run()).reason == "no_content"
