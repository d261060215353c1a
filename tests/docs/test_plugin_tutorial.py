"""The plugin tutorial, done step by step as its reader would."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from pages import ROOT, Block, blocks

PAGE = ROOT / "docs" / "plugins.md"
BLOCKS = list(blocks(PAGE))
MINIMAL = "storage: {clickhouse: {dsn: 'chdb://./data/clickhouse'}}\n"


def file_block(name: str) -> Block:
    return next(block for block in BLOCKS if block.file == name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the tutorial's files, and the entry points an installation would record."""
    for block in BLOCKS:
        if block.file:
            (tmp_path / block.file).write_text(block.body)
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]
    info = tmp_path / f"apology_check-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_the_package_is_listed(folder: Path):
    ran = run(folder, "-m", "otel_evaluator", "components", "--format", "json")
    assert ran.returncode == 0, ran.stderr
    rows = {row["name"]: row for row in json.loads(ran.stdout)["evaluators"]}
    assert rows["apologies"]["package"] == "apology-check"
    assert rows["apologies"]["summary"] == "How often an answer says sorry."


def test_its_own_tests_pass(folder: Path):
    ran = run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_apology_check.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "yaml"], ids=str)
def test_both_ways_can_be_configured(folder: Path, block: Block):
    (folder / "config.yaml").write_text(block.body + MINIMAL)
    ran = run(folder, "-m", "otel_evaluator", "validate", "--config", "config.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    name = yaml.safe_load(block.body)["evaluators"][0]["name"]
    assert yaml.safe_load(ran.stdout)["evaluators"][0]["name"] == name


def test_a_wrong_setting_of_the_plugin_is_explained(folder: Path):
    text = "evaluators: [{name: a, type: apologies, mots: 3}]\n" + MINIMAL
    (folder / "config.yaml").write_text(text)
    ran = run(folder, "-m", "otel_evaluator", "validate", "--config", "config.yaml")
    assert ran.returncode == 1
    assert (
        "evaluators[0].mots (line 1): there is no such setting; did you mean 'most'?" in ran.stderr
    )


def test_the_function_judges(folder: Path):
    program = (
        "from otel_evaluator.evaluators.python import PythonConfig, python\n"
        "from otel_evaluator.testing import a_subject\n"
        "config = PythonConfig(name='m', type='python', callable='my_checks:mentions_order')\n"
        "check = python(config)\n"
        "assert check(a_subject('Order #17 is on its way', 'Where is #17 ?')).value == 1.0\n"
        "assert check(a_subject('It is on its way', 'Where is #17 ?')).value == 0.0\n"
        "print(check(a_subject('Hello', 'Hello')))\n"
    )
    ran = run(folder, "-c", program)
    assert ran.returncode == 0, ran.stderr
    assert "Unscored" in ran.stdout
