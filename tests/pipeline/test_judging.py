"""A judge in the pipeline: the worker's question, the endpoint's answer, the outcome."""

import pytest

from otel_evaluator.errors import ConfigError
from otel_evaluator.model.outcome import Failed, Scored, Unscored
from otel_evaluator.testing.builders import an_export_request
from tests.support.judge_server import JudgeServer, says, status

RELEVANCE = {
    "name": "relevance",
    "type": "judge",
    "rubric": "answer_relevance",
    "threshold": 0.7,
}
LENGTH = {"name": "length", "type": "length", "min": 1}


def judges(server: JudgeServer, **settings):
    return {
        "default": {
            "base_url": server.url,
            "local": True,
            "model": "scripted",
            "price": {"input": 1.0, "output": 1.0},
            **settings,
        }
    }


async def outcomes(pipeline, server: JudgeServer, evaluator=RELEVANCE, **settings):
    """What becomes of one trace, by evaluator."""
    p = pipeline(evaluators=[evaluator, LENGTH], judges=judges(server, **settings))
    await p.intake.traces(an_export_request(1), "grpc")
    await p.pass_time(1.1)
    await p.engine.evaluation.finish()
    await p.generation.judging.aclose()
    return {outcome.evaluator: outcome for outcome in p.delivery.outcomes}, p


async def test_a_score_by_a_judge(pipeline):
    async with JudgeServer(says(4, "to the point")) as server:
        found, p = await outcomes(pipeline, server)
    verdict = found["relevance"].verdict
    assert verdict == Scored(
        0.75, "4", True, "to the point", "scripted-1", 100, 10, pytest.approx(0.00011)
    )
    assert isinstance(found["length"].verdict, Scored)
    (body,) = server.bodies
    assert [m["role"] for m in body["messages"]] == ["system", "user"]
    assert "Answer relevance" in body["messages"][0]["content"]
    (story, *_) = p.parts.ledger.why(found["relevance"].subject_key)["subjects"]
    assert "to the point" in str(story)


@pytest.mark.fault("D4")
async def test_a_judge_that_fails_is_no_zero(pipeline):
    async with JudgeServer(then=status(401)) as server:
        found, _ = await outcomes(pipeline, server)
    assert found["relevance"].verdict == Failed(
        "judge_error", "Misconfigured", "HTTP status 401; check base_url, api_key and model"
    )
    assert isinstance(found["length"].verdict, Scored)


@pytest.mark.fault("D4")
async def test_a_score_that_the_scale_does_not_have_is_unscored(pipeline):
    async with JudgeServer(says(11)) as server:
        found, _ = await outcomes(pipeline, server)
    assert found["relevance"].verdict.reason == "invalid_verdict"


@pytest.mark.fault("D9")
async def test_what_the_budget_does_not_cover_is_unscored(pipeline):
    async with JudgeServer() as server:
        found, _ = await outcomes(pipeline, server, budget={"usd_per_day": 1e-9})
    assert isinstance(found["relevance"].verdict, Unscored)
    assert found["relevance"].verdict.reason == "budget"
    assert not server.bodies


async def test_a_subject_without_the_evidence_is_not_asked_about(pipeline):
    evaluator = RELEVANCE | {"rubric": "faithfulness"}
    async with JudgeServer() as server:
        found, _ = await outcomes(pipeline, server, evaluator)
    assert found["relevance"].verdict.reason == "no_content"
    assert not server.bodies


async def test_a_rubric_of_ones_own(pipeline):
    rubric = {"criteria": "Is it polite?", "choices": {"polite": 1, "rude": 0}, "needs": ["output"]}
    async with JudgeServer(says("rude")) as server:
        found, _ = await outcomes(pipeline, server, RELEVANCE | {"rubric": rubric})
    verdict = found["relevance"].verdict
    assert (verdict.value, verdict.label, verdict.passed) == (0.0, "rude", False)


def test_the_model_and_the_rubric_are_part_of_the_revision(pipeline):
    server = JudgeServer()
    revisions = set()
    for rubric in ("answer_relevance", "task_completion"):
        for model in ("a", "b"):
            p = pipeline(
                evaluators=[RELEVANCE | {"rubric": rubric}], judges=judges(server, model=model)
            )
            processor = p.pool._processor
            revisions |= {running.revision for running in processor._running.values()}
    assert len(revisions) == 4


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"judge": "other"}, "no judge 'other'"),
        ({"rubric": "nonsense"}, "no built-in rubric 'nonsense'"),
        ({"rubric": {"criteria": "c"}}, "set either scale"),
        ({"rubric": {"criteria": "c", "scale": [0, 1], "needs": ["reference"]}}, "reference"),
    ],
)
def test_mistakes_are_named(pipeline, change, problem):
    with pytest.raises(ConfigError, match=problem):
        pipeline(evaluators=[RELEVANCE | change], judges=judges(JudgeServer()))
