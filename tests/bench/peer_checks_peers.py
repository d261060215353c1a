"""ai-evaluation's local metrics; runs in its environment, rows on standard input."""

import json
import sys
from typing import Any

from fi.evals.metrics.agents.metrics import (
    ActionSafety,
    GoalProgress,
    StepEfficiency,
    TaskCompletion,
    ToolSelectionAccuracy,
)
from fi.evals.metrics.agents.types import (
    AgentStep,
    AgentTrajectoryInput,
    TaskDefinition,
    ToolCall,
)
from fi.evals.metrics.hallucination.metrics import Faithfulness, HallucinationScore
from fi.evals.metrics.hallucination.types import HallucinationInput
from fi.evals.metrics.heuristics.json_metrics import IsJson
from fi.evals.types import TextMetricInput
from peer_checks_common import Row, counted

AGENTS: tuple[tuple[Any, str, tuple[str, ...]], ...] = (
    (StepEfficiency, "", ("redundant_steps",)),
    (ToolSelectionAccuracy, " *", ("wrong_tool",)),
    (ActionSafety, "", ("wrong_tool",)),
    (TaskCompletion, "", ("premature_stop", "task_not_completed")),
    (GoalProgress, "", ("goal_drift",)),
)


def trajectory(row: Row) -> AgentTrajectoryInput:
    found = [
        AgentStep(
            step_number=number,
            action=step["name"],
            observation=step["result"],
            tool_calls=[
                ToolCall(
                    name=step["name"],
                    arguments=step["arguments"],
                    result=step["result"],
                    success=not step["failed"],
                    error=step["result"] if step["failed"] else None,
                )
            ],
        )
        for number, step in enumerate(row["steps"], 1)
    ]
    found.append(AgentStep(step_number=len(found) + 1, action=row["output"], is_final=True))
    return AgentTrajectoryInput(
        trajectory=found,
        task=TaskDefinition(
            description=row["input"] or "-", required_tools=row["expected"] or None
        ),
        final_result=row["output"],
        available_tools=row["offered"],
    )


def main() -> None:
    rows: list[Row] = json.load(sys.stdin)
    found = []
    for kind, mark, defects in AGENTS:
        metric = kind()
        found.append(
            counted(
                f"ai-evaluation {kind.__name__}{mark}", defects, rows,
                lambda row, metric=metric: metric.compute_one(trajectory(row))["output"],
                lambda row: bool(row["steps"]),
            )
        )  # fmt: skip
    for kind in (Faithfulness, HallucinationScore):
        metric = kind()
        found.append(
            counted(
                f"ai-evaluation {kind.__name__}", ("ungrounded_answer",), rows,
                lambda row, metric=metric: metric.compute_one(
                    HallucinationInput(response=row["output"], context=row["context"])
                )["output"],
                lambda row: bool(row["context"] and row["output"]),
            )
        )  # fmt: skip
    is_json = IsJson()
    found.append(
        counted(
            "ai-evaluation IsJson, where JSON is asked for", ("malformed_json_output",), rows,
            lambda row: is_json.compute_one(TextMetricInput(response=row["output"]))["output"],
            lambda row: "JSON" in row["system"] and bool(row["output"]),
        )
    )  # fmt: skip
    print(json.dumps(found))


if __name__ == "__main__":
    main()
