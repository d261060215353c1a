"""The real pieces around the evaluator; every absent one skips with its reason."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector import build
from tests.support import cache
from tests.support.scripted_openai import ScriptedOpenAI

REQUIRED = "OTEL_EVALUATOR_REQUIRE_COLLECTOR"
"""Set by continuous integration where Go exists: a missing Collector is then a failure."""


def unavailable(reason: str) -> None:
    """Skip, or fail where the piece is required."""
    if os.environ.get(REQUIRED):
        pytest.fail(reason)
    pytest.skip(reason)


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
