"""``measure`` over a part of the captured telemetry, and over labels that are wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from otel_evaluator.cli import app

CORPUS = Path(__file__).parents[1] / "data" / "corpus"


def run(*arguments: str) -> Any:
    return CliRunner(env={"COLUMNS": "250"}).invoke(app, ["measure", *arguments])


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, Any]]:
    result = run("--labels", str(CORPUS / "labels.jsonl"), "--format", "json")
    assert result.exit_code == 0, result.output
    return {row["evaluator"]: row for row in json.loads(result.stdout)}


def test_every_case_is_in_one_place(rows):
    cases = [json.loads(line) for line in (CORPUS / "labels.jsonl").read_text().splitlines()]
    for row in rows.values():
        assert row["cases"] == len(cases)
        expected = sum(not set(row["defects"]).isdisjoint(c["defect_types"]) for c in cases)
        assert row["with_defect"] == expected
        assert row["f1"] <= row["f1_decided"] <= 1.0
        assert 0 <= row["uncertain"] + row["silent"] <= row["cases"]
        assert len(row["missed"]) == row["misses"]
        assert len(row["flagged_without_reason"]) == row["false_alarms"]
        by_group = row["by_instrumentation"].values()
        assert sum(group.get("hits", 0) for group in by_group) == row["hits"]


def test_what_is_found_is_counted_by_hand(rows):
    found = rows["pii"]
    assert found["precision"]["value"] == found["hits"] / max(
        1, found["hits"] + found["false_alarms"]
    )
    assert rows["injection_signal"]["misses"] == 0
    assert all(row["alarms_on_good"] == 0 for row in rows.values())


def test_the_table_lists_what_is_missed(rows):
    result = run("--labels", str(CORPUS / "labels.jsonl"))
    assert "hallucinated_commitment" in result.stdout
    for row in rows.values():
        for case in row["missed"]:
            assert case["path"] in result.stdout


def test_another_meaning_for_an_evaluator(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(
        "evaluators: [{name: short, type: length, max: 1}]\nstorage: {clickhouse: {}}\n"
    )
    labels = str(CORPUS / "labels.jsonl")
    arguments = ("--config", str(config), "--find", "short=refusal,pii_leak", "--format", "json")
    (row,) = json.loads(run("--labels", labels, *arguments).stdout)
    assert row["defects"] == ["refusal", "pii_leak"]
    assert row["hits"] + row["false_alarms"] > 0


@pytest.mark.parametrize(
    ("label", "arguments", "problem"),
    [
        ("{", (), "labels.jsonl:1"),
        ('{"path": "x.binpb"}', (), "labels.jsonl:1"),
        ('{"path": "nothing.binpb", "defect_types": []}', (), "nothing.binpb"),
        ('{"path": "labels.jsonl", "defect_types": []}', (), "labels.jsonl: "),
        ("", (), "no labels"),
        ('{"path": "x", "defect_types": []}', ("--find", "pii"), "NAME=DEFECT"),
        ('{"path": "x", "defect_types": []}', ("--find", "nobody=x"), "'nobody'"),
    ],
)
def test_what_cannot_be_measured_is_named(tmp_path, label, arguments, problem):
    labels = tmp_path / "labels.jsonl"
    labels.write_text(label)
    result = run("--labels", str(labels), *arguments)
    assert result.exit_code == 1
    assert problem in result.stderr
