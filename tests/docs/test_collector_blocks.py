"""Collector fragments that pages show, read by a real Collector."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from pages import Block, all_blocks

from tests.collector import build

AROUND = {
    "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": "127.0.0.1:4317"}}}},
    "exporters": {"debug": {}},
}


@pytest.mark.collector
@pytest.mark.skipif(build.why_not() is not None, reason=build.why_not() or "")
@pytest.mark.parametrize("block", [b for b in all_blocks("yaml") if b.kind == "collector"], ids=str)
def test_a_collector_takes_the_fragment(block: Block, tmp_path: Path):
    values = yaml.safe_load(block.body)
    for section, components in AROUND.items():
        values[section] = components | values.get(section, {})
    for extension in values.get("extensions", {}).values():
        if "directory" in extension:
            extension["directory"] = str(tmp_path)
    file = tmp_path / "collector.yaml"
    file.write_text(yaml.safe_dump(values))
    ran = subprocess.run(
        [build.binary(), "validate", f"--config={file}"],
        env={**os.environ, "OTEL_EVALUATOR_TOKEN": "t0ken"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
