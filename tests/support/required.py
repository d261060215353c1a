"""Pieces that a machine may lack, and continuous integration may not."""

import os

import pytest

REQUIRED = "OTEL_EVALUATOR_REQUIRE_COLLECTOR"
"""Set by continuous integration where Go exists: a missing Collector is then a failure."""


def unavailable(reason: str) -> None:
    """Skip, or fail where the piece is required."""
    if os.environ.get(REQUIRED):
        pytest.fail(reason)
    pytest.skip(reason)
