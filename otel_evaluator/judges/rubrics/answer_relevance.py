"""Whether the answer addresses what was asked."""

from otel_evaluator.judges.rubric import ExampleConfig, RubricConfig

RUBRIC = RubricConfig(
    criteria=(
        "Answer relevance: the answer addresses what the user asked, all of it, without matter"
        " that the user did not ask for and does not need. Whether it is true is not measured."
        " A question back is relevant where the request cannot be answered without it."
    ),
    steps=(
        "Name each thing the user asks for.",
        "For each, say whether the answer addresses it.",
        "Name parts of the answer that serve none of them.",
        "Give the score by the level that fits best.",
    ),
    scale=(1, 5),
    levels={
        "1": "It addresses nothing that was asked.",
        "2": "It touches the subject and leaves the main request unaddressed.",
        "3": "The main request is addressed in part, or under much that was not asked for.",
        "4": "The main request is addressed; a side request or some focus is missing.",
        "5": "Everything asked is addressed, and little else.",
    },
    needs=("input", "output"),
    examples=(
        ExampleConfig(
            evidence={
                "input": "When do you open on Sunday, and is there parking?",
                "output": "We open at 10 on Sundays.",
            },
            score=3,
            reasoning="Opening hours are addressed, parking is not.",
        ),
    ),
)
