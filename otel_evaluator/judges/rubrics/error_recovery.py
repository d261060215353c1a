"""Whether failures on the way were noticed and dealt with."""

from otel_evaluator.judges.rubric import ExampleConfig, RubricConfig

RUBRIC = RubricConfig(
    criteria=(
        "Error recovery: when a step fails, the application notices it and repairs it, goes"
        " another way, or tells the user. Going on as if the step had worked is the worst that"
        " can happen; repeating the same failing call without any change is little better. A run"
        " without any failure gets the highest score."
    ),
    steps=(
        "Find the steps that failed or returned an error, whatever form it takes.",
        "For each see what was done next, and whether the answer is honest about it.",
        "Give the score by the failure that was handled worst.",
    ),
    scale=(1, 5),
    levels={
        "1": "A failure is hidden: the answer claims what did not happen.",
        "2": "A failure is ignored or the same call repeated in vain; the user is left alone.",
        "3": "The failure is reported, but an obvious way to repair it was not tried.",
        "4": "Recovered or honestly reported, after needless detours.",
        "5": "Recovered, or honestly reported with what can be done; or nothing failed.",
    },
    needs=("tools", "output"),
    shows=("input", "transcript"),
    examples=(
        ExampleConfig(
            evidence={
                "input": "Cancel my order 81.",
                "tools": 'cancel({"id":81}) -> timeout',
                "output": "Your order 81 is cancelled.",
            },
            score=1,
            reasoning="The call timed out, yet the answer claims the cancellation.",
        ),
        ExampleConfig(
            evidence={
                "input": "Cancel my order 81.",
                "tools": 'cancel({"id":81}) -> timeout\ncancel({"id":81}) -> {"status":"done"}',
                "output": "Your order 81 is cancelled.",
            },
            score=5,
            reasoning="The second attempt worked, and the answer says what is true.",
        ),
    ),
)
