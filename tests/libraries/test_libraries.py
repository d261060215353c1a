"""Metric objects of installed libraries as evaluators: make test-libraries."""

import asyncio
import os
import warnings
from typing import Any

import pytest

from otel_evaluator.evaluate.runner import run_check
from otel_evaluator.evaluators.metric import MetricConfig, metric
from otel_evaluator.model.genai import Document, Retrieval
from otel_evaluator.model.outcome import Scored, Verdict
from otel_evaluator.testing.builders import a_subject
from tests.support.judge_server import JudgeServer

pytestmark = pytest.mark.filterwarnings("default")
SUBJECT = a_subject(
    input="Where is my parcel?",
    output="It arrives tomorrow.",
    retrievals=(Retrieval("s", "q", (Document("1", "The parcel arrives tomorrow."),), 0),),
)


def judged(path: str, **options: Any) -> Verdict:
    values = {"name": "e", "type": "metric", "object": path, "timeout": "60s", **options}
    config = MetricConfig.model_validate(values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = run_check(config, metric(config), SUBJECT)
    assert not isinstance(found, Scored) or found.value is not None or found.label
    return found  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("path", "reference", "value"),
    [
        ("autoevals:ExactMatch", "It arrives tomorrow.", 1.0),
        ("autoevals:Levenshtein", "It arrives tomorrow!", 0.95),
        ("openevals.exact:exact_match", "It arrives tomorrow.", 1.0),
        ("openevals.exact:exact_match", "Never.", 0.0),
        ("deepeval.metrics:ExactMatchMetric", "It arrives tomorrow.", 1.0),
        ("deepeval.metrics:ExactMatchMetric", "Never.", 0.0),
        ("phoenix.evals.metrics:exact_match", "It arrives tomorrow.", 1.0),
        ("ragas.metrics.collections:ExactMatch", "It arrives tomorrow.", 1.0),
        ("ragas.metrics._string:ExactMatch", "Never.", 0.0),
        ("openevals.string.levenshtein:levenshtein_distance", "It arrives tomorrow!", 0.95),
        ("autoevals:JSONDiff", "It arrives tomorrow.", 1.0),
    ],
)
def test_metrics_that_compare(path: str, reference: str, value: float) -> None:
    verdict = judged(path, reference=reference)
    assert isinstance(verdict, Scored), verdict
    assert verdict.value == pytest.approx(value, abs=0.01)


@pytest.mark.parametrize("library", ["autoevals", "openevals", "deepeval", "phoenix", "ragas"])
async def test_metrics_that_ask_a_model(endpoint: JudgeServer, library: str) -> None:
    path = f"tests.libraries.metrics:{library}_llm"
    # A worker has no event loop; this test's server does.
    verdict = await asyncio.to_thread(
        judged, path, options={}, reference="It arrives tomorrow.", factory=True
    )
    assert endpoint.bodies, verdict
    assert isinstance(verdict, Scored), verdict
    assert verdict.value is not None
    assert 0 <= verdict.value <= 1


def test_libraries_report_nothing_to_their_makers() -> None:
    judged("deepeval.metrics:ExactMatchMetric", reference="x")
    assert os.environ["DEEPEVAL_TELEMETRY_OPT_OUT"] == "YES"


def test_what_is_no_metric_is_named() -> None:
    with pytest.raises(ValueError, match="is no metric of autoevals"):
        judged("os.path:join")
