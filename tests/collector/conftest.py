"""The real pieces around the evaluator; every absent one skips with its reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector import build
from tests.support import cache
from tests.support.required import unavailable
from tests.support.scripted_openai import ScriptedOpenAI


@pytest.fixture(scope="session")
def otelcol() -> Path:
    """The built Collector."""
    if reason := build.why_not():
        unavailable(reason)
    return build.binary()


@pytest.fixture(scope="session")
def app_python() -> Path:
    """The interpreter of the instrumented application."""
    try:
        return cache.environment("instrumented-app")
    except RuntimeError as error:
        unavailable(str(error))
        raise


@pytest.fixture
def model() -> Iterator[ScriptedOpenAI]:
    """The scripted model server."""
    with ScriptedOpenAI() as server:
        yield server
