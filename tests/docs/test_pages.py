"""Documentation is tested: blocks work, links lead somewhere, everything is mentioned."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pages import PAGES, ROOT, Block, all_blocks, anchors, prose

from otel_evaluator.api.plugins import load_evaluators
from otel_evaluator.config.load import read
from otel_evaluator.expose.requests import read_feedback
from otel_evaluator.metrics import COUNTERS, GAUGES, HISTOGRAMS, PREFIX
from otel_evaluator.pipeline import build
from tests.support import autoevals

SECRETS = {
    "OTEL_EVALUATOR_TOKEN": "t0ken",
    "OTEL_EVALUATOR_ADMIN_TOKEN": "t0ken",
    "CLICKHOUSE_HOST": "clickhouse",
    "CLICKHOUSE_PASSWORD": "p",
    "KAFKA_PASSWORD": "p",
}
WHOLE = {
    "evaluators": [{"name": "a", "type": "length"}],
    "storage": {"clickhouse": {"dsn": "chdb://./data/clickhouse"}},
}


def complete(tmp_path: Path, text: str) -> Path:
    """The block as a file, with what a fragment leaves out."""
    secret = tmp_path / "secret"
    secret.write_text("t0ken\n")
    text = text.replace("${file:/run/secrets/", f"${{file:{secret}").replace(
        f"{secret}otel-evaluator-admin", str(secret)
    )
    draft = tmp_path / "draft.yaml"
    draft.write_text(text)
    values: Any = read(draft, SECRETS).values
    missing = {key: value for key, value in WHOLE.items() if key not in values}
    file = tmp_path / "config.yaml"
    file.write_text(text + "\n" + (yaml.safe_dump(missing) if missing else ""))
    return file


@pytest.mark.parametrize("block", [b for b in all_blocks("yaml") if not b.kind], ids=str)
def test_configuration_blocks_are_valid(
    tmp_path: Path, block: Block, monkeypatch: pytest.MonkeyPatch
):
    # Functions that a page shows and its configuration names.
    for module in set(re.findall(r'callable: "(\w+):', block.body)):
        mine = [b.body for b in all_blocks("python") if b.page == block.page]
        (tmp_path / f"{module}.py").write_text("\n".join(mine))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, module, raising=False)
    # The real library is in tests/libraries' environment only.
    monkeypatch.setitem(sys.modules, "autoevals", autoevals.module())
    build.validate(complete(tmp_path, block.body), SECRETS)


@pytest.mark.parametrize("block", [b for b in all_blocks("yaml") if b.kind], ids=str)
def test_other_yaml_blocks_are_yaml(block: Block):
    assert block.kind in ("collector", "fragment"), "name the kind: collector or fragment"
    values = yaml.safe_load(block.body)
    if block.kind == "collector":
        assert "service" in values
        for pipeline in values["service"]["pipelines"].values():
            assert set(pipeline["exporters"]) <= set(values["exporters"])


@pytest.mark.parametrize("file", sorted((ROOT / "config").glob("*.yaml")), ids=lambda f: f.name)
def test_configuration_files_are_valid(file: Path):
    config = build.validate(file, SECRETS)
    assert config.evaluators


PYTHON_PAGES = sorted({block.page for block in all_blocks("python") if not block.file})


@pytest.mark.parametrize("page", PYTHON_PAGES, ids=lambda p: p.name)
def test_python_blocks_run(page: Path, tmp_path: Path):
    mine = [b for b in all_blocks("python") if b.page == page and not b.file]
    program = "\n".join(block.body for block in mine)
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if file.name == "performance.md" and not file.exists():
            continue  # written together with the benchmarks' figures
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.name}: {target}"


def test_every_metric_is_documented():
    text = (ROOT / "docs" / "metrics.md").read_text()
    for name in [*(f"{name}_total" for name in COUNTERS), *GAUGES, *HISTOGRAMS]:
        assert f"`{PREFIX}{name}`" in text


def test_metrics_that_pages_name_exist():
    known = {f"{name}_total" for name in COUNTERS} | set(GAUGES) | set(HISTOGRAMS)
    histograms = {f"{name}_{part}" for name in HISTOGRAMS for part in ("bucket", "count", "sum")}
    for page in PAGES:
        for name in re.findall(rf"\b{PREFIX}([a-z_]+)(?![a-z_*])", page.read_text()):
            tables = {"scores", "scores_data", "samples", "samples_data", "rollup", "rollup_data"}
            part_of_a_name = any(other.startswith(name) for other in known)
            assert name in known | histograms | tables or part_of_a_name, f"{page.name}: {name}"


@pytest.mark.parametrize("block", [b for b in all_blocks("json") if b.kind == "feedback"], ids=str)
def test_feedback_examples_are_taken(block: Block):
    assert -1 <= read_feedback(block.body.encode()).score <= 1


def test_every_page_is_found_by_following_links():
    found, pending = set(), [ROOT / "README.md"]
    while pending:
        page = pending.pop()
        found.add(page)
        for target in re.findall(r"\]\(([^)\s#]+\.md)", prose(page)):
            linked = (page.parent / target).resolve()
            if linked.exists() and linked not in found:
                pending.append(linked)
    lost = {str(page.relative_to(ROOT)) for page in PAGES} - {
        str(page.relative_to(ROOT)) for page in found
    }
    assert not lost, "link them in docs/README.md"


def test_every_evaluator_has_a_page():
    for kind in load_evaluators():
        assert (ROOT / "docs" / "evaluators" / f"{kind.name}.md").exists(), kind.name


def test_generated_pages_are_current():
    ran = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_demo_needs_no_more_than_its_file_says():
    assert "${env:" in (ROOT / "config" / "demo.yaml").read_text()
    build.validate(ROOT / "config" / "demo.yaml", {})
