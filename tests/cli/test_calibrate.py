"""``calibrate`` and ``validate --ask-judges`` as users call them, against a scripted judge."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from otel_evaluator.cli import app
from otel_evaluator.judges.calibration import latest, suggest
from tests.support.judge_server import JudgeServer, completion, says, status

RELEVANCE = {"name": "relevance", "type": "judge", "rubric": "answer_relevance", "threshold": 0.7}
CORRECTNESS = {"name": "correctness", "type": "judge", "rubric": "correctness"}


async def run(*arguments: str) -> Any:
    runner = CliRunner(env={"COLUMNS": "250"})
    return await asyncio.to_thread(runner.invoke, app, list(arguments))


def configured(folder: Path, server: JudgeServer, *evaluators: dict[str, Any], **sections) -> str:
    judge = {"base_url": server.url, "local": True, "model": "m", "attempts": 1}
    values = {
        "judges": {"default": judge},
        "evaluators": list(evaluators or [RELEVANCE]),
        "storage": {"clickhouse": {"dsn": f"chdb://{folder}/db"}},
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(values | sections))
    return str(path)


def labelled(folder: Path, *labels: dict[str, Any]) -> str:
    path = folder / "labels.jsonl"
    path.write_text("\n".join(json.dumps(label) for label in labels))
    return str(path)


def case(score: Any, judged: int, **more: Any) -> dict[str, Any]:
    """A label, and evidence by which the scripted judge knows what to say."""
    return {"score": score, "evidence": {"input": "q?", "output": f"say {judged}"}, **more}


def as_told(body):
    (score,) = re.findall(r"say (\d)", body["messages"][1]["content"])
    return says(int(score))(body)


async def test_agreement_is_counted_and_saved(tmp_path):
    labels = labelled(
        tmp_path,
        *[case(5, 5)] * 9,
        *[case(1, 1)] * 7,
        *[case(5, 2)] * 1,
        *[case(1, 4)] * 3,
        {"score": 5, "evidence": {"input": "q?", "output": "!"}},
        case(4, 4, evaluator="another"),
    )
    saved = tmp_path / "data" / "calibrations.jsonl"
    async with JudgeServer(then=as_told) as server:
        config = configured(tmp_path, server)
        arguments = ("--config", config, "--labels", labels, "--save", str(saved))
        result = await run("calibrate", *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    assert row["labels"] == "10 pass, 10 fail"
    assert row["missing"] == 1
    assert row["accuracy"].startswith("0.80 (")
    assert row["sensitivity"].startswith("0.90 (")
    assert row["specificity"].startswith("0.70 (")
    (calibration,) = latest(saved).values()
    assert (calibration.evaluator, calibration.threshold) == ("relevance", 0.7)
    assert calibration.agreement.only_judge == 3
    assert calibration.revision == row["revision"]


async def test_a_rubric_with_a_reference_can_be_calibrated_but_not_served(tmp_path):
    evidence = {"input": "q?", "output": "say 5", "reference": "r"}
    labels = labelled(tmp_path, {"score": 5, "evidence": evidence})
    async with JudgeServer(then=as_told) as server:
        config = configured(tmp_path, server, CORRECTNESS)
        result = await run("calibrate", "--config", config, "--labels", labels)
        served = await run("validate", "--config", config)
    assert result.exit_code == 0, result.output
    assert "1 pass, 0 fail" in result.stdout
    assert "all labels are of one kind" in result.stderr
    assert served.exit_code == 1
    assert "reference" in served.stderr


async def test_a_label_with_a_trace_is_compared_with_its_stored_score(tmp_path, admin):
    labels = labelled(
        tmp_path,
        {"score": 5, "trace_id": "0af7651916cd43dd8448eb211c80319c"},
        {"score": 5, "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "0" * 16},
    )
    async with JudgeServer() as server:
        config = configured(tmp_path, server)
        arguments = ("--config", config, "--labels", labels, "--admin", admin.url)
        result = await run("calibrate", *arguments, "--format", "json")
        assert not server.bodies
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    assert row["missing"] == 1
    assert admin.reader.queries[0].evaluator == "relevance"


@pytest.mark.parametrize(
    ("label", "problem"),
    [
        ("{", "labels.jsonl:1"),
        ('{"score": 9}', "9.0 is none that the rubric has"),
        ('{"score": 5, "verdict": 1}', "labels.jsonl:1: verdict"),
    ],
)
async def test_bad_labels_are_named_by_line(tmp_path, label, problem):
    (tmp_path / "labels.jsonl").write_text(label)
    async with JudgeServer() as server:
        config = configured(tmp_path, server)
        labels = str(tmp_path / "labels.jsonl")
        result = await run("calibrate", "--config", config, "--labels", labels)
    assert result.exit_code == 1
    assert problem in result.stderr


async def test_no_labels_for_the_evaluator_is_an_error(tmp_path):
    labels = labelled(tmp_path, case(4, 4, evaluator="another"))
    async with JudgeServer() as server:
        config = configured(tmp_path, server)
        result = await run("calibrate", "--config", config, "--labels", labels)
        arguments = ("--labels", labels, "--evaluator", "nobody")
        unknown = await run("calibrate", "--config", config, *arguments)
    assert result.exit_code == unknown.exit_code == 1
    assert "no label" in result.stderr
    assert "no evaluator 'nobody' asks a judge (relevance)" in unknown.stderr


def test_a_threshold_is_chosen_by_some_labels_and_tried_on_others():
    # People let pass what the judge gives more than 0.4: a threshold of 0.5 suits.
    scores = [(1.0, 0.6), (1.0, 0.8), (0.0, 0.1), (0.0, 0.4)] * 6
    found = suggest(scores, 0.7)
    assert found is not None
    assert found.threshold == pytest.approx(0.5)
    assert found.agreement.total == 8
    assert found.agreement.accuracy.value == 1.0
    assert suggest([(1.0, 1.0)] * 9, 0.7) is None


async def test_steps_are_written_from_the_criteria(tmp_path):
    steps = ["Read the question.", "  Look for\n an answer. ", ""]
    rubric = {"criteria": "Is it polite?", "scale": [1, 3], "levels": {"1": "Rude."}}
    async with JudgeServer(then=lambda body: completion(json.dumps({"steps": steps}))) as server:
        config = configured(tmp_path, server, RELEVANCE | {"rubric": rubric})
        result = await run("steps", "--config", config, "relevance")
        assert "Is it polite?" in server.bodies[0]["messages"][0]["content"]
        unknown = await run("steps", "--config", config, "nobody")
        server.then = says(5)
        none = await run("steps", "--config", config, "relevance")
    assert result.exit_code == 0, result.output
    written = yaml.safe_load(result.stdout)
    assert written == {"steps": ["Read the question.", "Look for an answer."]}
    assert unknown.exit_code == none.exit_code == 1
    assert "no evaluator 'nobody'" in unknown.stderr
    assert "no list of steps" in none.stderr
    with_steps = configured(tmp_path, server, RELEVANCE | {"rubric": rubric | written})
    assert (await run("validate", "--config", with_steps)).exit_code == 0


async def test_judges_can_be_tried_before_traffic_comes(tmp_path):
    async with JudgeServer() as server:
        config = configured(tmp_path, server)
        fine = await run("validate", "--config", config, "--ask-judges")
        assert len(server.bodies) == 1
        server.then = status(401)
        broken = await run("validate", "--config", config, "--ask-judges")
    assert fine.exit_code == 0
    assert "judges.default: answers" in fine.stderr
    assert broken.exit_code == 1
    assert "judges.default: HTTP status 401; check base_url, api_key and model" in broken.stderr
