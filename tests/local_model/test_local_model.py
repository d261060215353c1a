"""The judge against a real model behind llama.cpp: its verdicts are poor, its protocol real."""

import asyncio
import json
from pathlib import Path

import pytest

from otel_evaluator.api.judge import Asked
from otel_evaluator.errors import JudgeError, TooLong, Unavailable
from otel_evaluator.judges.client import Asking
from otel_evaluator.judges.config import JudgeConfig
from otel_evaluator.judges.evaluator import Questions
from otel_evaluator.judges.evaluator_config import JudgeEvaluatorConfig
from otel_evaluator.judges.verdict import verdict
from otel_evaluator.model.outcome import Scored
from otel_evaluator.testing.builders import an_export_request
from tests.e2e.conftest import Evaluator
from tests.local_model.conftest import MODEL
from tests.support.judge_server import a_client
from tests.support.process import eventually

pytestmark = [pytest.mark.local_model, pytest.mark.timeout(300)]
EVIDENCE = {"input": "Where is my parcel?", "output": "It arrives tomorrow at nine."}


def configured(rubric: str) -> JudgeEvaluatorConfig:
    return JudgeEvaluatorConfig.model_validate({"name": "e", "type": "judge", "rubric": rubric})


def question(rubric: str, **evidence: str) -> Asked:
    asked = Questions(configured(rubric)).of(EVIDENCE | evidence)
    assert isinstance(asked, Asked)
    return asked


@pytest.mark.parametrize("rubric", ["toxicity", "answer_relevance"])
async def test_a_schema_gives_a_verdict_with_its_tokens(endpoint: JudgeConfig, rubric: str) -> None:
    client, asking = a_client(endpoint), Asking("e")
    answer = await client.ask(question(rubric).question, asking)
    await client.aclose()
    assert client.shape == "schema"
    assert isinstance(verdict(configured(rubric).rubric, answer), Scored)
    assert answer.input_tokens > 300
    assert 5 < answer.output_tokens <= endpoint.max_tokens
    (call,) = asking.calls
    assert (call.model, call.error_type) == (MODEL, "")
    assert call.ended_ns > call.started_ns
    assert client._metrics.value("judge_model_mismatches_total", judge="default") == 0


@pytest.mark.parametrize("shape", ["tool", "json", "text"])
async def test_weaker_shapes_give_an_object_or_an_error(endpoint: JudgeConfig, shape: str) -> None:
    client = a_client(endpoint)
    client._shapes = [shape]
    try:
        answer = await client.ask(question("toxicity").question)
    except JudgeError:
        pass  # what a model of this size writes is seldom an answer, and then it is none
    else:
        assert isinstance(answer.value, dict)
    finally:
        await client.aclose()


async def test_a_question_beyond_the_context_is_too_long(endpoint: JudgeConfig) -> None:
    client = a_client(endpoint)
    words = " ".join(f"word{number}" for number in range(6000))
    with pytest.raises(TooLong):
        await client.ask(question("toxicity", output=words[:24_000]).question)
    await client.aclose()


async def test_a_call_that_is_given_up_frees_the_model(endpoint: JudgeConfig) -> None:
    hasty = a_client(endpoint.model_copy(update={"timeout": 0.3}))
    with pytest.raises(Unavailable):
        await asyncio.gather(*(hasty.ask(question("toxicity").question) for _ in range(6)))
    await hasty.aclose()
    patient = a_client(endpoint)
    answer = await patient.ask(question("toxicity").question)
    await patient.aclose()
    assert answer.output_tokens > 0


def test_from_a_span_to_a_score(endpoint: JudgeConfig, tmp_path: Path) -> None:
    sections = {
        "judges": {"default": json.loads(endpoint.model_dump_json())},
        "evaluators": [{"name": "toxicity", "type": "judge", "rubric": "toxicity"}],
    }
    sections["judges"]["default"]["api_key"] = ""
    service = Evaluator(tmp_path, sections).serve()
    try:
        service.send(an_export_request(1))
        eventually(lambda: bool(service.scores()), 200, "a score")
        (row,) = service.scores()
        assert row["Outcome"] == "scored"
        assert row["JudgeModel"] == MODEL
        assert row["Label"] in ("none", "mild", "toxic")
        assert row["OutputTokens"] > 0
    finally:
        service.stop()
