import pytest

from tests.support.runs import a_run, says, user

ASKED = 'Reply with a JSON object {"answer": string} and nothing else.'


@pytest.mark.parametrize(
    ("system", "answer", "passed"),
    [
        (ASKED, '{"answer": "yes"}', True),
        (ASKED, '```json\n{"answer": "yes"}\n```', True),
        (ASKED, 'Here you are: {"answer": "yes"}', False),
        (ASKED, '{"answer": "yes",', False),
        (ASKED, "{'answer': 'yes'}", False),
        (ASKED, "Yes.", False),
        (ASKED, '{"answer": NaN}', True),
        ("Antworte nur mit einem JSON-Objekt.", "Ja.", False),
        ("Responde solo en formato JSON.", '{"a": 1}', True),
        ("请以 JSON 格式回答。", "好的", False),
        ("", 'Sure:\n```json\n{"a": 1\n```', False),
        ("", 'Sure:\n```json\n{"a": 1}\n```\nand\n```json\n[2]\n```', True),
        ("", 'Sure:\n```json\n{"a": 1', False),
    ],
)
def test_json(evaluate, system, answer, passed):
    verdict = evaluate("structured_output", a_run(user("Budget?"), says(answer), system=system))
    assert verdict.passed is passed, verdict
    assert passed or verdict.label == "invalid_json"


@pytest.mark.parametrize(
    ("system", "question"),
    [
        ("", "What is JSON?"),
        ("Never answer in JSON.", "Budget?"),
        ("If the user wants it, reply with JSON.", "Budget?"),
        ("Tools take JSON.", "Budget?"),
    ],
)
def test_not_asked(evaluate, system, question):
    run = a_run(user(question), says("It is a text format."), system=system)
    assert evaluate("structured_output", run).reason == "not_applicable"
    assert evaluate("structured_output", run, expected="always").passed is False


def test_settings(evaluate):
    run = a_run(user("x"), says("```json\n{}\n```"), system=ASKED)
    assert evaluate("structured_output", run, code_fence=False).passed is False
    typed = a_run(user("x"), says("no"), attributes={"gen_ai.output.type": "json"})
    assert evaluate("structured_output", typed).passed is False
    assert (
        evaluate("structured_output", a_run(user("x"), says("[" * 100_000), system=ASKED)).passed
        is False
    )
