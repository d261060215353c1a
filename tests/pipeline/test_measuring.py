"""What is said of a file with several traces."""

import json

import pytest

from otel_evaluator.api import EvaluatorConfig, Scored, Skipped, Unscored
from otel_evaluator.evaluators.empty import EmptyConfig
from otel_evaluator.pipeline import measuring
from tests.support.transcripts import write

PASSED, FAILED = Scored(1.0, "pass", True), Scored(0.0, "fail", False)
OPEN, NOTHING = Unscored("uncertain"), Skipped("not_applicable")


@pytest.mark.parametrize(
    ("verdicts", "place"),
    [
        ([PASSED, PASSED], "misses"),
        ([PASSED, NOTHING], "misses"),
        ([PASSED, FAILED], "hits"),
        ([OPEN, FAILED], "hits"),
        ([PASSED, OPEN], "uncertain"),
        ([OPEN, NOTHING], "uncertain"),
        ([NOTHING, NOTHING], "silent"),
    ],
)
def test_a_file_passes_where_all_of_it_does(tmp_path, verdicts, place):
    turns = [
        {"role": role, "content": f"{role} {n}"} for n in (1, 2) for role in ("user", "assistant")
    ]
    case = {"id": "a", "domain": "shop", "language": "en", "defect_types": ["empty_output"]}
    (tmp_path / "cases.jsonl").write_text(json.dumps(case | {"messages": turns}))
    labels = write(tmp_path / "cases.jsonl", tmp_path)

    class Scripted:
        name = "empty"

        def __call__(self, config: EvaluatorConfig):
            left = iter(verdicts)
            return lambda subject: next(left)

    config = EmptyConfig(name="empty", type="empty")
    cases = measuring.cases_of(labels)
    (found,) = measuring.measure(cases, tmp_path, [(Scripted(), config)], {}, lambda d, t: None)
    assert [len(getattr(found, name)) for name in ("hits", "misses", "uncertain", "silent")] == [
        int(name == place) for name in ("hits", "misses", "uncertain", "silent")
    ]
    assert found.subjects == 2
