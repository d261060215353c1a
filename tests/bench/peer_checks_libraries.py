"""agentevals and DeepEval on the called tools of a whole file; rows on standard input."""

import json
import os
import sys
from typing import Any

os.environ |= {"DEEPEVAL_TELEMETRY_OPT_OUT": "YES", "OPENAI_API_KEY": "sk-nothing"}
from agentevals.trajectory.match import create_trajectory_match_evaluator
from deepeval.metrics import ToolCorrectnessMetric
from deepeval.test_case import LLMTestCase, ToolCall
from peer_checks_common import Row, counted

WRONG = ("wrong_tool",)


def whole(rows: list[Row]) -> list[Row]:
    """One row a file, with the steps of all its traces."""
    files: dict[str, Row] = {}
    for row in rows:
        known = files.setdefault(row["path"], row | {"steps": []})
        known["steps"] = [*known["steps"], *row["steps"]]
    return list(files.values())


def messages(names: list[str]) -> list[dict[str, Any]]:
    calls = [
        {"id": "x", "type": "function", "function": {"name": n, "arguments": "{}"}} for n in names
    ]
    return [{"role": "assistant", "content": "", "tool_calls": [call]} for call in calls]


def called(row: Row) -> list[str]:
    return [step["name"] for step in row["steps"]]


def correctness(row: Row) -> float:
    metric = ToolCorrectnessMetric(async_mode=False, include_reason=False)
    case = LLMTestCase(
        input="-",
        actual_output="-",
        tools_called=[ToolCall(name=name) for name in called(row)],
        expected_tools=[ToolCall(name=name) for name in row["expected"]],
    )
    return float(metric.measure(case, _show_indicator=False))


def main() -> None:
    rows = whole(json.load(sys.stdin))
    found = []
    for mode in ("strict", "unordered", "superset"):
        check = create_trajectory_match_evaluator(
            trajectory_match_mode=mode, tool_args_match_mode="ignore"
        )
        found.append(
            counted(
                f"agentevals {mode} *", WRONG, rows,
                lambda row, check=check: float(
                    check(
                        outputs=messages(called(row)),
                        reference_outputs=messages(row["expected"]),
                    )["score"]
                ),
                lambda row: True,
            )
        )  # fmt: skip
    found.append(counted("DeepEval ToolCorrectness *", WRONG, rows, correctness, lambda row: True))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
