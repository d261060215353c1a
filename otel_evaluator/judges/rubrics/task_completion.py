"""Whether the user got what they came for."""

from otel_evaluator.judges.rubric import ExampleConfig, RubricConfig

RUBRIC = RubricConfig(
    criteria=(
        "Task completion: at the end, what the user asked for is done or answered, as far as the"
        " transcript shows. What the assistant claims counts only where a tool result or the"
        " answer itself bears it out. A task that the assistant rightly declined or handed to a"
        " human is complete when the user was told what happens next."
    ),
    steps=(
        "State the task in one sentence, from the user's messages.",
        "Find what shows that each part of it was done: tool results, or the answer itself.",
        "Look for claims of success that nothing bears out, and for failures left unmentioned.",
        "Give the score by the level that fits best.",
    ),
    scale=(1, 5),
    levels={
        "1": "Nothing of the task is done, or success is claimed where it failed.",
        "2": "A small part is done.",
        "3": "About half is done, or all of it in a way the user must still repair.",
        "4": "Done but for a detail.",
        "5": "Done, and borne out by the transcript.",
    },
    needs=("transcript",),
    shows=("tools",),
    examples=(
        ExampleConfig(
            evidence={
                "transcript": (
                    "user: Cancel order 812.\nassistant calls cancel_order(812)\n"
                    "tool: error: already shipped\nassistant: Your order is cancelled."
                )
            },
            score=1,
            reasoning="The tool failed and the assistant claims success.",
        ),
    ),
)
