"""The local model, started once for the tests that need it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_evaluator.judges.config import JudgeConfig
from tests.support import cache

MODEL = "gemma-3-270m"


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    """Base URL of a llama.cpp server."""
    python = cache.environment("local-model")
    process = subprocess.Popen(
        [python, Path(__file__).with_name("server.py"), cache.directory() / "models"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = next((line for line in process.stdout if line.startswith("http://")), "")
        assert address, "the model server did not start"
        yield f"{address.strip()}/v1"
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.fixture
def endpoint(model_url: str) -> JudgeConfig:
    """Settings for short answers of a model that would ramble."""
    return JudgeConfig.model_validate(
        {
            "base_url": model_url,
            "local_only": True,
            "model": MODEL,
            "timeout": "100s",
            "max_tokens": 400,
            "attempts": 1,
            "parameters": {"temperature": 0, "repeat_penalty": 1.3},
            "trace": True,
        }
    )
