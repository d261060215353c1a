import pytest

from otel_evaluator.api.judge import Asked
from otel_evaluator.judges.evaluator import JudgeEvaluatorConfig, judge
from otel_evaluator.judges.evidence import MOST, cut
from otel_evaluator.model.genai import Document, Message, Retrieval, ToolExecution
from otel_evaluator.model.outcome import Unscored
from otel_evaluator.testing.builders import a_subject


def check(rubric="answer_relevance", **settings):
    values = {"name": "j", "type": "judge", "rubric": rubric, **settings}
    return judge(JudgeEvaluatorConfig.model_validate(values))


@pytest.mark.parametrize("reply", ["", " ", ":", "...", "!?", "a", "👍"])
@pytest.mark.fault("D7")
def test_replies_that_say_nothing_reach_no_judge(reply):
    found = check()(a_subject(input="What is it?", output=reply))
    assert isinstance(found, Unscored)
    assert found.reason in ("no_content", "uncertain")


def test_personal_data_does_not_leave():
    subject = a_subject(input="I am ada@example.com", output="Thank you, ada@example.com.")
    found = check()(subject)
    assert isinstance(found, Asked)
    assert found.question.evidence == {
        "input": "I am <EMAIL_1>",
        "output": "Thank you, <EMAIL_1>.",
    }
    assert "ada@example.com" in str(check(redact=False)(subject))


def test_the_parts_of_a_subject():
    subject = a_subject(
        output="It costs 5.",
        retrievals=(Retrieval("s", "q", (Document("1", "passage"), Document("2")), 0),),
        tools=(ToolExecution("s", "price", "", {"id": 1}, "5"),),
        messages=(Message("user", "How much?"), Message("assistant", "It costs 5.")),
    )
    evidence = check("faithfulness")(subject).question.evidence
    assert evidence["context"] == "passage\n\n5"
    evidence = check("task_completion")(subject).question.evidence
    assert evidence["transcript"] == "user: How much?\n\nassistant: It costs 5."
    assert evidence["tools"] == 'price({"id":1}) -> 5'


def test_long_evidence_keeps_its_ends_and_says_what_is_missing():
    text = "a" * MOST + "b" * MOST
    short = cut(text, MOST)
    assert len(short) < MOST + 60
    assert short.startswith("a" * 9_000)
    assert short.endswith("b" * 14_000)
    assert f"{MOST} characters left out" in short
    assert cut("short", MOST) == "short"
